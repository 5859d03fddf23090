"""Idempotency keys of money: what is asked again is answered again, and nothing happens twice."""

import asyncio

import pytest

from app.access.note_last_use import finish_noting_last_use
from tests.api.product.money import DOCUMENTS, gold, pounds, small_scene
from tests.bookkeeping import nothing_changes


@pytest.fixture
async def scene(customer, other_customer, work):
    """Ledgers with money in them, and one hold."""
    made = await small_scene(customer, other_customer, work)
    made.ids["hold"] = (await made.done("placeHold", amount=pounds("40.00")))["id"]
    return made


def outcomes(answer):
    """What became of each item: the transfer's id and whether it was a replay, or the code and the last of the path."""
    return [
        (one["transfer"]["id"], one["replayed"]) if "transfer" in one else (one["code"], one["path"][2:])
        for one in answer["results"]
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("postTransfer", "reverseTransfer", "creditVirtualLedger", "debitVirtualLedger"),
        *("placeHold", "captureHold", "adjustHold"),
    ],
)
async def test_answers_the_same_object_again(scene, name):
    scene.ids["transfer"] = (await scene.done("postTransfer"))["id"]
    given = scene.baseline(name)
    first = await scene.send(name, given)
    async with nothing_changes():
        again = await scene.send(name, given)
    assert first["replayed"] is False
    assert again == {**first, "replayed": True}


async def test_takes_the_same_content_written_otherwise(scene):
    given = {**scene.baseline("postTransfer"), "metadata": {"a": 1, "b": {"c": 2, "d": 3}}}
    first = await scene.send("postTransfer", given)
    written = {
        **given,
        "idempotencyKey": f" {given['idempotencyKey']} ",
        "debitId": given["debitId"].upper(),
        "amount": {"value": "1", "asset": "gbp"},
        "reference": f"{given['reference']}  ",
        "metadata": {"b": {"d": 3, "c": 2}, "a": 1},
    }
    async with nothing_changes():
        again = await scene.send("postTransfer", written)
    assert again == {**first, "replayed": True}


@pytest.mark.parametrize(
    ("name", "whole"), [("reverseTransfer", "1.00"), ("releaseHold", "40.00"), ("captureHold", "40.00")]
)
@pytest.mark.parametrize("is_named_first", [True, False])
async def test_takes_all_that_is_left_with_its_amount_and_without_it_for_the_same(scene, name, whole, is_named_first):
    scene.ids["transfer"] = (await scene.done("postTransfer"))["id"]
    named = {**scene.baseline(name), "amount": pounds(whole)}
    unnamed = {**named, "amount": None}
    first = await scene.send(name, named if is_named_first else unnamed)
    async with nothing_changes():
        again = await scene.send(name, unnamed if is_named_first else named)
        other = await scene.send(name, {**named, "amount": pounds("0.50")})
    assert first["replayed"] is False
    assert again == {**first, "replayed": True}
    assert other["code"] == "IDEMPOTENCY_MISMATCH"


async def test_answers_the_object_as_it_now_is(scene):
    given = scene.baseline("postTransfer")
    first = await scene.send("postTransfer", given)
    assert first["transfer"]["status"] == "POSTED"
    await scene.done("reverseTransfer", transferId=first["transfer"]["id"])
    again = await scene.send("postTransfer", given)
    assert (again["transfer"]["id"], again["transfer"]["status"], again["replayed"]) == (
        first["transfer"]["id"],
        "REVERSED",
        True,
    )
    placing = scene.baseline("placeHold")
    placed = await scene.send("placeHold", placing)
    await scene.done("captureHold", holdId=placed["hold"]["id"])
    later = await scene.send("placeHold", placing)
    assert (later["hold"]["id"], later["hold"]["status"], later["replayed"]) == (placed["hold"]["id"], "CAPTURED", True)
    assert later["hold"]["updatedAt"] > placed["hold"]["updatedAt"]


async def test_replays_what_could_not_be_done_any_more(scene):
    """The money has gone since, and yet this request was answered: it is no new one."""
    given = {**scene.baseline("postTransfer"), "amount": pounds("50.00")}
    first = await scene.send("postTransfer", given)
    await scene.done("postTransfer", amount=pounds("10.00"))
    assert await scene.balance(scene.payer) == ("40.00", "40.00", "0.00")
    again = await scene.send("postTransfer", given)
    assert again == {**first, "replayed": True}


async def test_shares_keys_between_one_and_many(scene):
    alone, within = scene.baseline("postTransfer"), scene.baseline("postTransfer")
    posted = await scene.done("postTransfer", **alone)
    first = await scene.send("postTransfers", {"transfers": [within, alone]})
    assert outcomes(first) == [(first["results"][0]["transfer"]["id"], False), (posted["id"], True)]
    async with nothing_changes():
        second = await scene.send("postTransfer", within)
        atomic = await scene.send("postTransfers", {"transfers": [within, alone], "atomic": True})
        other = await scene.call("postTransfer", **{**within, "amount": pounds("2.00")})
    assert (second["transfer"]["id"], second["replayed"]) == (first["results"][0]["transfer"]["id"], True)
    assert outcomes(atomic) == [(second["transfer"]["id"], True), (posted["id"], True)]
    assert (other["__typename"], other["path"]) == ("IdempotencyError", ["input", "idempotencyKey"])


async def test_counts_known_items_of_an_atomic_batch_as_done(scene):
    known, new = scene.baseline("postTransfer"), scene.baseline("postTransfer")
    posted = await scene.done("postTransfer", **known)
    answer = await scene.send("postTransfers", {"transfers": [known, new], "atomic": True})
    assert [replayed for _, replayed in outcomes(answer)] == [True, False]
    assert outcomes(answer)[0][0] == posted["id"]
    assert await scene.balance(scene.payee) == ("2.00", "0.00", "2.00")


async def test_refuses_an_atomic_batch_for_a_key_with_other_content(scene):
    known, new = scene.baseline("postTransfer"), scene.baseline("postTransfer")
    await scene.done("postTransfer", **known)
    async with nothing_changes():
        refusal = await scene.send(
            "postTransfers", {"transfers": [new, {**known, "amount": pounds("2.00")}], "atomic": True}
        )
    assert (refusal["__typename"], refusal["index"], refusal["cause"]["__typename"]) == (
        "BatchRefusedError",
        1,
        "IdempotencyError",
    )
    assert refusal["path"] == ["input", "transfers", "1", "idempotencyKey"]


async def test_does_an_item_that_comes_twice_in_one_batch_once(scene):
    same = scene.baseline("postTransfer")
    other = {**same, "amount": pounds("2.00")}
    answer = await scene.send("postTransfers", {"transfers": [same, same, other]})
    transfer_id = answer["results"][0]["transfer"]["id"]
    assert outcomes(answer) == [
        (transfer_id, False),
        (transfer_id, True),
        ("IDEMPOTENCY_MISMATCH", ["2", "idempotencyKey"]),
    ]
    assert await scene.balance(scene.payee) == ("1.00", "0.00", "1.00")


async def test_judges_a_key_afresh_after_a_refusal_in_the_same_batch(scene):
    too_much = {**scene.baseline("postTransfer"), "amount": pounds("1000.00")}
    less = {**too_much, "amount": pounds("3.00")}
    answer = await scene.send("postTransfers", {"transfers": [too_much, less, less, too_much]})
    transfer_id = answer["results"][1]["transfer"]["id"]
    assert outcomes(answer) == [
        ("INSUFFICIENT_FUNDS", ["0", "debitId"]),
        (transfer_id, False),
        (transfer_id, True),
        ("IDEMPOTENCY_MISMATCH", ["3", "idempotencyKey"]),
    ]
    async with nothing_changes():
        again = await scene.send("postTransfer", less)
        mismatch = await scene.send("postTransfer", too_much)
    assert (again["transfer"]["id"], again["replayed"]) == (transfer_id, True)
    assert mismatch["__typename"] == "IdempotencyError"


async def test_tries_again_in_one_batch_what_money_that_came_meanwhile_allows(scene):
    back = {**scene.baseline("postTransfer"), "debitId": scene.payee, "creditId": scene.payer}
    there = scene.baseline("postTransfer")
    answer = await scene.send("postTransfers", {"transfers": [back, there, back]})
    ids = [one["transfer"]["id"] for one in answer["results"][1:]]
    assert outcomes(answer) == [("INSUFFICIENT_FUNDS", ["0", "debitId"]), (ids[0], False), (ids[1], False)]
    assert await scene.balance(scene.payee) == ("0.00", "0.00", "0.00")


async def test_keeps_keys_apart_by_operation_and_customer(scene, other_customer, customer, work):
    theirs = await small_scene(other_customer, customer, work)
    theirs.ids["hold"] = (await theirs.done("placeHold"))["id"]
    scene.ids["transfer"] = (await scene.done("postTransfer"))["id"]
    theirs.ids["transfer"] = (await theirs.done("postTransfer"))["id"]
    answers = [
        await one.call(name, idempotencyKey="the same")
        for one in (scene, theirs)
        for name in (
            *("postTransfer", "reverseTransfer", "creditVirtualLedger", "debitVirtualLedger", "placeHold"),
            *("adjustHold", "captureHold", "releaseHold"),
        )
    ]
    told = [(one["__typename"], one.get("replayed")) for one in answers]
    ours = [*[("TransferSuccess", False)] * 4, *[("HoldSuccess", False)] * 3, ("ConflictError", None)]
    assert told == ours * 2


async def test_releases_twice_as_once(scene):
    hold_id = scene.hold
    first = await scene.call("releaseHold", holdId=hold_id, idempotencyKey=None)
    assert (first["hold"]["status"], first["replayed"]) == ("RELEASED", False)

    async def release_again(*keys):
        for given in keys:
            again = await scene.call("releaseHold", holdId=hold_id, idempotencyKey=given)
            assert again == {**first, "replayed": True}

    await release_again("a key", "another key")
    async with nothing_changes():
        await release_again(None, None, "a key", "another key")
    assert await scene.balance(scene.payer) == ("100.00", "0.00", "100.00")


async def test_releases_once_when_asked_at_once(scene):
    answers = await asyncio.gather(
        *(scene.client.data(DOCUMENTS["releaseHold"], input={"holdId": scene.hold}) for _ in range(20))
    )
    assert sorted(answer["releaseHold"]["replayed"] for answer in answers) == [False] + [True] * 19


@pytest.mark.parametrize(
    "name", ["postTransfer", "creditVirtualLedger", "placeHold", "adjustHold", "captureHold", "reverseTransfer"]
)
async def test_is_done_once_for_fifty_callers_with_one_key(scene, name):
    scene.ids["transfer"] = (await scene.done("postTransfer"))["id"]
    given = scene.baseline(name)
    answers = await asyncio.gather(*(scene.client.data(DOCUMENTS[name], input=given) for _ in range(50)))
    assert sorted(answer[name]["replayed"] for answer in answers) == [False] + [True] * 49
    assert len({str(answer[name].get("transfer") or answer[name]["hold"]) for answer in answers}) == 1


async def test_reverses_once_when_asked_under_many_keys(scene):
    transfer = await scene.done("postTransfer")
    answers = await asyncio.gather(
        *(
            scene.client.data(
                DOCUMENTS["reverseTransfer"], input={"idempotencyKey": f"r{one}", "transferId": transfer["id"]}
            )
            for one in range(20)
        )
    )
    told = sorted(answer["reverseTransfer"]["__typename"] for answer in answers)
    assert told == ["ConflictError"] * 19 + ["TransferSuccess"]
    assert await scene.balance(scene.payer) == ("100.00", "40.00", "60.00")


async def test_frees_the_key_of_a_refused_request(scene):
    for name, bad, good in (
        ("postTransfer", {"amount": pounds("1000.00")}, {}),
        ("placeHold", {"amount": pounds("1000.00")}, {}),
        ("adjustHold", {"amount": pounds("1000.00")}, {"amount": pounds("30.00")}),
        ("captureHold", {"amount": pounds("40.01")}, {}),
        ("debitVirtualLedger", {"amount": gold("11")}, {}),
    ):
        async with nothing_changes():
            refused = await scene.call(name, idempotencyKey="kept", **bad)
        assert "code" in refused
        done = await scene.call(name, idempotencyKey="kept", **good)
        assert done["replayed"] is False
    await finish_noting_last_use()
