import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from app.embedded.child import Child, Launch
from app.embedded.leftovers import all_processes, find_process

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")
# Says "ready", and is asked in vain to end.
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)",
)


def gone(pid):
    deadline = time.monotonic() + 60
    while find_process(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    return find_process(pid) is None


def start_parent(*, lifeline):
    """A process that starts a sleeping child and prints its id."""
    program = f"""
        import time
        from app.embedded.child import Child, Launch
        child = Child(Launch("sleeper", {SLEEPER!r}, {{}}), lifeline={lifeline})
        print(child.pid, flush=True)
        time.sleep(600)
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE)
    return parent, int(parent.stdout.readline())


@pytest.mark.parametrize("lifeline", [pytest.param(None, id="as this system does it"), pytest.param(True, id="pipe")])
def test_ends_when_its_parent_is_killed(lifeline):
    parent, pid = start_parent(lifeline=lifeline)
    try:
        until_started(pid)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    assert gone(pid)


def until_started(pid):
    """The launcher has become the program. While one process becomes another, it has no command line for a moment."""
    deadline = time.monotonic() + 60
    while SLEEPER[-1] not in str(find_process(pid)) or "launch_child.py" in str(find_process(pid)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextlib.contextmanager
def child_of_ours(launch, **how):
    """A child that is stopped in the end, whatever happens."""
    child = Child(launch, **how)
    try:
        yield child
    finally:
        child.stop()
        if child.stdout is not None:
            child.stdout.close()


def test_leaves_no_watcher_when_it_ends_before_its_parent():
    with child_of_ours(Launch("sleeper", SLEEPER, {}), lifeline=True) as child:
        until_started(child.pid)
        watchers = children_of(child.pid)
        assert len(watchers) == 1
    assert gone(watchers[0])


def children_of(pid):
    return [process.pid for process in all_processes() if parent_of(process.pid) == pid]


def parent_of(pid):
    if sys.platform != "linux":
        asked = subprocess.run(["/bin/ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return int(asked.stdout or 0)
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # It ended meanwhile.
        # The name in brackets may hold blanks and brackets itself; the state and the parent follow it.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def test_does_not_start_when_its_parent_has_already_ended():
    with child_of_ours(Launch("sleeper", SLEEPER, {})) as launcher:
        pass
    # As if ours were not the parent any more that it was started for.
    arguments = ["1" if word == str(os.getpid()) else word for word in launcher._process.args]
    assert subprocess.run(arguments, check=False, timeout=60).returncode == 1


def test_asks_first_and_kills_who_does_not_listen():
    launch = Launch("stubborn", STUBBORN, {}, stop=((signal.SIGTERM, 0.2),))
    with child_of_ours(launch, output=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        assert child.stop() == -signal.SIGKILL


def test_answers_the_exit_code_and_what_it_printed():
    launch = Launch("said", ("/bin/sh", "-c", "echo $WORD; exit 7"), {"WORD": "hello"})
    with child_of_ours(launch, output=subprocess.PIPE) as child:
        assert child.wait(60) == 7
        assert child.stdout.read() == b"hello\n"
        assert not child.is_running


def test_is_not_in_the_group_that_ctrl_c_reaches():
    with child_of_ours(Launch("sleeper", SLEEPER, {})) as child:
        assert os.getpgid(child.pid) != os.getpgrp()


def test_refuses_to_be_started_from_another_thread():
    refusals = []

    def start():
        try:
            Child(Launch("sleeper", SLEEPER, {}))
        except AssertionError as refusal:
            refusals.append(str(refusal))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert refusals == ["children are started from the main thread"]
