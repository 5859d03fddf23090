import json
import logging
import sys

import pytest

from app.kernel.logs import ConsoleLines, JsonLines, configure_logs


def record(message="%s left", *arguments, **extra):
    made = logging.makeLogRecord({"name": "app.main", "levelno": 30, "levelname": "WARNING", "msg": message, **extra})
    made.args, made.created, made.msecs = arguments or (3,), 1_795_176_000.25, 250.0
    return made


def test_prints_one_line_for_a_reader():
    assert ConsoleLines().format(record(request_id="abc")) == "12:00:00.250 warning app.main: 3 left request_id=abc"


def test_prints_one_json_object_for_a_machine():
    line = JsonLines().format(record("ä\n%s", request_id="abc"))
    assert "\n" not in line
    assert json.loads(line) == {
        "at": "2026-11-20T12:00:00.250Z",
        "level": "warning",
        "logger": "app.main",
        "message": "ä\n3",
        "request_id": "abc",
    }


@pytest.mark.parametrize("lines", [ConsoleLines(), JsonLines()], ids=["console", "json"])
def test_shows_the_traceback(lines):
    try:
        raise ValueError("this went wrong")
    except ValueError:
        text = lines.format(record(exc_info=sys.exc_info()))
    assert "ValueError: this went wrong" in text
    assert "Traceback" in text


@pytest.fixture
def root_logger():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    ("log_format", "formatter"), [("console", ConsoleLines), ("json", JsonLines), (None, JsonLines)]
)
def test_chooses_json_where_there_is_no_terminal(root_logger, log_format, formatter):
    configure_logs(log_format, "error")
    assert [type(handler.formatter) for handler in root_logger.handlers] == [formatter]
    assert root_logger.level == logging.ERROR
