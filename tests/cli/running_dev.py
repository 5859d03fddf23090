"""A real `quaestor dev` in a folder and on a port of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.free_ports import free_port

QUAESTOR = Path(sys.executable).with_name("quaestor")
START_SECONDS_MAX = 300
STOP_SECONDS_MAX = 60


class RunningDev(NamedTuple):
    """Where it is: its address, its data folder (`.quaestor` in `working_dir`), and its first key (none in LIVE)."""

    url: str
    working_dir: Path
    api_key: str

    @property
    def data_dir(self) -> Path:
        return self.working_dir / ".quaestor"


def clean_environment(**changes: str) -> dict[str, str]:
    """Ours, without what would lead a command to another server."""
    outside = ("DATABASE_URL", "REDIS_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QUAESTOR_", *outside))}
    return {**kept, **changes}


@contextmanager
def running_dev(working_dir: Path, *, program: Path = QUAESTOR, **changes: str) -> Iterator[RunningDev]:
    """Started, ready with its demo data's holders screened, and stopped in the end. `changes` are settings."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", working_dir / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "dev", "--port", str(port)],
            cwd=working_dir,
            env=clean_environment(**changes),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(url, process, log)
            key = working_dir / ".quaestor" / "api-key"
            running = RunningDev(url, working_dir, key.read_text("utf-8").strip() if key.exists() else "")
            _wait_for_holders(running)
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if client.get(f"{url}/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass  # It does not listen yet.
            time.sleep(0.2)
    said = log.read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"`quaestor dev` did not become ready (exit code {process.poll()}):\n{said}")


def _wait_for_holders(running: RunningDev) -> None:
    """Until the demo data's holders are screened: a ledger that is issued to one before gets the status ERROR first."""
    deadline = time.monotonic() + START_SECONDS_MAX
    headers, body = {"Authorization": f"API-Key {running.api_key}"}, {"query": "{ holders { nodes { status } } }"}
    with httpx.Client(trust_env=False, timeout=60) as client:
        while running.api_key:
            assert time.monotonic() < deadline, "the demo data's holders are not screened"
            answer = client.post(f"{running.url}/graphql", headers=headers, json=body).json()
            if "PENDING" not in {holder["status"] for holder in answer["data"]["holders"]["nodes"]}:
                return
            time.sleep(0.1)
