"""Log formats: one line of text for people, or one JSON object for machines."""

import json
import logging
import sys
from datetime import UTC, datetime

from app.kernel.tracing import current_span

SILENT_BELOW_WARNING = ("tortoise", "httpx", "httpcore", "aiokafka", "urllib3")
"""Libraries whose lines hold what no log may hold: the values of statements, URLs, messages."""

STANDARD_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class ConsoleLines(logging.Formatter):
    """`12:00:00.123 warning app.main: no database yet request_id=…`; with `#2 ` before the logger in process 2."""

    def __init__(self, process: int | None = None) -> None:
        super().__init__()
        self._process = console_mark(process)

    def format(self, record: logging.LogRecord) -> str:
        """One record, with its traceback below if it has one."""
        extra = "".join(f" {name}={value}" for name, value in _extra(record).items())
        line = f"{_instant(record):%H:%M:%S}.{record.msecs:03.0f} {record.levelname.lower():<7} "
        text = f"{line}{self._process}{record.name}: {record.getMessage()}{extra}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class JsonLines(logging.Formatter):
    """`{"at", "level", "logger", "message", …}`, with `process` where there are several, and `exception` if there is
    one.
    """

    def __init__(self, process: int | None = None) -> None:
        super().__init__()
        self._process = {} if process is None else {"process": process}

    def format(self, record: logging.LogRecord) -> str:
        """One record on one line."""
        fields = {
            "at": _instant(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **self._process,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str, ensure_ascii=False)


def writes_json(log_format: str | None) -> bool:
    """Whether logs are JSON: as this setting says; without it, unless they go to a terminal."""
    return (log_format or ("console" if sys.stderr.isatty() else "json")) == "json"


def console_mark(process: int | None) -> str:
    """What tells the lines of this process from those of its siblings; empty if it has none."""
    return "" if process is None else f"#{process} "


def configure_logs(log_format: str | None, level: str, *, process: int | None = None) -> None:
    """Send all logs to standard error, as `console` or `json`; None is console on a terminal, else json. `process` is
    the number of this process among its siblings.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(process) if writes_json(log_format) else ConsoleLines(process))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for library in SILENT_BELOW_WARNING:
        logging.getLogger(library).setLevel(logging.WARNING)
    # Each time the database is away it logs a traceback; the code that needed a connection logs one line.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)


def _instant(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    extra = {name: value for name, value in vars(record).items() if name not in STANDARD_ATTRIBUTES}
    span = current_span()
    return extra if span is None else {**extra, "trace_id": span.trace_id}
