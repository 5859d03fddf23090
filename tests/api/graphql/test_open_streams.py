import asyncio
from contextlib import ExitStack
from dataclasses import replace
from uuid import UUID

import httpx
import pytest

from app.api.graphql import open_streams
from app.api.graphql.open_streams import KeyWatches, OpenStreams, TooManyStreams
from app.db.notifications import notifications, resource_topic
from app.settings import load_settings
from tests.api.graphql.conftest import ACTOR, KEY

ONE, OTHER = (replace(ACTOR, api_key_id=UUID(int=number)) for number in (1, 2))
FOREVER = {"query": "subscription { counts(to: 1000000, every: 60) }"}


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def asked():
    return []


@pytest.fixture
def keys_that_hold():
    return {ONE, OTHER}


@pytest.fixture
def watches(asked, keys_that_hold):
    async def holds(actor):
        asked.append(actor)
        return actor is None or actor in keys_that_hold

    return KeyWatches(holds)


def test_bounds_the_streams_of_one_key_and_of_all(stack):
    streams = OpenStreams(load_settings(streams_max=3, streams_per_key_max=2))
    with streams.one_more(ONE):
        stack.enter_context(streams.one_more(ONE))
        with pytest.raises(TooManyStreams, match=r"This key has 2 .* limit for one key .QUAESTOR_STREAMS_PER_KEY_MAX"):
            stack.enter_context(streams.one_more(ONE))
        with (
            streams.one_more(OTHER),
            pytest.raises(TooManyStreams, match=r"3 .* of this process .QUAESTOR_STREAMS_MAX"),
        ):
            stack.enter_context(streams.one_more(OTHER))
    stack.enter_context(streams.one_more(ONE))
    stack.enter_context(streams.one_more(OTHER))
    with pytest.raises(TooManyStreams):
        stack.enter_context(streams.one_more(OTHER))


def test_counts_nothing_that_is_closed():
    streams = OpenStreams(load_settings(streams_max=1))
    for _ in range(3):
        with streams.one_more(ONE):
            pass
    assert (streams._count, streams._of_key) == (0, {})


async def test_asks_about_a_key_once_however_many_streams_it_has(stack, watches, asked, keys_that_hold, monkeypatch):
    monkeypatch.setattr(open_streams, "ASK_EVERY_SECONDS", 0.01)
    events = [stack.enter_context(watches.watch(actor)) for actor in (ONE, OTHER) for _ in range(100)]
    while asked.count(ONE) < 5 or asked.count(OTHER) < 5:
        await asyncio.sleep(0.01)
    assert len(set(events)) == 2
    assert len(asked) < 100
    keys_that_hold.remove(ONE)
    await asyncio.wait_for(events[0].wait(), 60)
    assert not events[-1].is_set()


async def test_hears_of_a_revocation_at_once(stack, watches, keys_that_hold):
    ended = stack.enter_context(watches.watch(ONE))
    await asyncio.sleep(0)
    keys_that_hold.clear()
    notifications()._hear(None, 0, "", resource_topic(ONE.api_key_id))
    await asyncio.wait_for(ended.wait(), 60)


async def test_leaves_nothing_behind(watches):
    with watches.watch(ONE):
        await asyncio.sleep(0)
    assert (watches._watches, notifications()._waiters) == ({}, {})
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "watch an API key"]


async def test_asks_anew_after_a_key_has_ended(stack, watches, keys_that_hold):
    keys_that_hold.clear()
    ended = stack.enter_context(watches.watch(ONE))
    await asyncio.wait_for(ended.wait(), 60)
    await asyncio.sleep(0)
    keys_that_hold.add(ONE)
    assert not stack.enter_context(watches.watch(ONE)).is_set()


@pytest.mark.parametrize(
    ("limits", "names"),
    [
        ({"streams_per_key_max": 1}, ["This key has 1 ", "QUAESTOR_STREAMS_PER_KEY_MAX"]),
        ({"streams_max": 1}, ["1 subscriptions are open here", "QUAESTOR_STREAMS_MAX"]),
    ],
)
async def test_refuses_one_stream_too_many_and_says_which_limit_it_is(serve, limits, names):
    address = await serve(**limits)
    headers = {"Authorization": KEY, "Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(trust_env=False, timeout=60) as client,
        client.stream("POST", f"http://{address}/graphql", json=FOREVER, headers=headers) as open_one,
    ):
        async for line in open_one.aiter_lines():
            if line == "event: next":
                break
        refused = await client.post(f"http://{address}/graphql", json=FOREVER, headers=headers)
        assert refused.status_code == 200
        assert "event: complete" in refused.text
        assert '"code":"LIMIT_EXCEEDED"' in refused.text
        assert all(name in refused.text for name in names)
        query = {"query": "{ book { id } }"}
        answered = await client.post(f"http://{address}/graphql", json=query, headers=headers)
        assert '{"data":{"book":{"id":"b1"}}}' in answered.text


async def test_ends_the_streams_of_a_key_that_a_fault_of_ours_keeps_from_being_checked(caplog):
    async def broken(_actor):
        message = "a broken statement"
        raise RuntimeError(message)

    with KeyWatches(broken).watch(ONE) as ended:
        async with asyncio.timeout(60):
            await ended.wait()
    assert "a key could not be checked, so its streams end" in caplog.text
