"""The second start of the whole product, `quaestor dev`, to its first answered GraphQL request; its parts beside it."""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep

from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from benchmarks.product import START_TIMEOUT_SECONDS, Servers, free_port

ROUNDS = 5
LOOK_EVERY_SECONDS = 0.005
QUERY = "{ ledgers(first: 3) { edges { node { id status } } } }"
MODULES = {
    "the imports of the API alone": "app.main",
    "the imports of the worker alone": "workers.main",
    "the imports of `quaestor dev` itself": "app.cli.dev",
    "the imports of `quaestor --help`": "app.cli.main",
}
OUTSIDE = ("QUAESTOR_", "DATABASE_URL", "REDIS_URL")


def run(_using: Servers) -> list[str]:
    """The figures as a table in Markdown: medians. What is measured in turn is in one round."""
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        first = _start(data)
        for _ in range(ROUNDS):
            seconds.setdefault("second start of `quaestor dev` to the first answer", []).append(_start(data))
            seconds.setdefault("PostgreSQL alone", []).append(_server(EmbeddedPostgres(data)))
            seconds.setdefault("the Redis-compatible server alone", []).append(_server(EmbeddedRedis(data)))
            for name, module in MODULES.items():
                seconds.setdefault(name, []).append(_import(module))
    return [
        "| what | s |",
        "|---|---|",
        f"| first start, to the first answer: with a new database and demo data | {first:.2f} |",
        *(f"| {name} | {statistics.median(taken):.2f} |" for name, taken in seconds.items()),
    ]


def _start(data: Path) -> float:
    """Seconds from the start of `quaestor dev` to its first answer, after which it is ended."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OUTSIDE)}
    arguments = [sys.executable, "-m", "app.cli.main", "dev", "--port", str(port), "--data-dir", str(data)]
    began = monotonic()
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL)
    try:
        while not _is_answered(port, data / "api-key"):
            assert process.poll() is None, "it ended"
            assert monotonic() - began < START_TIMEOUT_SECONDS, "it did not start"
            sleep(LOOK_EVERY_SECONDS)
        return monotonic() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _is_answered(port: int, key_file: Path) -> bool:
    if not key_file.exists():
        return False
    headers = {"Authorization": f"API-Key {key_file.read_text('utf-8').strip()}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT_SECONDS)
    try:
        connection.request("POST", "/graphql", json.dumps({"query": QUERY}), headers)
        answer = json.load(connection.getresponse())
    except OSError:
        return False  # It does not listen yet.
    finally:
        connection.close()
    assert len(answer["data"]["ledgers"]["edges"]) == 3, answer
    return True


def _server(server: EmbeddedPostgres | EmbeddedRedis) -> float:
    began = monotonic()
    server.start()
    taken = monotonic() - began
    server.stop()
    return taken


def _import(module: str) -> float:
    began = monotonic()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return monotonic() - began
