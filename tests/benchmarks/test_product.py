"""The processes that benchmarks start."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.product import cpu_seconds_of, cpu_seconds_with_children, parent_of

STARTS_ONE_AND_WAITS = """
import os, sys, time
from benchmarks.product import Process
process = Process(["http.server", "0", "--bind", "127.0.0.1"], dict(os.environ), folder=sys.argv[1])
print(process._process.pid, flush=True)
time.sleep(60)
"""
WAIT_SECONDS = 20


@pytest.mark.thorough
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_end_with_the_benchmark_however_that_ends(tmp_path, ending):
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE_AND_WAITS, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as benchmark:
        pid = int(benchmark.stdout.readline())
        assert is_running(pid)
        until = time.monotonic() + WAIT_SECONDS
        while Path(f"/proc/{pid}/cwd").readlink() != tmp_path:
            assert time.monotonic() < until
            time.sleep(0.02)
        benchmark.send_signal(ending)
        benchmark.wait()
    while is_running(pid):
        assert time.monotonic() < until, "it outlives the benchmark"
        time.sleep(0.02)


def is_running(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def test_counts_the_cpu_of_children_that_run_and_that_have_ended():
    spins = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    starts_two = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {spins!r}])
running = subprocess.Popen([sys.executable, "-c", {spins + chr(10) + "print(flush=True); time.sleep(60)"!r}], stdout=-1)
running.stdout.readline()
print(flush=True)
sys.stdin.readline()
running.kill()
"""
    with subprocess.Popen([sys.executable, "-c", starts_two], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        own, whole = cpu_seconds_of(process.pid), cpu_seconds_with_children(process.pid)
        process.stdin.close()
    assert whole - own >= 0.6
    assert parent_of(os.getpid()) == os.getppid()
