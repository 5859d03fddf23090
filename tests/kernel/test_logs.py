import json
import logging
import sys

import pytest

from app.kernel.logs import ConsoleLines, JsonLines, configure_logs
from app.kernel.tracing import Kind, span_at_door
from tests.recorded_spans import recording


def record(*, exception=None, **extra):
    made = logging.LogRecord("app.main", logging.WARNING, "main.py", 1, "no %s yet", ("database",), exception)
    made.created, made.msecs = 1_795_176_000.5, 500.0
    vars(made).update(extra)
    return made


def raised():
    try:
        int("the fault")
    except ValueError:
        return sys.exc_info()


def test_writes_a_line_for_a_reader():
    assert ConsoleLines().format(record(request_id="r-1")) == (
        "12:00:00.500 warning app.main: no database yet request_id=r-1"
    )


def test_writes_an_object_for_a_machine():
    line = JsonLines().format(record(request_id="r-1", count=2))
    assert "\n" not in line
    assert json.loads(line) == {
        "at": "2026-11-20T12:00:00.500Z",
        "level": "warning",
        "logger": "app.main",
        "message": "no database yet",
        "request_id": "r-1",
        "count": 2,
    }


def test_tells_of_an_exception():
    assert ConsoleLines().format(record(exception=raised())).endswith("base 10: 'the fault'")
    line = JsonLines().format(record(exception=raised()))
    assert "\n" not in line
    assert json.loads(line)["exception"].endswith("with base 10: 'the fault'")


@pytest.fixture
def root():
    """The root logger, put back afterwards."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.mark.parametrize(
    ("log_format", "formatter"), [("console", ConsoleLines), ("json", JsonLines), (None, JsonLines)]
)
def test_sends_all_logs_to_standard_error(root, monkeypatch, log_format, formatter):
    kept = root.handlers[:]
    root.handlers.clear()  # Those of pytest would be closed.
    configure_logs(log_format, "warning")
    (handler,) = root.handlers
    assert isinstance(handler.formatter, formatter)
    assert (root.level, handler.stream) == (logging.WARNING, sys.stderr)
    root.handlers[:] = kept


def test_tells_which_of_several_processes_it_was():
    assert ConsoleLines(2).format(record()) == "12:00:00.500 warning #2 app.main: no database yet"
    assert json.loads(JsonLines(2).format(record()))["process"] == 2
    assert "process" not in json.loads(JsonLines().format(record()))


def test_names_the_trace_that_a_line_belongs_to():
    with recording(), span_at_door("door", Kind.SERVER, None) as span:
        assert json.loads(JsonLines().format(record()))["trace_id"] == span.trace_id
        assert ConsoleLines().format(record()).endswith(f"no database yet trace_id={span.trace_id}")
    assert "trace_id" not in JsonLines().format(record())
