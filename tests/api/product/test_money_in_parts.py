"""Holds and reversals in part, and groups, as GraphQL and REST tell of them."""

import asyncio

import pytest

from tests.api.product.money import DOCUMENTS, key, pounds, small_scene
from tests.api.rest.conftest import RestClient


@pytest.fixture
async def scene(customer, other_customer, work):
    """Ledgers with money in them, nothing else."""
    return await small_scene(customer, other_customer, work)


AMOUNTS = "amount { value } captured { value } released { value } remaining { value }"


def values(told):
    return [told[name]["value"] for name in ("amount", "captured", "released", "remaining")]


async def test_tells_what_was_captured_of_a_hold_and_by_what(scene):
    hold_id = (await scene.done("placeHold", amount=pounds("40.00")))["id"]
    for value in ("10.00", "5.00"):
        await scene.done("captureHold", holdId=hold_id, amount=pounds(value), final=False)
    await scene.done("releaseHold", holdId=hold_id, amount=pounds("2.00"))
    adjusted = await scene.done("adjustHold", holdId=hold_id, amount=pounds("50.00"))
    assert values(adjusted) == ["50.00", "15.00", "2.00", "33.00"]
    assert await scene.balance(scene.payer) == ("85.00", "33.00", "52.00")

    document = f"""query ($id: ID!) {{ hold(id: $id) {{
        status {AMOUNTS} transfer {{ amount {{ value }} }} transfers {{ amount {{ value }} hold {{ id }} }} }} }}"""
    told = (await scene.client.data(document, id=hold_id))["hold"]
    assert (told["status"], values(told)) == ("PLACED", ["50.00", "15.00", "2.00", "33.00"])
    assert told["transfer"] == {"amount": {"value": "5.00"}}
    assert told["transfers"] == [{"amount": {"value": value}, "hold": {"id": hold_id}} for value in ("10.00", "5.00")]

    await scene.done("captureHold", holdId=hold_id, amount=None)
    told = (await scene.client.data(document, id=hold_id))["hold"]
    assert (told["status"], values(told)) == ("CAPTURED", ["50.00", "48.00", "2.00", "0.00"])
    assert [one["amount"]["value"] for one in told["transfers"]] == ["10.00", "5.00", "33.00"]
    assert await scene.balance(scene.payer) == ("52.00", "0.00", "52.00")


async def test_places_many_holds_at_once(scene):
    items = [{**scene.baseline("placeHold"), "amount": pounds(value)} for value in ("60.00", "60.00", "40.00")]
    answer = await scene.send("placeHolds", {"holds": items})
    assert [one["__typename"] for one in answer["results"]] == ["HoldSuccess", "InsufficientFundsError", "HoldSuccess"]
    assert await scene.balance(scene.payer) == ("100.00", "100.00", "0.00")
    again = await scene.send("placeHolds", {"holds": [items[0], items[2]], "atomic": True})
    assert [one["replayed"] for one in again["results"]] == [True, True]


async def test_tells_what_was_reversed_of_a_transfer_over_both_doors(scene):
    transfer_id = (await scene.done("postTransfer", amount=pounds("20.00")))["id"]
    parts = [
        (await scene.done("reverseTransfer", transferId=transfer_id, amount=pounds(value)))["id"]
        for value in ("5.00", "6.00")
    ]

    document = """query ($id: ID!) { transfer(id: $id) {
        status reversedAmount { value } reversedBy { id } reversals { id amount { value } reverses { status } } } }"""
    told = (await scene.client.data(document, id=transfer_id))["transfer"]
    assert (told["status"], told["reversedAmount"], told["reversedBy"]) == (
        "PARTLY_REVERSED",
        {"value": "11.00"},
        {"id": parts[1]},
    )
    assert [(one["id"], one["amount"]["value"], one["reverses"]["status"]) for one in told["reversals"]] == [
        (parts[0], "5.00", "PARTLY_REVERSED"),
        (parts[1], "6.00", "PARTLY_REVERSED"),
    ]
    rest = RestClient(scene.client.application, scene.client.api_key)
    fetched = await rest.done("GET", f"/v1/customer/transactions/{transfer_id}")
    assert fetched["transaction_status"] == "transaction-status-partly-reversed"
    assert fetched["reversed_amount"] == "11.00"
    assert "reversed_amount" not in await rest.done("GET", f"/v1/customer/transactions/{parts[0]}")

    await scene.done("reverseTransfer", transferId=transfer_id)
    told = (await scene.client.data(document, id=transfer_id))["transfer"]
    assert (told["status"], told["reversedAmount"], len(told["reversals"])) == ("REVERSED", {"value": "20.00"}, 3)


async def test_lists_and_reverses_a_group(scene):
    there = {**scene.baseline("postTransfer"), "amount": pounds("30.00")}
    back = {**there, "idempotencyKey": key(), "debitId": scene.payee, "creditId": scene.payer, "amount": pounds("4.00")}
    posted = await scene.send("postTransfers", {"transfers": [there, back], "atomic": True})
    ids = [one["transfer"]["id"] for one in posted["results"]]
    group_id = posted["groupId"]
    assert {one["transfer"]["groupId"] for one in posted["results"]} == {group_id}
    await scene.done("postTransfer")

    document = "query ($id: ID!) { transfers(filter: { groupId: $id }) { nodes { id status groupId } } }"
    listed = (await scene.client.data(document, id=group_id))["transfers"]["nodes"]
    assert listed == [{"id": one, "status": "POSTED", "groupId": group_id} for one in reversed(ids)]
    rest = RestClient(scene.client.application, scene.client.api_key)
    assert (await rest.done("GET", f"/v1/customer/transactions/{ids[0]}"))["group_id"] == group_id

    given = {"idempotencyKey": "undo", "groupId": group_id, "reason": "Returned"}
    reversed_ = await scene.send("reverseGroup", given)
    assert (reversed_["__typename"], reversed_["replayed"]) == ("GroupSuccess", False)
    assert [one["amount"]["value"] for one in reversed_["transfers"]] == ["4.00", "30.00"]
    assert {(one["groupId"], one["reference"]) for one in reversed_["transfers"]} == {
        (reversed_["groupId"], "Returned")
    }
    assert await scene.send("reverseGroup", given) == {**reversed_, "replayed": True}
    listed = (await scene.client.data(document, id=group_id))["transfers"]["nodes"]
    assert {one["status"] for one in listed} == {"REVERSED"}
    assert await scene.balance(scene.payer) == ("99.00", "0.00", "99.00")


async def test_answers_a_batch_that_is_known_by_the_group_that_it_has(scene):
    items = [scene.baseline("postTransfer") for _ in range(2)]
    first = await scene.send("postTransfers", {"transfers": items, "atomic": True})
    again = await scene.send("postTransfers", {"transfers": items, "atomic": True})
    assert again["groupId"] == first["groupId"]
    alone = await scene.send("postTransfers", {"transfers": [scene.baseline("postTransfer")]})
    assert (alone["groupId"], alone["results"][0]["transfer"]["groupId"]) == (None, None)


async def test_reverses_a_group_once_for_callers_with_one_key(scene):
    group_id = await scene.post_group()
    given = {"idempotencyKey": "undo", "groupId": group_id}
    answers = await asyncio.gather(*(scene.client.data(DOCUMENTS["reverseGroup"], input=given) for _ in range(10)))
    assert sorted(answer["reverseGroup"]["replayed"] for answer in answers) == [False] + [True] * 9
    assert len({answer["reverseGroup"]["groupId"] for answer in answers}) == 1
    assert await scene.balance(scene.payer) == ("100.00", "0.00", "100.00")
