"""Amounts that are no amounts, in every argument of money: refused with their path, never rounded, never a 500."""

import json
from uuid import UUID

import pytest

from tests.api.product.money import DOCUMENTS, MUTATIONS, changed, gold, issue_virtual, places_of, pounds, small_scene
from tests.bookkeeping import balance_of, nothing_changes

PLACES = [(name, place[1:]) for name in MUTATIONS for place in places_of(name, "MoneyInput")]

INVALID_VALUES = {
    "zero": "0",
    "zero with decimals": "0.00",
    "too many decimals": "1.001",
    "too many decimals that are zeros": "1.000",
    "negative": "-1.00",
    "negative zero": "-0",
    "with a plus": "+1",
    "not a number": "NaN",
    "signaling not a number": "sNaN",
    "infinite": "Infinity",
    "infinite, short": "inf",
    "with an exponent": "1e3",
    "with a capital exponent": "1E3",
    "with a negative exponent": "1e-3",
    "with an underscore": "1_0",
    "with a comma": "1,00",
    "with thousands": "1,000.00",
    "of full-width digits": "\uff11.\uff10\uff10",
    "of Arabic digits": "\u0661",
    "of a superscript": "\u00b2",
    "after a space": " 1",
    "before a space": "1 ",
    "before a line feed": "1\n",
    "with a non-breaking space": "1\u00a0",
    "ending with the point": "1.",
    "beginning with the point": ".5",
    "only the point": ".",
    "two points": "1.0.0",
    "leading zero": "01",
    "hexadecimal": "0x10",
    "empty": "",
    "a word": "ten",
    "39 digits": "1" + "0" * 38,
    "39 digits, decimals included": "1" * 37 + ".11",
    "38 digits and the decimals it lacks": "9" * 38,
    "5,000 digits": "9" * 5_000,
    "5,000 decimals": "0." + "0" * 4_999 + "1",
    "of a currency": "£1.00",
}
MISMATCHED_ASSETS = {"another currency": "EUR", "a metal": "GOLDBLOC", "one that is none": "XYZ"}
INVALID_ASSETS = {
    "empty": "",
    "blank": "  ",
    "one letter": "G",
    "thirteen letters": "G" * 13,
    "with a space": "GBP ",
    "of full-width letters": "\uff27\uff22\uff30",
    "with a long s, which is an S in capitals": "U\u017fd",
    "with a control character": "G\u0001P",
}


@pytest.fixture
async def scene(customer, other_customer, work):
    """Ledgers with money in them, one hold and one transfer."""
    made = await small_scene(customer, other_customer, work)
    made.ids["hold"] = (await made.done("placeHold", amount=pounds("40.00")))["id"]
    made.ids["transfer"] = (await made.done("postTransfer"))["id"]
    return made


def refusal_in(answer):
    """The refusal itself, or that of the only item."""
    return answer["results"][0] if "results" in answer else answer


async def refuse_each(scene, name, place, part, values, code):
    """Every value at that place is refused with this code and the path of that part of the amount."""
    for how, value in values.items():
        amount = {**a_good_amount(name), part: value}
        async with nothing_changes():
            refusal = refusal_in(await scene.send(name, changed(scene.baseline(name), place, amount)))
        told = (refusal["__typename"], refusal["code"], refusal["path"])
        assert told == ("ValidationError", code, ["input", *map(str, place), part]), (how, refusal)


def a_good_amount(name):
    return gold("1.00") if name.endswith("VirtualLedger") else pounds("1.00")


def test_knows_every_argument_of_money():
    assert {
        ("postTransfer", ("amount",)),
        ("postTransfers", ("transfers", 0, "amount")),
        ("creditVirtualLedger", ("amount",)),
        ("debitVirtualLedger", ("amount",)),
        ("placeHold", ("amount",)),
        ("placeHolds", ("holds", 0, "amount")),
        ("captureHold", ("amount",)),
        ("adjustHold", ("amount",)),
        ("releaseHold", ("amount",)),
        ("reverseTransfer", ("amount",)),
    } <= set(PLACES)


@pytest.mark.parametrize(("name", "place"), PLACES)
async def test_refuses_what_is_no_amount(scene, name, place):
    values = INVALID_VALUES
    if name.endswith("VirtualLedger"):
        values = {**values, "too many decimals": "1.00001", "too many decimals that are zeros": "1.00000"}
    await refuse_each(scene, name, place, "value", values, "VALIDATION")
    await refuse_each(scene, name, place, "asset", MISMATCHED_ASSETS, "ASSET_MISMATCH")
    await refuse_each(scene, name, place, "asset", INVALID_ASSETS, "VALIDATION")
    answered = await scene.send(name, changed(scene.baseline(name), place, a_good_amount(name)))
    assert answered["__typename"] == MUTATIONS[name]
    assert refusal_in(answered)["__typename"] in set(MUTATIONS.values())


STRICT = {"Accept": "application/graphql-response+json"}
"""Whoever takes this gets 400 for a request error; others get 200 with the same error."""


@pytest.mark.parametrize(("name", "place"), PLACES)
async def test_takes_no_json_number_for_an_amount(scene, name, place):
    given = changed(scene.baseline(name), place, {**a_good_amount(name), "value": "NUMBER"})
    body = json.dumps({"query": DOCUMENTS[name], "variables": {"input": given}})
    async with nothing_changes():
        for number in ("1", "1.5", "1e3", "0.1", "true", "null", '["1.00"]', '{"a": 1}', "1e400"):
            content = body.replace('"NUMBER"', number)
            response = await scene.client.post(content=content, headers={"Content-Type": "application/json", **STRICT})
            assert response.status_code == 400, number
            assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["BAD_REQUEST"]


@pytest.mark.parametrize("literal", ["1", "1.50", "1e3", "true"])
async def test_takes_no_number_in_the_document_for_an_amount(scene, literal):
    text = f"""mutation {{ creditVirtualLedger(input: {{
        idempotencyKey: "a", ledgerId: "{scene.gold}", amount: {{ value: {literal}, asset: "GOLD" }}
    }}) {{ __typename }} }}"""
    async with nothing_changes():
        response = await scene.client.post(json={"query": text}, headers=STRICT)
    assert response.status_code == 400
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["BAD_REQUEST"]


@pytest.mark.parametrize("value", ["0.0001", "1", "1.5", "1.2345", "7.0000", "1" + "0" * 20, "1" + "0" * 20 + ".0001"])
async def test_keeps_every_digit(scene, value):
    transfer = await scene.done("creditVirtualLedger", amount={"value": value, "asset": "gold"})
    whole, _, fraction = value.partition(".")
    exact = f"{whole}.{fraction:0<4}"
    assert transfer["amount"] == {
        "value": exact,
        "minorUnits": str(int(whole + f"{fraction:0<4}")),
        "asset": "GOLD",
        "scale": 4,
    }
    posted, _, _ = await scene.balance(scene.gold)
    assert int(posted.replace(".", "")) == int(exact.replace(".", "")) + 10_0000


LARGEST = "9" * 34 + ".9999"
"""38 digits of gold, whose scale is 4."""


@pytest.fixture
async def full(scene):
    """The scene with two ledgers of gold: all of 38 digits went through the first one, and is in the second."""
    for name in ("first", "second"):
        scene.ids[name] = await issue_virtual(scene.client, "GOLD")
    # The vault has 10 already: its totals are what they are, and so it can give that much less.
    value = "9" * 32 + "89.9999"
    await scene.done("creditVirtualLedger", ledgerId=scene.first, amount=gold(value))
    scene.ids["moved"] = (
        await scene.done("postTransfer", debitId=scene.first, creditId=scene.second, amount=gold(value))
    )["id"]
    return scene


async def test_takes_an_amount_of_38_digits(full):
    assert await balance_of(full.customer_id, UUID(full.second)) == (int("9" * 32 + "899999"), 0, 1)


async def test_refuses_a_total_beyond_38_digits(full):
    more = {"debitId": full.second, "creditId": full.first}
    held = await full.call("placeHold", **more, amount=gold("0.0001"), expiresAt=None)
    assert held["__typename"] == "HoldSuccess"
    for name, given in {
        "creditVirtualLedger": {"ledgerId": full.second, "amount": gold("0.0001")},
        "postTransfer": {**more, "amount": gold("11")},
        "placeHold": {**more, "amount": gold("11"), "expiresAt": None},
        "adjustHold": {"holdId": held["hold"]["id"], "amount": gold("11")},
    }.items():
        async with nothing_changes():
            refusal = await full.call(name, **given)
        assert (refusal["__typename"], refusal["code"]) == ("ValidationError", "VALIDATION"), (name, refusal)
        assert refusal["path"] == ["input", "amount", "value"]
        assert "38 digits" in refusal["message"]


async def test_refuses_a_reversal_beyond_38_digits(full):
    """The way back counts, too: this ledger has been credited as much as a total holds."""
    async with nothing_changes():
        refusal = await full.call("reverseTransfer", transferId=full.moved)
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == (
        "ValidationError",
        "VALIDATION",
        ["input", "transferId"],
    )


async def test_adds_up_what_floats_would_not(scene):
    for _ in range(10):
        await scene.done("postTransfer", amount=pounds("0.10"))
    assert (await scene.balance(scene.payee))[0] == "2.00"
