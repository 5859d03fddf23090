import contextlib
import signal
import subprocess
import time

import httpx
import pytest

from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.free_ports import free_port


@pytest.fixture
def start(dev, tmp_path):
    """Start `quaestor serve` beside a running dev, from its working folder."""
    started = []

    def start(*arguments, **changes):
        process = subprocess.Popen(
            [QUAESTOR, "serve", *arguments],
            cwd=dev.working_dir,
            env=clean_environment(QUAESTOR_LOG_FORMAT="console", **changes),
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


def until_ready(port, process):
    with httpx.Client(trust_env=False, timeout=60) as client:
        while True:
            assert process.poll() is None
            with contextlib.suppress(httpx.ConnectError):  # It does not listen yet.
                answer = client.get(f"http://127.0.0.1:{port}/readyz")
                if answer.status_code == httpx.codes.OK:  # Else the machine is slow just now.
                    break
            time.sleep(0.1)
    assert answer.json() == {"status": "ok"}


@pytest.mark.thorough
def test_serves_beside_a_running_dev_and_ends_with_0(start):
    port = free_port()
    process = start("--port", str(port))
    until_ready(port, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(150) == 0


def test_refuses_the_port_of_the_running_dev(start, dev):
    port = dev.url.rpartition(":")[2]
    process = start("--port", port)
    assert process.wait(150) == 1
    said = process.stderr.read().decode()
    assert said.startswith(f"Port {port} of 127.0.0.1 is taken by process ")


@pytest.mark.thorough
def test_shares_a_port_when_asked_to(start):
    port = free_port()
    first, second = (start("--port", str(port), "--reuse-port") for _ in range(2))
    until_ready(port, first)
    assert second.poll() is None
    assert first.poll() is None


@pytest.mark.thorough
def test_takes_a_free_port_and_says_which(start):
    process = start("--port", "0")
    line = next(line for line in process.stderr if b"listening on http://127.0.0.1:" in line)
    port = int(line.rpartition(b":")[2])
    assert port > 0
    until_ready(port, process)
