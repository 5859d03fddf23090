"""Many deliveries are inserted in parts, with pauses in which those of others go on."""

import asyncio
import itertools
from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.db.connection import fetch
from app.events.number_events import number_events
from app.webhooks.deliveries import insert_deliveries
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.fan_out import fan_out
from app.webhooks.deliveries.insert_deliveries import PART_MAX

pytestmark = pytest.mark.postgres15

LEASE = Lease(timedelta(seconds=30), timedelta(seconds=15))
URL = "http://127.0.0.1:9/hooks"


async def fan_out_all(actor, *, room=0, **named):
    await number_events(actor.customer_id)
    return await fan_out(actor.customer_id, lease=LEASE, room=lambda _endpoint, _wanted: room, **named)


async def test_makes_many_in_parts_and_the_claimed_ones_first(actor, subscribe, happen):
    many = [(await subscribe(URL, event_types=["ledger.*"]))[0] for _ in range(5)]
    events = [await happen() for _ in range(30)]
    done = await fan_out_all(actor, room=3)
    assert done.deliveries == 5 * 30 > 2 * PART_MAX
    assert done.left_due == {(actor.customer_id, endpoint.id) for endpoint in many}
    assert [claim.message_id for claim in done.claimed] == [event for event in events[:3] for _ in many]
    claimed_rows = await fetch("SELECT id FROM webhook_deliveries WHERE lease_token IS NOT NULL ORDER BY id")
    assert [row["id"] for row in claimed_rows] == sorted(claim.id for claim in done.claimed)


@pytest.fixture
def inserted(monkeypatch):
    """How many deliveries each statement inserts, in order, and how long each pause between them is asked to be."""
    noted, insert, sleep = [], insert_deliveries._insert, asyncio.sleep

    async def noting(tx, this, deliveries):
        noted.append(len(deliveries))
        return await insert(tx, this, deliveries)

    async def noting_pause(seconds):
        noted.append(f"pause of {seconds * 1000:.0f} ms")
        await sleep(0)

    monkeypatch.setattr(insert_deliveries, "_insert", noting)
    monkeypatch.setattr(insert_deliveries, "asyncio", SimpleNamespace(sleep=noting_pause))
    return noted


async def test_is_in_no_hurry_where_nobody_waits(actor, subscribe, happen, inserted, monkeypatch):
    monkeypatch.setattr(insert_deliveries, "time", SimpleNamespace(monotonic=lambda: 0.0))  # No part takes any time.
    for _ in range(5):
        await subscribe(URL, event_types=["ledger.*"])
    for _ in range(13):
        await happen()
    assert (await fan_out_all(actor)).deliveries == 5 * 13
    assert inserted == [20, *["pause of 8 ms", 20] * 2, "pause of 8 ms", 5]


async def test_rests_only_while_nobody_else_wants_its_place(actor, subscribe, happen, inserted, monkeypatch):
    monkeypatch.setattr(insert_deliveries, "time", SimpleNamespace(monotonic=lambda: 0.0))
    for _ in range(5):
        await subscribe(URL, event_types=["ledger.*"])
    for _ in range(26):
        await happen()
    answers = iter([True, True, False, False, True, False])
    await fan_out_all(actor, may_rest=lambda: next(answers))
    pauses = [one for one in inserted if not isinstance(one, int)]
    assert pauses == [f"pause of {milliseconds} ms" for milliseconds in (8, 8, 0, 0, 8, 0)]


async def test_does_not_rest_where_a_receiver_waits_for_its_pace(actor, subscribe, happen, inserted, monkeypatch):
    monkeypatch.setattr(insert_deliveries, "time", SimpleNamespace(monotonic=lambda: 0.0))
    for _ in range(4):
        await subscribe(URL, event_types=["ledger.*"])
    await subscribe(URL, event_types=["ledger.*"], max_per_second=10)
    for _ in range(13):
        await happen()
    assert (await fan_out_all(actor)).deliveries == 5 * 13
    assert inserted == [PART_MAX, "pause of 0 ms", 15]


async def test_takes_no_longer_with_many(actor, subscribe, happen, inserted, monkeypatch):
    monkeypatch.setattr(insert_deliveries, "time", SimpleNamespace(monotonic=lambda: 0.0))
    for _ in range(5):
        await subscribe(URL, event_types=["ledger.*"])
    for _ in range(100):
        await happen()
    assert (await fan_out_all(actor)).deliveries == 5 * 100
    assert inserted == [20, *["pause of 4 ms", 20] * 24]


async def test_pauses_as_long_as_a_part_takes(actor, subscribe, happen, inserted, monkeypatch):
    seconds = itertools.count(step=0.3)
    monkeypatch.setattr(insert_deliveries, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    for _ in range(5):
        await subscribe(URL, event_types=["ledger.*"])
    for _ in range(13):
        await happen()
    await fan_out_all(actor)
    assert inserted == [20, *["pause of 300 ms", 20] * 2, "pause of 300 ms", 5]


@pytest.mark.parametrize(("events", "room"), [(30, 1), (130, 0)])
async def test_makes_haste_where_some_are_sent_or_another_pass_follows(
    actor, subscribe, happen, inserted, monkeypatch, events, room
):
    monkeypatch.setattr(insert_deliveries, "time", SimpleNamespace(monotonic=lambda: 0.0))
    for _ in range(5):
        await subscribe(URL, event_types=["ledger.*"])
    for _ in range(events):
        await happen()
    done = await fan_out_all(actor, room=room)
    assert done.has_more == (room == 0)
    claimed = [5] if room else []
    waiting = min(events, 100) * 5 - sum(claimed)
    parts = [*claimed, *[PART_MAX] * (waiting // PART_MAX), *([waiting % PART_MAX] if waiting % PART_MAX else [])]
    assert [one for one in inserted if isinstance(one, int)] == parts
    assert {one for one in inserted if not isinstance(one, int)} == {"pause of 0 ms"}


async def test_makes_all_that_it_claims_by_one_statement(actor, subscribe, happen, inserted):
    for _ in range(5):
        await subscribe(URL, event_types=["ledger.*"])
    for _ in range(30):
        await happen()
    assert len((await fan_out_all(actor, room=30)).claimed) == 5 * 30
    assert inserted == [5 * 30]
