"""API and worker, as children of `quaestor dev`."""

import contextlib
import http.client
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.embedded.child import Launch

# Longer than `quaestor serve` gives its own requests; all that dev does to stop stays below ten seconds.
STOP = ((signal.SIGTERM, 4.5),)
ANSWERS_WITHIN_SECONDS = 3.0


@dataclass(frozen=True)
class Process:
    """One of our own processes: a command of this program, and the address that answers when it is ready, if any."""

    name: str
    arguments: tuple[str, ...]
    ready_address: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def clean_up(self) -> None:
        """Nothing to do: these processes leave nothing that would be in the way."""

    def retire(self) -> None:
        """Nothing to do: these processes leave nothing behind."""

    def launch(self) -> Launch:
        """How to start it."""
        return Launch(self.name, self.arguments, {"PYTHONUNBUFFERED": "1", **self.environment}, stop=STOP)

    def accepts(self, _pid: int) -> bool:
        """Whether its address answers 200; one without an address is ready when it runs."""
        return self.ready_address is None or _answers(self.ready_address)


def own_processes(address: str, environment: Mapping[str, str], *, with_kafka: bool = False) -> list[Process]:
    """The API at `address`, one worker, and the door of Kafka if asked for. All may be started before their servers:
    they wait until dev is ready.
    """
    quaestor = (sys.executable, "-m", "app.cli.main")
    kafka = [Process("kafka", (*quaestor, "kafka", "--after-dev"), None, environment)] if with_kafka else []
    return [
        Process("api", (*quaestor, "serve", "--after-dev"), f"{address}/readyz", environment),
        Process("worker", (*quaestor, "worker", "--after-dev"), None, environment),
        *kafka,
    ]


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWERS_WITHIN_SECONDS)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", parts.path)
        return connection.getresponse().status == http.HTTPStatus.OK
    return False
