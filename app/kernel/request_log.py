"""One line for each request, at the level info: who asked for what, how it ended, and how long it took.

A line never has what was sent or answered: no variables, no documents, no query strings. Lines of the same moment are
written together, since writing one alone took a tenth of the time of a small request.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from time import perf_counter, time
from uuid import UUID

from app.kernel.logs import console_mark

LOGGER = "quaestor.requests"
GATHERED_SECONDS = 0.05
GATHERED_MAX = 200
SHOWN_CHARACTERS_MAX = 100
KEPT_MAX = 1_000
CLIENT_WENT_AWAY = 499
"""Logged for a request whose client did not wait for the answer; HTTP has no status for it."""


class Request:
    """One request. `operation` is its name, or the first field of an operation without a name; `trace_id` that of its
    trace, if it is recorded.

    For `/metrics`: `root_field` is the first field of a GraphQL operation, `is_stream` whether it answers as long as
    its client likes, and `outcome` how it ended where the HTTP status does not tell.
    """

    __slots__ = (
        "began",
        "customer_id",
        "is_stream",
        "method",
        "operation",
        "outcome",
        "path",
        "request_id",
        "root_field",
        "trace_id",
    )

    def __init__(self, method: str, path: str, request_id: str = "") -> None:
        self.began = perf_counter()
        self.method = method
        self.path = path
        self.request_id = request_id
        self.operation: str | None = None
        self.root_field: str | None = None
        self.is_stream = False
        self.outcome: str | None = None
        self.customer_id: UUID | None = None
        self.trace_id: str | None = None


class RequestLog:
    """Where the lines go. Off until it is switched on."""

    def __init__(self) -> None:
        self._write: Callable[[str], object] | None = None
        self._is_json = False
        self._mark = ""
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_on(self) -> bool:
        """Whether anything is written."""
        return self._write is not None

    def switch_on(
        self, *, as_json: bool, write: Callable[[str], object] | None = None, process: int | None = None
    ) -> None:
        """Write lines from now on, to standard error unless `write` takes them. `process` is the number of this process
        among its siblings.
        """
        json_mark = "" if process is None else f'"process": {process}, '
        self._mark = json_mark if as_json else console_mark(process)
        self._write = write or _to_standard_error
        self._is_json = as_json

    def switch_off(self) -> None:
        """Write the gathered lines, and no more after that."""
        self.flush()
        self._write = None

    def tell(self, request: Request, status: int) -> None:
        """Add the line of a finished request; it is written in a moment."""
        if self._write is None:
            return
        self._lines.append((_json_line if self._is_json else _console_line)(request, status, self._mark))
        if len(self._lines) >= GATHERED_MAX:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHERED_SECONDS, self.flush)

    def flush(self) -> None:
        """Write the gathered lines now."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        lines, self._lines = self._lines, []
        if lines and self._write is not None:
            self._write("".join(lines))


request_log = RequestLog()
"""The process's request log."""


def _to_standard_error(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _json_line(request: Request, status: int, mark: str) -> str:
    # Written by hand, at a third of the cost: only method and path can have characters that JSON escapes. Operation
    # names are letters, digits and underscores, and request ids were checked when they were read.
    method, path = request.method[:SHOWN_CHARACTERS_MAX], request.path[:SHOWN_CHARACTERS_MAX]
    return (
        f'{{"at": "{_now()}Z", "level": "info", "logger": "{LOGGER}", {mark}"message": "request", '
        f'"method": {_escaped(method)}, "path": {_escaped(path)}, '
        f'"operation": {_quoted(request.operation)}, "status": {status}, "ms": {_milliseconds(request):.1f}, '
        f'"request_id": {_quoted(request.request_id or None)}, "customer_id": {_customer(request.customer_id)}'
        f"{_json_trace(request.trace_id)}}}\n"
    )


def _console_line(request: Request, status: int, mark: str) -> str:
    operation = f" {request.operation[:SHOWN_CHARACTERS_MAX]}" if request.operation else ""
    path = request.path[:SHOWN_CHARACTERS_MAX].encode("unicode_escape").decode()
    method = request.method[:SHOWN_CHARACTERS_MAX].encode("unicode_escape").decode()
    return (
        f"{_now()[11:]} info    {mark}{LOGGER}: {method} {path}{operation} {status} {_milliseconds(request):.1f} ms "
        f"request_id={request.request_id or '-'} customer_id={request.customer_id or '-'}"
        f"{f' trace_id={request.trace_id}' if request.trace_id else ''}\n"
    )


@lru_cache(maxsize=KEPT_MAX)
def _escaped(text: str) -> str:
    return json.dumps(text)


@lru_cache(maxsize=KEPT_MAX)
def _customer(customer_id: UUID | None) -> str:
    return _quoted(None if customer_id is None else str(customer_id))


def _json_trace(trace_id: str | None) -> str:
    return "" if trace_id is None else f', "trace_id": "{trace_id}"'


def _quoted(text: str | None) -> str:
    return "null" if text is None else f'"{text[:SHOWN_CHARACTERS_MAX]}"'


def _milliseconds(request: Request) -> float:
    return (perf_counter() - request.began) * 1000


def _now() -> str:
    now = time()
    return f"{_second(int(now))}.{int(now % 1 * 1000):03}"


@lru_cache(maxsize=4)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
