"""What races between two processes share: their holds, the clock, and how many of each answer there were."""

import itertools
from collections import Counter

from app.db.connection import fetch, fetchval
from tests.journal.orders import carry_out, made, place


def tally(answers):
    """How many of each: `True` for done, `"replayed"`, or the code of a refusal."""
    return Counter(
        answer if isinstance(answer, str) else ("replayed" if answer[1] else True)
        for answer in itertools.chain(*answers)
    )


async def holds(actor, pair, count, **more):
    return [
        made(outcome).id for outcome in await carry_out(actor, *(place(actor, *pair, 7, **more) for _ in range(count)))
    ]


async def clock():
    return await fetchval("SELECT clock_timestamp()")


async def statuses():
    return Counter(row["status"] for row in await fetch("SELECT status FROM holds"))
