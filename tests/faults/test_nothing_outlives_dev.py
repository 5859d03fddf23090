"""`quaestor dev` with real processes, ended in every way there is."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from app.embedded.leftovers import all_processes
from app.embedded.socket_folder import socket_folder
from tests.cli.running_dev import clean_environment
from tests.free_ports import free_port

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc"),
]

QUAESTOR = Path(sys.executable).with_name("quaestor")
SECONDS_MAX = 60
PROCESSES_MIN = 6  # API, worker, Redis, the postmaster, and of its own at least two.


class Dev:
    """A started `quaestor dev`, or what starts it."""

    def __init__(self, folder: Path, *command: str, port: int | None = None) -> None:
        self.data_dir = folder / "data"
        self.port = port or free_port()
        self.log = folder / f"log-{self.port}"
        arguments = [str(word) for word in (*command, "--port", self.port, "--data-dir", self.data_dir)]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(arguments, env=clean_environment(), stdout=output, stderr=output)

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def until_said(self, text):
        wait_for(lambda: text in self.said() or self.process.poll() is not None, self.said)
        assert text in self.said()

    def family(self):
        """The processes that this one started, and those that they started, whoever their parent is now."""
        known = {self.process.pid}
        # The title of PostgreSQL's processes and the arguments of the others name the data folder or its server.
        cluster = f"quaestor-{self._device_and_inode()}: "
        while True:
            found = {
                process.pid
                for process in all_processes()
                if parent_of(process.pid) in known
                or str(self.data_dir) in " ".join(process.arguments)
                or cluster in process.arguments[0]
                or f"QUAESTOR_DATA_DIR={self.data_dir}" in environment_of(process.pid)
            }
            if found <= known:
                return known - {self.process.pid}
            known |= found

    def until_nothing_is_left(self, members):
        def left():
            return self.family() | {pid for pid in members if any(pid == process.pid for process in all_processes())}

        wait_for(lambda: not left(), lambda: f"still running: {left()}\n{self.said()}")

    def _device_and_inode(self):
        with contextlib.suppress(FileNotFoundError):
            status = (self.data_dir / "postgres").stat()
            return f"{status.st_dev:x}-{status.st_ino:x}"
        return "not yet"


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*command, port=None):
        started.append(Dev(tmp_path, *(command or (QUAESTOR, "dev")), port=port))
        return started[-1]

    yield start
    for dev in started:
        dev.process.kill()
        dev.process.wait()
    for dev in started:
        dev.until_nothing_is_left(())


def wait_for(condition, explain):
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


def parent_of(pid):
    with contextlib.suppress(OSError):
        return int(
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
        )
    return None


def environment_of(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_text(encoding="utf-8", errors="replace").split("\0")
    return []


def ready_family(dev):
    dev.until_said("Quaestor is ready")
    family = dev.family()
    assert len(family) >= PROCESSES_MIN
    return family


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ends_everything_when_it_is_asked_to(start, number):
    dev = start()
    family = ready_family(dev)
    dev.process.send_signal(number)
    assert dev.process.wait(60) == 0
    assert dev.family() == set()
    assert not {process.pid for process in all_processes()} & family
    assert f"stopping: {number.name}" in dev.said()
    assert "starting it again" not in dev.said()
    assert "Traceback" not in dev.said()


def test_takes_everything_along_when_it_is_killed(start):
    dev = start()
    family = ready_family(dev)
    dev.process.kill()
    dev.process.wait()
    dev.until_nothing_is_left(family)


def test_starts_again_on_what_a_killed_one_left(start):
    killed = start()
    ready_family(killed)
    killed.process.kill()
    killed.process.wait()
    again = start()
    ready_family(again)
    again.process.send_signal(signal.SIGTERM)
    assert again.process.wait(60) == 0


@pytest.mark.parametrize("moment", ["starting postgres", "starting redis", "applied the migration"])
def test_leaves_nothing_when_it_is_killed_while_it_starts(start, moment):
    dev = start()
    dev.until_said(moment)
    members = dev.family()
    dev.process.kill()
    dev.process.wait()
    dev.until_nothing_is_left(members)
    ready_family(start())


def test_ends_with_the_make_that_started_it(start, tmp_path):
    makefile = tmp_path / "Makefile"
    makefile.write_text(
        f"run:\n\t@exec {QUAESTOR} dev --die-with-parent --port $(PORT) --data-dir $(DATA)\n", encoding="utf-8"
    )
    make = shutil.which("make")
    if make is None:
        pytest.skip("no make here")
    program = f"""
        import os, sys
        port, data = sys.argv[2], sys.argv[4]
        os.execv({make!r}, ["make", "-f", {str(makefile)!r}, "run", f"PORT={{port}}", f"DATA={{data}}"])
    """
    dev = start(sys.executable, "-c", textwrap.dedent(program))
    family = ready_family(dev)
    dev.process.kill()
    dev.process.wait()
    dev.until_nothing_is_left(family)
    assert f"process {dev.process.pid}, which started this one, has ended" in dev.said()


def test_refuses_a_second_one_and_names_the_first(start):
    first = start()
    ready_family(first)
    second = start()
    assert second.process.wait(SECONDS_MAX) == 1
    assert second.said() == (
        f"The data folder {first.data_dir} is in use by process {first.process.pid} (quaestor dev) "
        f"at http://127.0.0.1:{first.port}. Stop that one first, or choose another folder with --data-dir.\n"
    )
    assert first.process.poll() is None


def test_starts_postgres_again_past_a_busy_backend(start):
    dev = start()
    ready_family(dev)
    postmaster = int((dev.data_dir / "postgres" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    program = f"""
        import asyncio, asyncpg
        async def be_busy():
            connection = await asyncpg.connect("postgresql://quaestor@/quaestor?host={socket_folder(dev.data_dir)}")
            print(await connection.fetchval("SELECT pg_backend_pid()"), flush=True)
            await connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")
        asyncio.run(be_busy())
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as client:
        backend = int(client.stdout.readline())
        time.sleep(0.2)  # It computes now; killed while it waits it would end by itself.
        os.kill(postmaster, signal.SIGKILL)
        dev.until_said(f"postgres (process {postmaster}) was ended by SIGKILL; starting it again now.")
        client.wait(SECONDS_MAX)
    wait_for(lambda: accepts(dev), dev.said)
    assert backend not in {process.pid for process in all_processes()}


def accepts(dev):
    ran = subprocess.run(
        [QUAESTOR, "migrate", "--check", "--data-dir", dev.data_dir],
        env=clean_environment(),
        capture_output=True,
        check=False,
    )
    return ran.returncode == 0
