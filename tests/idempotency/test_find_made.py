"""What a request with a key made."""

import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.idempotency.find_made import check_operation, find_made
from app.kernel.errors import Invalid

PATH = ("key",)


async def bind(actor, operation, key, resource_id):
    await pool().execute(
        "INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)"
        " VALUES ($1, $2, $3, decode(repeat('ab', 32), 'hex'), $4, now())",
        *(actor.customer_id, operation, key, resource_id),
    )


async def test_finds_what_each_operation_made(make_actor):
    actor, other = await make_actor(), await make_actor()
    first, second = new_id(), new_id()
    await bind(actor, "postTransfer", "a", first)
    await bind(actor, "placeHold", "a", second)
    await bind(other, "postTransfer", "b", new_id())

    assert await find_made(actor, ["postTransfer", "placeHold"], " a ", PATH) == {
        "postTransfer": first,
        "placeHold": second,
    }
    assert await find_made(actor, ["postTransfer"], "a", PATH) == {"postTransfer": first}
    assert await find_made(actor, ["reverseTransfer"], "a", PATH) == {}
    assert await find_made(actor, ["postTransfer"], "b", PATH) == {}


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "a\x00b"])
async def test_refuses_what_is_no_key(make_actor, key):
    with pytest.raises(Invalid) as refused:
        await find_made(await make_actor(), ["postTransfer"], key, PATH)
    assert refused.value.path == PATH


def test_lists_the_operations_that_there_are():
    assert check_operation("placeHold", ("placeHold", "captureHold"), PATH) == "placeHold"
    with pytest.raises(Invalid, match="placeHold, captureHold"):
        check_operation("postTransfer", ("placeHold", "captureHold"), PATH)
