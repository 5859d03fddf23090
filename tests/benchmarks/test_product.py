"""The processes that benchmarks start."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STARTS_ONE_AND_WAITS = """
import os, sys, time
from benchmarks.product import Process
process = Process(["http.server", "0", "--bind", "127.0.0.1"], dict(os.environ), folder=sys.argv[1])
print(process._process.pid, flush=True)
time.sleep(60)
"""
WAIT_SECONDS = 20


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
