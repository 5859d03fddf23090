"""Money moved with one holder's own token: only out of its own ledgers, only into its own."""

from dataclasses import replace
from uuid import UUID

import pytest
from starlette.applications import Starlette

from app.access.queries import is_still_valid
from app.api.graphql.http import graphql_routes
from app.api.graphql.schema import schema
from tests.api.product.conftest import Client
from tests.api.product.money import gold, pounds, small_scene
from tests.bookkeeping import fund, nothing_changes


@pytest.fixture
async def scene(customer, other_customer, work):
    """The customer's ledgers, two of one holder's with money in the first, and a ledger of another holder's."""
    made = await small_scene(customer, other_customer, work)
    holder, other = await customer.create_holder(), await customer.create_holder()
    await work()
    for name, owner in (("own", holder), ("own_savings", holder), ("foreign", other)):
        made.ids[name] = await customer.issue_ledger(holderId=owner)
    gold_ledger = """mutation ($id: ID!) { issueVirtualLedger(input: { asset: "GOLD", holderId: $id }) {
        ... on LedgerSuccess { ledger { id } } } }"""
    made.ids["own_gold"] = (await customer.data(gold_ledger, id=holder))["issueVirtualLedger"]["ledger"]["id"]
    await work()
    made.ids["holder"] = holder
    for name in ("own", "foreign"):
        await fund(made.customer_id, UUID(made.ids[name]), 5_000)
    await made.done("creditVirtualLedger", ledgerId=made.own_gold, amount=gold("5"))
    return made


@pytest.fixture
async def token(scene, settings):
    """A client whose every request is the holder's."""
    actor = replace(await scene.client.actor(), holder_id=UUID(scene.holder), api_key_id=None, name="access_token")

    async def authenticate(_authorization):
        return actor

    return Client(Starlette(routes=graphql_routes(schema, settings, authenticate, is_still_valid)), "any")


async def test_moves_its_own_money_between_its_own_ledgers(scene, token):
    moved = await scene.call("postTransfer", token, debitId=scene.own, creditId=scene.own_savings)
    assert moved["__typename"] == "TransferSuccess"
    held = await scene.call("placeHold", token, debitId=scene.own, creditId=scene.own_savings)
    captured = await scene.call("captureHold", token, holdId=held["hold"]["id"])
    assert captured["hold"]["status"] == "CAPTURED"
    back = await scene.call("reverseTransfer", token, transferId=moved["transfer"]["id"])
    assert back["transfer"]["kind"] == "REVERSAL"
    assert await scene.balance(scene.own) == ("49.00", "0.00", "49.00")


@pytest.mark.parametrize("name", ["captureHold", "releaseHold", "adjustHold"])
async def test_leaves_what_is_held_for_somebody_else(scene, token, name):
    held = await scene.call("placeHold", debitId=scene.own, creditId=scene.foreign)
    async with nothing_changes():
        refusal = await scene.call(name, token, holdId=held["hold"]["id"])
        assert (refusal["__typename"], refusal["code"], refusal["path"]) == (
            "ForbiddenError",
            "FORBIDDEN",
            ["input", "holdId"],
        )
    captured = await scene.call("captureHold", holdId=held["hold"]["id"])
    assert captured["hold"]["status"] == "CAPTURED"


@pytest.mark.parametrize("name", ["postTransfer", "placeHold"])
@pytest.mark.parametrize(
    ("debit", "credit", "argument"),
    [
        ("own", "foreign", "creditId"),
        ("own", "payee", "creditId"),
        ("foreign", "own", "debitId"),
        ("payer", "own", "debitId"),
        ("foreign", "payee", "debitId"),
    ],
)
async def test_names_nobody_elses_ledgers(scene, token, name, debit, credit, argument):
    async with nothing_changes():
        refusal = await scene.call(name, token, debitId=scene.ids[debit], creditId=scene.ids[credit])
        unknown = await scene.call(
            name,
            token,
            **{"debitId": scene.own, "creditId": scene.own_savings, argument: "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"},
        )
    assert (refusal["__typename"], refusal["path"]) == ("NotFoundError", ["input", argument])
    named = scene.ids[debit if argument == "debitId" else credit]
    assert refusal["message"] == unknown["message"].replace("0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84", named)


async def test_sees_no_hold_nor_transfer_of_others(scene, token):
    transfer = await scene.done("postTransfer")
    hold = await scene.done("placeHold", debitId=scene.foreign)
    async with nothing_changes():
        for name, given in (
            ("reverseTransfer", {"transferId": transfer["id"]}),
            ("captureHold", {"holdId": hold["id"]}),
            ("releaseHold", {"holdId": hold["id"]}),
            ("adjustHold", {"holdId": hold["id"]}),
            ("creditVirtualLedger", {"ledgerId": scene.gold}),
            ("debitVirtualLedger", {"ledgerId": scene.gold}),
        ):
            refusal = await scene.call(name, token, **given)
            assert (refusal["__typename"], refusal["code"]) == ("NotFoundError", "NOT_FOUND"), name


async def test_takes_nothing_from_others_although_it_sees_their_transfer_or_hold(scene, token):
    sent = await scene.done("postTransfer", debitId=scene.own, creditId=scene.foreign)
    received = await scene.done("postTransfer", debitId=scene.foreign, creditId=scene.own, amount=pounds("2.00"))
    to_own = await scene.done("placeHold", debitId=scene.foreign, creditId=scene.own)
    async with nothing_changes():
        for name, given, argument in (
            ("reverseTransfer", {"transferId": sent["id"]}, "transferId"),
            ("captureHold", {"holdId": to_own["id"]}, "holdId"),
            ("releaseHold", {"holdId": to_own["id"]}, "holdId"),
            ("adjustHold", {"holdId": to_own["id"]}, "holdId"),
            ("creditVirtualLedger", {"ledgerId": scene.own_gold}, "ledgerId"),
        ):
            refusal = await scene.call(name, token, **given)
            told = (refusal["__typename"], refusal["code"], refusal["path"], refusal["requiredScope"])
            assert told == ("ForbiddenError", "FORBIDDEN", ["input", argument], None), name
    given_back = await scene.call("reverseTransfer", token, transferId=received["id"])
    assert given_back["transfer"]["amount"]["value"] == "2.00"


async def test_learns_nothing_of_the_other_side(scene, token):
    received = await scene.done("postTransfer", debitId=scene.foreign, creditId=scene.own)
    told = (
        await token.data(
            """mutation ($input: ReverseTransferInput!) { reverseTransfer(input: $input) { ... on TransferSuccess {
                transfer {
                    debit { __typename ... on Ledger { id balance { posted { value } } } }
                    credit { __typename ... on Ledger { id balance { posted { value } } holder { id } }
                        ... on UndisclosedParty { id } }
                    entries { of { __typename } direction balanceAfter { value } }
                    reverses { debit { __typename } credit { __typename } entries { direction } }
                } } } }""",
            input={"idempotencyKey": "a key", "transferId": received["id"]},
        )
    )["reverseTransfer"]["transfer"]
    assert told == {
        "debit": {"__typename": "Ledger", "id": scene.own, "balance": {"posted": {"value": "50.00"}}},
        "credit": {"__typename": "UndisclosedParty", "id": scene.foreign},
        "entries": [{"of": {"__typename": "Ledger"}, "direction": "DEBIT", "balanceAfter": {"value": "50.00"}}],
        "reverses": {
            "debit": {"__typename": "UndisclosedParty"},
            "credit": {"__typename": "Ledger"},
            "entries": [{"direction": "CREDIT"}],
        },
    }


async def test_gets_nothing_of_others_by_their_key(scene, token):
    """Whoever guesses the key and all that came with it learns no more than that."""
    posting, placing = scene.baseline("postTransfer"), scene.baseline("placeHold")
    placed = await scene.done("placeHold", **placing)
    await scene.done("postTransfer", **posting)
    release = {"idempotencyKey": "a key", "holdId": placed["id"]}
    await scene.done("releaseHold", **release)
    async with nothing_changes():
        for name, given in (("postTransfer", posting), ("placeHold", placing), ("releaseHold", release)):
            refusal = await scene.send(name, given, token)
            assert (refusal["__typename"], refusal["code"]) == ("NotFoundError", "NOT_FOUND"), name
