import os
import signal
import subprocess
import sys

from app.embedded.leftovers import all_processes, end_leftovers, find_process

STUBBORN = "import signal, time; signal.signal(3, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"


def start(mark):
    process = subprocess.Popen([sys.executable, "-c", STUBBORN, mark], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()
    return process


def test_ends_exactly_those_it_is_told_even_if_they_do_not_listen(tmp_path):
    ours, other = start(str(tmp_path)), start("another")
    try:
        assert end_leftovers(lambda process: str(tmp_path) in process.arguments) == [ours.pid]
        assert ours.wait(60) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_ends_nobody_where_nobody_is_left(tmp_path):
    assert end_leftovers(lambda process: str(tmp_path) in process.arguments) == []


def test_does_not_count_ourselves_nor_the_dead():
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)  # It is a zombie now.
    assert find_process(dead.pid) is None
    assert os.getpid() not in {process.pid for process in all_processes()}
    dead.wait()
