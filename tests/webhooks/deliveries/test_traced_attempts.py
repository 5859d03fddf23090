"""An attempt belongs to the trace of the request that its event happened in, and tells the receiver so."""

import logging
from dataclasses import replace

import pytest
from aiohttp import web

from app.db.connection import pool
from app.kernel.logs import ConsoleLines
from app.kernel.traceparent import read_traceparent
from app.webhooks.own_headers import OwnHeader
from tests.recorded_spans import recording

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
REQUEST = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def spans():
    """Asked for before the database is opened."""
    with recording() as made:
        yield made


@pytest.fixture
async def subscribed(spans, subscribe, receiver):
    return await subscribe(receiver.url, event_types=["ledger.*"])


@pytest.fixture
def requested(actor):
    return replace(actor, traceparent=REQUEST)


async def test_goes_on_with_the_trace_of_the_request_and_sends_it_on(
    spans, subscribed, requested, happen, pipeline, receiver
):
    await happen(by=requested)
    await pipeline.drain(budget_seconds=60)
    attempt = spans.one("webhook attempt")
    assert (attempt.trace_id, attempt.parent_id, attempt.kind, attempt.is_failed) == (TRACE, SPAN, "client", False)
    endpoint, _ = subscribed
    assert attempt.values["quaestor.endpoint_id"] == str(endpoint.id)
    assert attempt.values["quaestor.event_type"] == "ledger.updated"
    assert (attempt.values["quaestor.attempt"], attempt.values["http.response.status_code"]) == (1, 200)
    [received] = receiver.received
    assert received.headers["traceparent"] == f"00-{TRACE}-{attempt.id}-01"


async def test_shows_each_attempt_and_the_stage_that_failed(
    spans, subscribed, requested, happen, pipeline, receiver, caplog
):
    caplog.set_level(logging.INFO)
    caplog.handler.setFormatter(ConsoleLines())
    answers = iter([500, 200])

    async def answer(_request):
        return web.Response(status=next(answers), text="a secret of the receiver")

    receiver.answer = answer
    await happen(by=requested)
    while len(receiver.received) < 2:
        await pipeline.drain(budget_seconds=60)
    await pipeline.finish(60)
    first, second = spans.named("webhook attempt")
    assert (first.is_failed, first.values["error.type"], first.values["http.response.status_code"]) == (
        True,
        "status",
        500,
    )
    assert (second.is_failed, second.values["quaestor.attempt"]) == (False, 2)
    sent = [read_traceparent(one.headers["traceparent"]) for one in receiver.received]
    assert {f"{one.trace_id:032x}" for one in sent} == {TRACE}
    assert [f"{one.span_id:016x}" for one in sent] == [first.id, second.id]
    assert "secret" not in repr(spans)
    [line] = [one for one in caplog.text.splitlines() if "attempt 1 failed" in one]
    assert line.endswith(f"trace_id={TRACE}")


async def test_begins_a_trace_with_a_link_where_the_request_was_long_ago(
    spans, subscribed, requested, happen, pipeline, receiver
):
    event_id = await happen(by=requested)
    body = await pool().fetchval("SELECT body FROM events WHERE id = $1", event_id)
    at = body.index('"timestamp":"') + len('"timestamp":"')
    await pool().execute(
        "UPDATE events SET body = $2 WHERE id = $1",
        event_id,
        f"{body[:at]}2020-01-01T00:00:00.000000Z{body[at + 27 :]}",
    )
    await pipeline.drain(budget_seconds=60)
    attempt = spans.one("webhook attempt")
    assert (attempt.trace_id != TRACE, attempt.parent_id, attempt.links) == (True, None, [SPAN])
    assert receiver.received[0].headers["traceparent"] == f"00-{attempt.trace_id}-{attempt.id}-01"


async def test_leaves_the_header_to_an_endpoint_that_has_its_own(
    spans, subscribe, requested, happen, pipeline, receiver
):
    await subscribe(receiver.url, event_types=["ledger.*"], headers=[OwnHeader("Traceparent", "mine")])
    await happen(by=requested)
    await pipeline.drain(budget_seconds=60)
    assert receiver.received[0].headers["traceparent"] == "mine"


async def test_sends_no_header_while_nothing_is_recorded(subscribe, requested, happen, pipeline, receiver):
    await subscribe(receiver.url, event_types=["ledger.*"])
    await happen(by=requested)
    await pipeline.drain(budget_seconds=60)
    assert "traceparent" not in receiver.received[0].headers
