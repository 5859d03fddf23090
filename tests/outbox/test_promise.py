from datetime import UTC, datetime

import pytest

from app.db.identifiers import new_id
from app.db.statement import Statement
from app.db.transaction import transaction
from app.outbox.promise import NewPromise, add_promises, promise

LATER = datetime(2099, 1, 1, tzinfo=UTC)


async def test_is_kept_with_the_change_that_asks_for_it(actor, messages):
    resource_id = new_id()
    async with transaction() as tx:
        await promise(tx, actor, "screen_holder", resource_id)
        instant, topics = await tx.now(), tx.topics

    kept = (await messages())[resource_id]
    kept.pop("id")
    assert topics == {"work"}
    assert kept == {
        "customer_id": actor.customer_id,
        "kind": "screen_holder",
        "resource_id": resource_id,
        "request_id": "request-1",
        "status": "PENDING",
        "attempt_count": 0,
        "next_attempt_at": instant,
        "lease_token": None,
        "last_error": None,
        "retry_count": 0,
        "created_at": instant,
        "traceparent": None,
    }


async def test_is_gone_when_the_change_is_rolled_back(actor, messages):
    with pytest.raises(ZeroDivisionError):
        async with transaction() as tx:
            await promise(tx, actor, "screen_holder", new_id())
            raise ZeroDivisionError
    assert await messages() == {}


async def test_can_be_for_later(promised, messages):
    (resource_id,) = await promised(not_before=LATER)
    assert (await messages())[resource_id]["next_attempt_at"] == LATER


async def test_are_made_many_at_once(actor, messages):
    now, later = [new_id() for _ in range(3)], [new_id() for _ in range(3)]
    async with transaction() as tx:
        statement = Statement(actor.customer_id, await tx.now())
        add_promises(
            statement,
            [
                *(NewPromise("screen_holder", one, request_id="request-2") for one in now),
                *(NewPromise("expire_hold", one, not_before=LATER) for one in later),
            ],
        )
        await statement.run(tx)
        instant, topics = await tx.now(), tx.topics

    kept = await messages()
    assert topics == {"work"}
    assert {(kept[one]["kind"], kept[one]["request_id"], kept[one]["next_attempt_at"]) for one in now} == {
        ("screen_holder", "request-2", instant)
    }
    assert {(kept[one]["kind"], kept[one]["request_id"], kept[one]["next_attempt_at"]) for one in later} == {
        ("expire_hold", None, LATER)
    }
    assert {(row["customer_id"], row["status"], row["created_at"]) for row in kept.values()} == {
        (actor.customer_id, "PENDING", instant)
    }
    assert len(kept) == len({row["id"] for row in kept.values()}) == 6
