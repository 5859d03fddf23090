"""Tests at once, in several processes: each once, with fixtures of its own, and none is lost with a process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 60
NOTES = """
import os, signal, sys, time
from pathlib import Path
import pytest
HERE = Path(__file__).parent

def note(what):
    with (HERE / "notes").open("a") as file:
        file.write(f"{os.getpid()} {what}\\n")

@pytest.fixture(scope="session", autouse=True)
def server():
    note("begin")
    yield
    note("end")
"""
MANY = (
    "@pytest.mark.parametrize('n', range(20))\ndef test_many(n, tmp_path):\n    note(f'ran {n}')\n    note(tmp_path)\n"
)


def command(folder, text, *options):
    (folder / "test_it.py").write_text(NOTES + text, encoding="utf-8")
    begins = (sys.executable, "-m", "pytest", "-p", "tests.at_once", "-p", "no:cacheprovider", "--at-once", "3")
    return [*begins, "-c", os.devnull, "--rootdir", folder, f"--basetemp={folder / 'base'}", *options, folder]


def environment():
    known = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return {**known, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def run(folder, text, *options):
    """Exit code, what was printed, and the notes as pairs of a process and what it noted."""
    done = subprocess.run(
        command(folder, text, *options),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr, notes_in(folder)


def notes_in(folder):
    notes = folder / "notes"
    return [tuple(line.split(" ", 1)) for line in notes.read_text().splitlines()] if notes.exists() else []


def test_runs_each_once_in_processes_with_fixtures_and_folders_of_their_own(tmp_path):
    code, said, notes = run(tmp_path, MANY)
    assert code == 0, said
    assert "20 passed" in said
    assert sorted(what for _, what in notes if what.startswith("ran")) == sorted(f"ran {n}" for n in range(20))
    processes = {process for process, _ in notes}
    assert len(processes) == 3
    for process in processes:
        theirs = [what for by, what in notes if by == process]
        assert (theirs[0], theirs[-1], theirs.count("begin"), theirs.count("end")) == ("begin", "end", 1, 1)
    folders = {(process, Path(what).parent) for process, what in notes if what.startswith("/")}
    assert len(folders) == len({folder for _, folder in folders}) == 3


def test_tells_what_failed_and_what_it_printed(tmp_path):
    fails = (
        "def test_fails(n=1):\n    print('said by it')\n    assert n == 2\ndef test_skips():\n    pytest.skip('why')\n"
    )
    code, said, _ = run(tmp_path, f"{MANY}{fails}", "-ra")
    assert code == 1
    for told in ("1 failed, 20 passed, 1 skipped", "said by it", "assert 1 == 2", "why", "test_it.py::test_fails"):
        assert told in said


@pytest.mark.parametrize(
    ("ends", "code"), [("os._exit(7)", 7), ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL)]
)
def test_blames_the_test_whose_process_ends_and_runs_the_others(tmp_path, ends, code):
    exit_code, said, notes = run(tmp_path, f"def test_ends():\n    {ends}\n{MANY}")
    assert exit_code == 1
    assert "1 failed, 20 passed" in said
    assert f"The process that ran it ended with {code}." in said
    assert sorted(what for _, what in notes if what.startswith("ran")) == sorted(f"ran {n}" for n in range(20))


def test_stops_at_the_first_failure_if_asked_to(tmp_path):
    code, said, notes = run(tmp_path, f"def test_fails():\n    assert False\n{MANY}    time.sleep(0.2)\n", "-x")
    assert code == 1
    assert "stopping after 1 failures" in said
    assert len([what for _, what in notes if what.startswith("ran")]) < 20
    assert [what for _, what in notes].count("begin") == [what for _, what in notes].count("end") == 3


def test_forks_none_of_the_workers_of_xdist(tmp_path):
    code, said, notes = run(tmp_path, MANY, "-p", "xdist", "-n", "2")
    assert (code, "20 passed" in said) == (0, True), said
    assert len({process for process, _ in notes}) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_ends_what_it_has_begun_when_the_first_process_ends(tmp_path, number):
    text = f"{MANY}    time.sleep(0.5)\n"
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            command(tmp_path, text), cwd=tmp_path, env=environment(), stdout=said, stderr=said, process_group=0
        )
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while [what for _, what in notes_in(tmp_path)].count("begin") < 3:
        assert time.monotonic() < give_up_at, (tmp_path / "said").read_text()
        time.sleep(0.01)
    process.send_signal(number)
    process.wait(PATIENCE_SECONDS)
    while [what for _, what in notes_in(tmp_path)].count("end") < 3:
        assert time.monotonic() < give_up_at, notes_in(tmp_path)
        time.sleep(0.01)
    assert len([what for _, what in notes_in(tmp_path) if what.startswith("ran")]) < 20


@pytest.mark.parametrize("asked", ["0", "-1", "many", "²", ""])
def test_refuses_what_is_no_number(tmp_path, asked):
    code, said, notes = run(tmp_path, MANY, f"--at-once={asked}")
    assert code != 0
    assert f"--at-once is a number from 1 on, or auto, not {asked!r}" in said
    assert notes == []
