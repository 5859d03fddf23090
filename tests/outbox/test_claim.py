"""Claim, lease, fence: no two hold the same message, and who was too slow changes nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import fetchval, pool
from app.outbox.claim import LAST_ERROR_CHARACTERS_MAX, claim_messages, record_done, record_failure

pytestmark = pytest.mark.postgres15

LEASE = timedelta(minutes=10)
LATER = datetime(2099, 1, 1, tzinfo=UTC)


async def claim_one():
    (message,) = await claim_messages(limit=1, lease=LEASE)
    return message


async def test_claims_what_is_due_and_hides_it_for_the_lease(actor, promised, messages):
    (resource_id,) = await promised()
    before = datetime.now(UTC)
    message = await claim_one()
    after = datetime.now(UTC)
    kept = (await messages())[resource_id]

    assert (message.customer_id, message.resource_id, message.kind) == (actor.customer_id, resource_id, "work")
    assert (message.request_id, message.attempt_count) == ("request-1", 1)
    assert kept["lease_token"] == message.lease_token
    assert before <= kept["next_attempt_at"] - LEASE <= after
    assert await claim_messages(limit=10, lease=LEASE) == []


async def test_claims_over_all_customers(actor, make_actor, promised):
    other = await make_actor()
    await promised()
    await pool().execute(
        "INSERT INTO outbox_messages SELECT (jsonb_populate_record(NULL::outbox_messages,"
        " to_jsonb(m) || jsonb_build_object('customer_id', $1::uuid))).* FROM outbox_messages AS m",
        other.customer_id,
    )
    claimed = await claim_messages(limit=10, lease=LEASE)
    assert {message.customer_id for message in claimed} == {actor.customer_id, other.customer_id}


async def test_leaves_what_is_not_due(promised):
    await promised(not_before=LATER)
    assert await claim_messages(limit=10, lease=LEASE) == []


async def test_claims_the_longest_due_first_up_to_its_limit(promised):
    resources = await promised(5)
    for resource_id, minutes in zip(resources, (3, 1, 5, 2, 4), strict=True):
        await pool().execute(
            "UPDATE outbox_messages SET next_attempt_at = now() - $2::interval WHERE resource_id = $1",
            resource_id,
            timedelta(minutes=minutes),
        )
    claimed = await claim_messages(limit=3, lease=LEASE)
    assert {message.resource_id for message in claimed} == {resources[2], resources[4], resources[0]}


async def test_gives_no_message_to_two_of_twenty_claimers(promised):
    resources = await promised(60)
    claims = await asyncio.gather(*(claim_messages(limit=5, lease=LEASE) for _ in range(20)))
    claimed = [message.resource_id for claim in claims for message in claim]

    claimed += [message.resource_id for message in await claim_messages(limit=100, lease=LEASE)]
    assert sorted(claimed) == sorted(resources)


async def test_steps_over_what_another_claimer_is_just_claiming(database, promised):
    resources = await promised(2)
    async with pool().acquire() as other, other.transaction():
        await other.execute("SELECT FROM outbox_messages WHERE resource_id = $1 FOR UPDATE", resources[0])
        assert (await claim_one()).resource_id == resources[1]


class TestDone:
    async def test_strikes_the_message_off(self, promised, messages):
        await promised()
        assert await record_done(await claim_one()) is True
        assert await messages() == {}

    async def test_changes_nothing_the_second_time(self, promised):
        await promised()
        message = await claim_one()
        assert await record_done(message) is True
        assert await record_done(message) is False

    async def test_strikes_off_after_the_lease_if_nobody_else_came(self, promised, messages, let_time_pass):
        await promised()
        message = await claim_one()
        await let_time_pass()
        assert await record_done(message) is True
        assert await messages() == {}


class TestFailure:
    async def test_puts_it_off(self, promised, messages):
        (resource_id,) = await promised()
        message, again_after = await claim_one(), timedelta(minutes=10)
        before = datetime.now(UTC)
        assert await record_failure(message, "it broke", again_after=again_after) is True
        after = datetime.now(UTC)
        kept = (await messages())[resource_id]

        assert (kept["status"], kept["last_error"], kept["lease_token"]) == ("PENDING", "it broke", None)
        assert kept["attempt_count"] == 1
        assert before <= kept["next_attempt_at"] - again_after <= after

    async def test_keeps_it_as_dead_when_out_of_retries(self, promised, messages, let_time_pass):
        (resource_id,) = await promised()
        assert await record_failure(await claim_one(), "for good", again_after=None) is True
        kept = (await messages())[resource_id]

        assert (kept["status"], kept["last_error"], kept["next_attempt_at"]) == ("DEAD", "for good", None)
        await let_time_pass()
        assert await claim_messages(limit=10, lease=LEASE) == []

    @pytest.mark.parametrize(
        ("error", "stored"),
        [("a\x00b", "ab"), ("a\ud800b", "a?b"), ("x" * 5_000, "x" * LAST_ERROR_CHARACTERS_MAX), ("ä☃", "ä☃")],
    )
    async def test_stores_of_the_error_what_can_be_stored(self, promised, error, stored):
        await promised()
        assert await record_failure(await claim_one(), error, again_after=LEASE) is True
        assert await fetchval("SELECT last_error FROM outbox_messages") == stored


class TestFence:
    """The first claimer was too slow: its lease ended, and a second one has the message."""

    @pytest.fixture
    async def claims(self, promised, let_time_pass):
        await promised()
        first = await claim_one()
        await let_time_pass()
        return first, await claim_one()

    async def test_gives_an_expired_message_to_another(self, claims):
        first, second = claims
        assert (first.id, first.attempt_count) == (second.id, 1)
        assert second.attempt_count == 2
        assert first.lease_token != second.lease_token

    @pytest.mark.parametrize("again_after", [LEASE, None])
    async def test_lets_the_slow_one_record_no_failure(self, claims, messages, again_after):
        before = await messages()
        assert await record_failure(claims[0], "too late", again_after=again_after) is False
        assert await messages() == before

    async def test_lets_the_slow_one_strike_nothing_off(self, claims, messages):
        before = await messages()
        assert await record_done(claims[0]) is False
        assert await messages() == before
        assert await record_done(claims[1]) is True

    async def test_lets_the_slow_one_record_nothing_after_the_other_failed(self, claims, messages):
        await record_failure(claims[1], "second failed", again_after=LEASE)
        before = await messages()
        assert await record_done(claims[0]) is False
        assert await record_failure(claims[0], "too late", again_after=None) is False
        assert await messages() == before
