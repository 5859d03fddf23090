import asyncio
import json
import re
from uuid import UUID

import pytest

from app.kernel import request_log as module
from app.kernel.request_log import Request, RequestLog

CUSTOMER = UUID("0197a3c2-5b6e-7c11-8f00-0123456789a8")


@pytest.fixture
def written():
    return []


@pytest.fixture
def log(written):
    made = RequestLog()
    made.switch_on(as_json=True, write=written.append)
    return made


def request(path="/graphql", method="POST", **known):
    made = Request(method, path, "request-1")
    for name, value in known.items():
        setattr(made, name, value)
    return made


async def test_writes_an_object_for_a_machine(log, written):
    log.tell(request(operation="IssueOne", customer_id=CUSTOMER), 200)
    log.flush()
    [line] = written
    told = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("at"))
    assert told.pop("ms") >= 0
    assert told == {
        "level": "info",
        "logger": "quaestor.requests",
        "message": "request",
        "method": "POST",
        "path": "/graphql",
        "operation": "IssueOne",
        "status": 200,
        "request_id": "request-1",
        "customer_id": str(CUSTOMER),
    }


async def test_writes_a_line_for_a_reader(written):
    log = RequestLog()
    log.switch_on(as_json=False, write=written.append)
    log.tell(request(operation="IssueOne", customer_id=CUSTOMER), 200)
    log.flush()
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{3} info    quaestor\.requests: POST /graphql IssueOne 200 \d+\.\d ms "
        rf"request_id=request-1 customer_id={CUSTOMER}\n",
        written[0],
    )


@pytest.mark.parametrize("as_json", [True, False])
async def test_writes_one_short_line_whatever_is_sent(written, as_json):
    log = RequestLog()
    log.switch_on(as_json=as_json, write=written.append)
    log.tell(request(f'/"\n\x1b[2J\u2028{"x" * 100_000}', operation="a" * 50_000, method='G"T\n'), 404)
    log.flush()
    assert written[0].count("\n") == 1
    assert len(written[0]) < 900
    assert "\x1b" not in written[0]
    if as_json:
        assert json.loads(written[0])["method"] == 'G"T\n'


async def test_writes_nothing_until_it_is_switched_on_and_after_it_is_off(written):
    log = RequestLog()
    log.tell(request(), 200)
    assert not log.is_on
    log.switch_on(as_json=True, write=written.append)
    log.tell(request(), 201)
    log.switch_off()
    log.tell(request(), 202)
    log.flush()
    assert [json.loads(line)["status"] for line in "".join(written).splitlines()] == [201]


async def test_writes_the_lines_of_a_moment_together(log, written):
    for _ in range(3):
        log.tell(request(), 200)
    assert written == []
    while not written:
        await asyncio.sleep(0.01)
    assert written[0].count("\n") == 3
    log.tell(request(), 200)
    while len(written) < 2:
        await asyncio.sleep(0.01)
    assert written[1].count("\n") == 1


async def test_gathers_no_more_than_so_many(log, written, monkeypatch):
    monkeypatch.setattr(module, "GATHERED_MAX", 3)
    for _ in range(7):
        log.tell(request(), 200)
    assert [text.count("\n") for text in written] == [3, 3]


async def test_tells_which_of_several_processes_it_was(written):
    for as_json in (True, False):
        log = RequestLog()
        log.switch_on(as_json=as_json, write=written.append, process=2)
        log.tell(request(), 200)
        log.flush()
    assert json.loads(written[0])["process"] == 2
    assert " info    #2 quaestor.requests: POST /graphql 200 " in written[1]


async def test_names_the_trace_of_a_request_that_is_recorded(log, written):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    log.tell(request(trace_id=trace_id), 200)
    log.flush()
    assert json.loads(written.pop())["trace_id"] == trace_id
    readable = RequestLog()
    readable.switch_on(as_json=False, write=written.append)
    readable.tell(request(trace_id=trace_id), 200)
    readable.flush()
    assert written.pop().endswith(f" customer_id=- trace_id={trace_id}\n")
