"""A real `quaestor serve --processes`, or worker, and the processes that it started."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from app.embedded.leftovers import all_processes
from tests.cli.running_dev import QUAESTOR, clean_environment

SECONDS_MAX = 120
METRICS_KEY = "a-key-of-the-metrics"
SETTINGS = {
    "QUAESTOR_SECRET_KEY": "a key that only tests of several processes use",
    "QUAESTOR_METRICS_KEY": METRICS_KEY,
    "QUAESTOR_WEBHOOK_ALLOW_HTTP": "true",
    "QUAESTOR_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "QUAESTOR_SIMULATOR_DELAY_SECONDS": "0",
    "QUAESTOR_LOG_FORMAT": "json",
}


class Several:
    """The one that watches the others."""

    def __init__(self, log: Path, *arguments: str, **settings: str) -> None:
        self._log = log
        self.environment = clean_environment(**{**SETTINGS, **settings})
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [QUAESTOR, *arguments], env=self.environment, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent
            )

    @property
    def address(self) -> str:
        """Where the API listens; once it says so."""
        found = re.search(r"listening on (http://\S+) with", self.said())
        assert found, self.said()
        return found[1]

    def said(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.said().splitlines()]

    def until(self, condition, timeout_seconds=SECONDS_MAX):
        deadline = time.monotonic() + timeout_seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)
        return found

    def until_ready(self) -> "Several":
        self.until(lambda: " processes are ready" in self.said() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()
        return self

    def children(self) -> dict[int, int]:
        """The id of each child that runs, by its number."""
        found = {}
        for process in all_processes():
            with contextlib.suppress(OSError):
                folder = Path(f"/proc/{process.pid}")
                parent = int((folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])
                told = re.search(rb"QUAESTOR_SIBLING_NUMBER=(\d+)", (folder / "environ").read_bytes())
                if parent == self.process.pid and told:  # The memory of one that ends is gone before it is.
                    found[int(told[1])] = process.pid
        return found

    def kill(self, number: int) -> int:
        """Its id. It is gone: a connection that it had not accepted is reset, and no new one comes to it."""
        pid = self.children()[number]
        os.kill(pid, signal.SIGKILL)
        self.until(lambda: not Path(f"/proc/{pid}").exists())
        return pid

    def kill_and_see_it_again(self, number: int) -> None:
        before = self.kill(number)
        self.until(lambda: self.children().get(number, before) != before)
        self.until(lambda: metric(self.metrics(), "quaestor_processes") == len(self.children()))

    def metrics(self, address: str | None = None) -> str:
        answer = self.until(lambda: self._ask_for_metrics(address or self.address))
        assert answer.status_code == 200, answer.text
        return answer.text

    @staticmethod
    def _ask_for_metrics(address: str) -> httpx.Response | None:
        """None where the connection was with a process that was killed: its connections are reset."""
        with contextlib.suppress(httpx.TransportError), httpx.Client(trust_env=False, timeout=60) as client:
            return client.get(f"{address}/metrics", headers={"Authorization": f"Bearer {METRICS_KEY}"})
        return None

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def metric(text: str, sample: str) -> float | None:
    """The value of a sample such as `quaestor_refusals_total{reason="large_head"}`; None if it is not told."""
    found = [line for line in text.splitlines() if line.startswith(f"{sample} ")]
    return float(found[0].split()[-1]) if found else None


def ask_each(address: str, path: str, **options: object) -> Iterator[httpx.Response]:
    """The answers over new connections, without end: the kernel chooses a process for each."""
    while True:
        with httpx.Client(trust_env=False, timeout=60) as client:
            yield client.get(f"{address}{path}", **options)
