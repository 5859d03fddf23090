"""`transfer(key:)`, `hold(key:)` and `payment(key:)`: what became of a request."""

import pytest

from app.db.connection import pool
from tests.api.product.money import pounds, small_scene

NOUN_OF = {
    "postTransfer": "transfer",
    "reverseTransfer": "transfer",
    "creditVirtualLedger": "transfer",
    "debitVirtualLedger": "transfer",
    "placeHold": "hold",
    "sendPayment": "payment",
    "simulateIncomingPayment": "payment",
}


@pytest.fixture
async def scene(customer, other_customer, work):
    """Ledgers with money in them, a transfer and a hold."""
    made = await small_scene(customer, other_customer, work)
    made.ids["transfer"] = (await made.done("postTransfer"))["id"]
    made.ids["hold"] = (await made.done("placeHold", amount=pounds("40.00")))["id"]
    return made


async def found(scene, noun, operation, key, client=None):
    """What is found by this key, or the errors."""
    body = await (client or scene.client).ask(
        f"query ($key: KeyOfOperation!) {{ found: {noun}(key: $key) {{ id }} }}",
        key={"operation": operation, "key": key},
    )
    return body.get("errors") or (body["data"]["found"] and body["data"]["found"]["id"])


@pytest.mark.parametrize("operation", NOUN_OF)
async def test_finds_what_was_made(scene, operation):
    made = await scene.done(operation, idempotencyKey="the key")

    assert await found(scene, NOUN_OF[operation], operation, " the key ") == made["id"]
    assert await found(scene, NOUN_OF[operation], operation, "another key") is None
    assert await found(scene, NOUN_OF[operation], operation, "the key", scene.others) is None


async def test_finds_an_item_of_a_batch(scene):
    items = [{**scene.baseline("postTransfer"), "idempotencyKey": f"item {n}"} for n in range(3)]
    answer = await scene.send("postTransfers", {"transfers": items, "atomic": True})

    ids = [one["transfer"]["id"] for one in answer["results"]]
    assert [await found(scene, "transfer", "postTransfer", f"item {n}") for n in range(3)] == ids


async def test_finds_the_transfer_and_the_hold_of_a_capture(scene):
    await scene.done("captureHold", idempotencyKey="a capture")

    transfer_id = await found(scene, "transfer", "captureHold", "a capture")
    assert await found(scene, "hold", "captureHold", "a capture") == scene.hold
    told = await scene.client.data("query ($id: ID!) { transfer(id: $id) { hold { id } } }", id=transfer_id)
    assert told["transfer"]["hold"]["id"] == scene.hold


async def test_finds_the_hold_that_was_adjusted_or_released(scene):
    await scene.done("adjustHold", idempotencyKey="an adjustment", amount=pounds("30.00"))
    await scene.done("releaseHold", idempotencyKey="a part", amount=pounds("10.00"))
    await scene.done("releaseHold", idempotencyKey="the rest")
    for operation, key in (
        ("adjustHold", "an adjustment"),
        ("releaseHold", "a part"),
        ("releaseHold", " the rest "),
    ):
        assert await found(scene, "hold", operation, key) == scene.hold
        assert await found(scene, "hold", operation, key, scene.others) is None
    assert await found(scene, "hold", "adjustHold", "the rest") is None
    refused = await scene.call("adjustHold", idempotencyKey="too late", amount=pounds("30.00"))
    assert refused["code"] == "INVALID_STATE"
    assert await found(scene, "hold", "adjustHold", "too late") is None
    # Replays are replays: the key still knows its request.
    assert (await scene.call("releaseHold", idempotencyKey="the rest"))["replayed"] is True
    # An earlier version noted no hold.
    await pool().execute("UPDATE idempotency_keys SET about_id = NULL WHERE key = 'a part'")
    [error] = await found(scene, "hold", "releaseHold", "a part")
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", ["key", "key"])
    assert "by its id" in error["message"]


async def test_finds_the_first_reversal_of_a_group(scene):
    items = [{**scene.baseline("postTransfer"), "idempotencyKey": f"item {n}"} for n in range(2)]
    posted = await scene.send("postTransfers", {"transfers": items, "atomic": True})
    reversed_ = await scene.send("reverseGroup", {"idempotencyKey": "undo", "groupId": posted["groupId"]})
    assert await found(scene, "transfer", "reverseGroup", "undo") == reversed_["transfers"][0]["id"]


async def test_finds_nothing_where_the_request_was_refused(scene):
    refused = await scene.call("postTransfer", idempotencyKey="too much", amount=pounds("5000.00"))
    assert refused["__typename"] == "InsufficientFundsError"

    assert await found(scene, "transfer", "postTransfer", "too much") is None


@pytest.mark.parametrize(
    ("noun", "operation", "key", "path"),
    [
        ("transfer", "placeHold", "a", ["key", "operation"]),
        ("hold", "postTransfer", "a", ["key", "operation"]),
        ("hold", "reverseGroup", "a", ["key", "operation"]),
        ("transfer", "releaseHold", "a", ["key", "operation"]),
        ("payment", "postTransfers", "a", ["key", "operation"]),
        ("transfer", "postTransfer", " ", ["key", "key"]),
        ("payment", "sendPayment", "k" * 256, ["key", "key"]),
    ],
)
async def test_refuses_what_makes_no_such_thing(customer, noun, operation, key, path):
    body = await customer.ask(
        f"query ($key: KeyOfOperation!) {{ {noun}(key: $key) {{ id }} }}", key={"operation": operation, "key": key}
    )
    [error] = body["errors"]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", path)


@pytest.mark.parametrize("noun", ["transfer", "hold", "payment"])
async def test_takes_an_id_or_a_key(customer, noun):
    an_id = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"
    for arguments in ("", f'(id: "{an_id}", key: {{ operation: "placeHold", key: "a" }})'):
        [error] = (await customer.ask(f"{{ {noun}{arguments} {{ id }} }}"))["errors"]
        assert error["extensions"]["code"] == "VALIDATION"
        assert "exactly one of `id` and `key`" in error["message"]
