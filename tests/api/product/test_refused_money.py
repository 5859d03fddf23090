"""Every refusal of every mutation of money: its type, its code, its path, and that not one row differs afterwards.

Since refusals change nothing, all of them are tried on one customer.
"""

import pytest

from app.journal import coalescer
from tests.api.product.conftest import Client
from tests.api.product.money import MUTATIONS, close, key, pounds
from tests.api.product.refusals_of_money import CASES, CONFLICT, FROZEN, filled
from tests.bookkeeping import nothing_changes


@pytest.fixture
def scene(shared_scene):
    return shared_scene


def at(argument):
    return ["input", *argument.split(".")]


@pytest.mark.parametrize("case", CASES)
async def test_changes_nothing_by_refusing(scene, case):
    name, change, (type_name, code), argument = CASES[case]
    async with nothing_changes():
        refusal = await scene.call(name, **filled(change, scene))
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == (type_name, code, at(argument))
    assert len(refusal["message"]) > 10


BATCHES = {"postTransfer": ("postTransfers", "transfers"), "placeHold": ("placeHolds", "holds")}


@pytest.mark.parametrize("case", FROZEN)
async def test_says_frozen(scene, case):
    name, change, _, _ = FROZEN[case]
    refusal = await scene.call(name, **filled(change, scene))
    assert refusal["status"] == "FROZEN"
    assert "FROZEN" in refusal["message"]
    assert "Court order." not in refusal["message"]


ITEM_CASES = {case: told for case, told in CASES.items() if told[0] in BATCHES}


@pytest.mark.parametrize("case", ITEM_CASES)
async def test_refuses_the_same_as_an_item_of_a_batch(scene, case):
    name, change, (type_name, code), argument = ITEM_CASES[case]
    batch, items = BATCHES[name]
    item = {**scene.baseline(name), **filled(change, scene)}
    good = scene.baseline(name)
    async with nothing_changes():
        each = await scene.send(batch, {items: [item, item]})
        none = await scene.send(batch, {items: [good, good, item], "atomic": True})
    assert [(one["__typename"], one["code"], one["path"]) for one in each["results"]] == [
        (type_name, code, ["input", items, place, *argument.split(".")]) for place in ("0", "1")
    ]
    assert (none["__typename"], none["code"], none["index"]) == ("BatchRefusedError", "BATCH_REFUSED", 2)
    path = ["input", items, "2", *argument.split(".")]
    assert (none["cause"]["__typename"], none["cause"]["code"], none["cause"]["path"]) == (type_name, code, path)
    assert none["path"] == path
    assert none["cause"]["message"] in none["message"]


@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("count", [0, 1_001])
@pytest.mark.parametrize("name", BATCHES)
async def test_refuses_none_and_too_many_at_once(scene, name, count, atomic):
    batch, items = BATCHES[name]
    each = [{**scene.baseline(name), "reference": None, "metadata": None} for _ in range(count)]
    async with nothing_changes():
        refusal = await scene.send(batch, {items: each, "atomic": atomic})
    assert (refusal["__typename"], refusal["code"]) == ("ValidationError", "VALIDATION")
    assert refusal["path"] == ["input", items]


@pytest.mark.parametrize("name", BATCHES)
async def test_refuses_an_atomic_batch_whose_sum_is_too_much(scene, name):
    batch, items = BATCHES[name]
    each = [{**scene.baseline(name), "amount": pounds("9.00")} for _ in range(20)]
    async with nothing_changes():
        refusal = await scene.send(batch, {items: each, "atomic": True})
    available = (await scene.balance(scene.payer))[2]
    assert refusal["index"] == int(float(available) // 9)
    assert refusal["cause"]["lackingId"] == scene.payer


async def test_says_what_is_lacking(scene):
    _, _, available = await scene.balance(scene.payer)
    async with nothing_changes():
        refusal = await scene.call("postTransfer", amount=pounds("100.01"))
    assert refusal["lackingId"] == scene.payer
    assert refusal["available"] == {"value": available, "asset": "GBP"}
    async with nothing_changes():
        refusal = await scene.call(
            "postTransfer", debitId=scene.wallet, creditId=scene.debit_normal, amount=pounds("5.01")
        )
    assert (refusal["lackingId"], refusal["available"]["value"]) == (scene.debit_normal, "5.00")


async def test_says_which_status_is_in_the_way(scene):
    async with nothing_changes():
        told = [
            (await scene.call(name, holdId=hold_id))["status"]
            for name, hold_id in (
                ("captureHold", scene.captured),
                ("captureHold", scene.released),
                ("captureHold", scene.expired),
                ("releaseHold", scene.captured),
                ("releaseHold", scene.expired),
            )
        ]
        twice = await scene.call("reverseTransfer", transferId=scene.reversed)
        nested_reversal = await scene.call("reverseTransfer", transferId=scene.reversal)
    assert told == ["CAPTURED", "RELEASED", "EXPIRED", "CAPTURED", "EXPIRED"]
    assert (twice["status"], twice["existingId"]) == ("REVERSED", scene.reversal)
    assert (nested_reversal["status"], nested_reversal["existingId"]) == ("POSTED", None)


@pytest.mark.parametrize("name", MUTATIONS)
async def test_asks_for_the_scope(scene, name):
    made = await scene.client.data(
        """mutation { createApiKey(input: {
            name: "reads", scopes: ["transfers:read", "payments:read", "ledgers:write"]
        }) { ... on ApiKeySuccess { key } } }"""
    )
    narrow = Client(scene.client.application, made["createApiKey"]["key"])
    await scene.call(name, narrow)  # The key's first use is noted, and that is a change.
    async with nothing_changes():
        refusal = await scene.call(name, narrow)
    noun = "payments" if MUTATIONS[name] == "PaymentSuccess" else "transfers"
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == ("ForbiddenError", "FORBIDDEN", None)
    assert refusal["requiredScope"] == f"{noun}:write"


@pytest.mark.parametrize("name", sorted(set(MUTATIONS) - {"sendPayment", "simulateIncomingPayment"}))
async def test_takes_nothing_when_too_much_waits_already(scene, monkeypatch, name):
    monkeypatch.setattr(coalescer._Process, "coalescer", coalescer.Coalescer(waiting_max=0))
    async with nothing_changes():
        refusal = await scene.call(name)
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == ("LimitError", "LIMIT_EXCEEDED", None)
    assert refusal["retryAfterSeconds"] == 0.5


@pytest.mark.parametrize("name", ["payer", "payee"])
async def test_closes_no_ledger_with_money_or_holds(scene, name):
    async with nothing_changes():
        refusal = await close(scene.client, scene.ids[name])
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == (*CONFLICT, ["input", "ledgerId"])
    assert refusal["status"] == "OK"


async def test_burns_no_key_by_refusing(scene):
    """Last in this file: it is the one that changes something."""
    kept = key()
    refused = await scene.call("postTransfer", idempotencyKey=kept, amount=pounds("1000.00"))
    assert refused["__typename"] == "InsufficientFundsError"
    posted = await scene.call("postTransfer", idempotencyKey=kept)
    assert (posted["__typename"], posted["replayed"]) == ("TransferSuccess", False)
