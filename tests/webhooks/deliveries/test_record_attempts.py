"""What came of attempts is recorded once, whatever others do, and what repeats is kept short."""

import asyncio
from datetime import timedelta

import pytest

from app.db.connection import fetch, pool
from app.kernel.clock import utc_now
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries.claim_deliveries import Wish, claim_deliveries, due_lanes
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.record_attempts import Outcome, record_attempts
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.retry_schedule import RetrySchedule

pytestmark = pytest.mark.postgres15

URL = "http://127.0.0.1:9/hooks"
LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))
SCHEDULE = RetrySchedule((0.0,) * 20)
LONG, OTHER = "a" * 4_096, "a" * 4_095 + "b"
UNEVEN = "é" * 2_048 + "."
"""Its first kilobyte of two-byte characters, and then it ends otherwise."""


@pytest.fixture
async def claim(subscribe, fill):
    """A function that claims the one delivery there is."""
    endpoint, _ = await subscribe(URL)
    await fill(endpoint, 1)

    async def run():
        await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE lease_token IS NULL")
        lanes = await due_lanes()
        return await claim_deliveries(endpoint.customer_id, [Wish(lane, 1) for lane in lanes], lease=LEASE)

    return run


async def record(claimed, body, *, status=500):
    answer = Answer(5, status=status, error=None if status == 200 else f"status: {status}", body=body)
    outcomes = [Outcome(one, utc_now(), answer) for one in claimed]
    recorded = await record_attempts(claimed[0].customer_id, outcomes, schedule=SCHEDULE, breaker=Breaker())
    return recorded.count


async def kept():
    rows = await fetch("SELECT response_body FROM webhook_attempts ORDER BY number")
    return [row["response_body"] for row in rows]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([LONG], [LONG]),
        ([LONG, LONG, LONG], [LONG, LONG[:1024], LONG[:1024]]),
        ([LONG, OTHER, OTHER, LONG], [LONG, OTHER, OTHER[:1024], LONG]),
        ([LONG, LONG, OTHER, OTHER], [LONG, LONG[:1024], OTHER, OTHER[:1024]]),
        ([LONG, "short", LONG], [LONG, "short", LONG]),
        ([LONG, None, LONG], [LONG, None, LONG]),
        (["b" * 1024] * 2, ["b" * 1024] * 2),
        (["b" * 1025] * 2, ["b" * 1025, "b" * 1024]),
        ([UNEVEN] * 2, [UNEVEN, "é" * 512]),
        (["€" * 1000] * 2, ["€" * 1000, "€" * 341]),
    ],
)
async def test_keeps_a_kilobyte_of_an_answer_that_repeats_the_one_before(claim, answers, expected):
    for body in answers:
        assert await record(await claim(), body) == 1
    assert await kept() == expected


async def test_records_a_result_once(claim):
    claimed = await claim()
    assert sorted(await asyncio.gather(*(record(claimed, "ok", status=200) for _ in range(4)))) == [0, 0, 0, 1]
    assert await kept() == ["ok"]


@pytest.mark.parametrize("status", [200, 500])
async def test_counts_one_of_two_results_that_are_recorded_together(claim, status):
    """A crash of the database has undone the first claim, and the same worker has claimed again meanwhile."""
    undone = await claim()
    await pool().execute("UPDATE webhook_deliveries SET lease_token = NULL")
    again = await claim()
    assert await record([*undone, *again], "told", status=status) == 1
    assert await kept() == ["told"]
    failing = await fetch("SELECT failure_count FROM webhook_failing_endpoints")
    assert [row["failure_count"] for row in failing] == ([] if status == 200 else [1])


async def test_counts_no_result_whose_lease_passed_to_another(claim):
    late = await claim()
    await pool().execute("UPDATE webhook_deliveries SET lease_token = NULL")
    now_mine = await claim()
    assert await record(late, "late", status=200) == 0
    assert await record(now_mine, "mine") == 1
    assert await kept() == ["mine"]
    [row] = await fetch("SELECT status, attempt_count FROM webhook_deliveries")
    assert tuple(row) == ("RETRYING", 1)
