"""`quaestor dev` with several processes of the API."""

import contextlib
import json
import re
import signal
import subprocess
import time

import httpx
import pytest

from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.cli.running_several import ask_each, metric


@pytest.mark.thorough
def test_starts_several_on_a_free_port_and_ends_them(tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [QUAESTOR, "dev", "--port", "0", "--processes", "2"],
            cwd=tmp_path,
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 300
        while not (found := re.search(r"API {8}(http://127\.0\.0\.1:\d+)/graphql", log.read_text("utf-8"))):
            assert time.monotonic() < deadline, log.read_text("utf-8")
            assert process.poll() is None, log.read_text("utf-8")
            time.sleep(0.1)
        folder = tmp_path / ".quaestor"
        key = (folder / "metrics-key").read_text("utf-8").strip()
        told = httpx.get(f"{found[1]}/metrics", headers={"Authorization": f"Bearer {key}"}, trust_env=False).text
        assert metric(told, "quaestor_processes") == 2

        headers = {"Authorization": f"API-Key {(folder / 'api-key').read_text('utf-8').strip()}"}
        answers = ask_each(found[1], "/graphql", params={"query": "{ __typename }"}, headers=headers)
        while {line.get("process") for line in lines_of(log) if line["message"] == "request"} != {1, 2}:
            assert next(answers).json() == {"data": {"__typename": "Query"}}
        assert {"api-1", "api-2"} <= {line.partition(" ")[0] for line in log.read_text("utf-8").splitlines()}
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert "starting it again" not in log.read_text("utf-8")


def lines_of(log):
    for line in log.read_text("utf-8").splitlines():
        with contextlib.suppress(ValueError):
            yield json.loads(line.partition(" | ")[2])
