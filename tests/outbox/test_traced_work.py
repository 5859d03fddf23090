"""Promised work belongs to the trace of the request that promised it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.outbox.drain import Unavailable, drain_messages
from app.outbox.promise import promise
from tests.recorded_spans import recording

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
REQUEST = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def spans():
    with recording() as made:
        yield made


async def drain(handler):
    return await drain_messages({"wash": handler}, budget_seconds=60, lease=timedelta(minutes=10))


async def promised(actor):
    async with transaction() as tx:
        await promise(tx, actor, "wash", new_id())


async def test_goes_on_with_the_trace_and_hands_it_on(spans, make_actor):
    actor = replace(await make_actor(), traceparent=REQUEST)
    await promised(actor)
    seen = []

    async def wash(by, message):
        seen.append(by.traceparent)

    assert await drain(wash) == 1
    work = spans.one("wash")
    assert (work.trace_id, work.parent_id, work.kind, work.is_failed) == (TRACE, SPAN, "consumer", False)
    assert (work.values["quaestor.customer_id"], work.values["quaestor.attempt"]) == (str(actor.customer_id), 1)
    assert seen == [f"00-{TRACE}-{work.id}-01"]
    assert spans.below(work) == ["BEGIN", "DELETE outbox_messages", "COMMIT"]


async def test_shows_each_try_and_no_text_of_its_failure(spans, make_actor):
    await promised(replace(await make_actor(), traceparent=REQUEST))
    tries = iter([Unavailable("a secret of the bank"), None])

    async def wash(_by, _message):
        failure = next(tries)
        if failure is not None:
            raise failure

    assert await drain(wash) == 0
    await pool().execute("UPDATE outbox_messages SET next_attempt_at = now()")
    assert await drain(wash) == 1
    first, second = spans.named("wash")
    assert (first.is_failed, first.values["error.type"], first.values["quaestor.attempt"]) == (True, "Unavailable", 1)
    assert (second.is_failed, second.trace_id, second.values["quaestor.attempt"]) == (False, TRACE, 2)
    assert "secret" not in repr(spans)


async def test_begins_a_trace_for_what_nobody_recorded(spans, make_actor):
    await promised(await make_actor())

    async def wash(_by, _message):
        pass

    await drain(wash)
    assert (spans.one("wash").trace_id != TRACE, spans.one("wash").parent_id) == (True, None)
