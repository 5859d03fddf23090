"""Spans of the queue in front of the journal: which callers a batch was written for, and which statements it took."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.db.connection import fetch
from app.kernel.tracing import Kind, span_at_door
from tests.journal.orders import until_waiting
from tests.journal.till import done
from tests.recorded_spans import recording


@pytest.fixture
def spans():
    """Asked for before the database is opened."""
    with recording() as made:
        yield made


@pytest.fixture
async def till(spans, make_till, queue):
    return await make_till(queue)


async def submit_in_span(till, name, *orders):
    with span_at_door(name, Kind.SERVER, None):
        return await till.submit(*orders)


def that_wrote(spans):
    """The span of the batch that wrote the transfers."""
    [statement] = [one for one in spans if "INSERT transfers" in one.name]
    assert "INSERT events" in statement.name
    [batch] = [one for one in spans if one.id == statement.parent_id]
    assert batch.name in {"post_round", "post_batch"}
    return batch


async def test_writes_for_one_caller_within_its_span(spans, till):
    done(await submit_in_span(till, "caller", till.order()))
    batch = that_wrote(spans)
    assert (batch.parent_id, batch.links) == (spans.one("caller").id, [])
    assert batch.values == {"quaestor.instructions": 1}
    assert len({one.trace_id for one in spans}) == 1


async def test_shows_the_commit_of_a_batch_that_locks_first(spans, till):
    done(await submit_in_span(till, "caller", till.order(effective_at=datetime(2026, 1, 1, tzinfo=UTC))))
    batch = that_wrote(spans)
    assert batch.name == "post_batch"
    statements = spans.below(batch)
    assert (statements[0], statements[-1]) == ("BEGIN", "COMMIT")


async def test_links_a_batch_and_the_callers_that_it_was_written_for(spans, till):
    async with till.locked():
        first = till.submitting(till.order())
        await until_waiting()
        recorded = [asyncio.create_task(submit_in_span(till, f"caller {number}", till.order())) for number in range(3)]
        unrecorded = till.submitting(till.order())
        await asyncio.sleep(0)
    for outcome in await asyncio.gather(first, *recorded, unrecorded):
        done(outcome)

    callers = [spans.one(f"caller {number}") for number in range(3)]
    batch = that_wrote(spans)
    assert (batch.parent_id, batch.values) == (None, {"quaestor.instructions": 4})
    assert batch.links == [caller.id for caller in callers]
    assert all(batch.id in caller.links for caller in callers)
    assert batch.trace_id not in {caller.trace_id for caller in callers}


async def test_stores_with_an_event_the_span_of_its_own_request(spans, till):
    order, other = till.order(), till.order()
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
    order.actor = replace(order.actor, traceparent=traceparent)
    outcomes = await till.submit(order, other)
    stored = [await traceparent_of(outcome.object.id) for outcome in outcomes]
    assert stored == [traceparent, None]


async def test_stores_nothing_while_nothing_is_recorded(database, make_till, queue):
    till = await make_till(queue)
    outcome = done(await till.submit(till.order()))
    assert await traceparent_of(outcome.object.id) is None


async def traceparent_of(transfer_id):
    [row] = await fetch("SELECT traceparent FROM events WHERE resource_id = $1", transfer_id)
    return row["traceparent"]
