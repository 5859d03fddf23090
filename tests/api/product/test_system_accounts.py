"""Ids of what is no ledger, hold or transfer of the caller's: each NOT_FOUND in every argument that takes an id.

Above all those of system accounts, which a caller sees on the other side of its transfers: only payments and virtual
credits and debits post to one.
"""

from uuid import UUID

import pytest

from app.db.connection import fetch
from tests.api.product.money import GRAPH, MUTATIONS, changed, key, places_of
from tests.bookkeeping import nothing_changes

PLACES = [(name, place[1:]) for name in MUTATIONS for place in places_of(name, "ID")]
KINDS = ("settlement", "vault", "transfer", "hold", "ledger", "holder", "entry", "customer", "event")
FITTING = {
    "transferId": "transfer",
    "groupId": "group",
    "holdId": "hold",
    "debitId": "ledger",
    "creditId": "ledger",
    "ledgerId": "ledger",
}
"""What each argument does take."""
TRIED = [(*one, kind) for one in PLACES for kind in KINDS if FITTING.get(one[1][-1]) != kind]


@pytest.fixture
async def strangers(shared_scene):
    """Ids by the kind of thing that has them, all of them the caller's own."""
    systems = {
        row["system_key"].split(":")[0]: str(row["id"])
        for row in await fetch(
            "SELECT system_key, id FROM system_accounts WHERE customer_id = $1"
            " AND system_key IN ('settlement:PayrNet-GBP-1', 'vault:GOLD')",
            shared_scene.customer_id,
        )
    }
    events = await fetch("SELECT id FROM events WHERE customer_id = $1 LIMIT 1", shared_scene.customer_id)
    return {
        **systems,
        "transfer": shared_scene.transfer,
        "hold": shared_scene.hold,
        "ledger": shared_scene.payer,
        "holder": shared_scene.holder,
        "entry": str(UUID(int=UUID(shared_scene.transfer).int | 0b01)),
        "customer": str(shared_scene.customer_id),
        "event": str(events[0]["id"]),
    }


def test_tries_every_id_of_every_mutation_of_money():
    assert {
        ("postTransfer", ("debitId",)),
        ("postTransfer", ("creditId",)),
        ("postTransfers", ("transfers", 0, "debitId")),
        ("postTransfers", ("transfers", 0, "creditId")),
        ("reverseTransfer", ("transferId",)),
        ("reverseGroup", ("groupId",)),
        ("creditVirtualLedger", ("ledgerId",)),
        ("debitVirtualLedger", ("ledgerId",)),
        ("placeHold", ("debitId",)),
        ("placeHold", ("creditId",)),
        ("placeHolds", ("holds", 0, "debitId")),
        ("placeHolds", ("holds", 0, "creditId")),
        ("adjustHold", ("holdId",)),
        ("captureHold", ("holdId",)),
        ("releaseHold", ("holdId",)),
        ("sendPayment", ("ledgerId",)),
        ("simulateIncomingPayment", ("ledgerId",)),
    } <= set(PLACES)
    assert {place[-1] for _, place in PLACES} == set(FITTING)


@pytest.mark.parametrize(("name", "place", "kind"), TRIED)
async def test_finds_nothing_of_that_id(shared_scene, strangers, name, place, kind):
    given = changed(shared_scene.baseline(name), place, strangers[kind])
    async with nothing_changes():
        answer = await shared_scene.send(name, given)
    refusal = answer["results"][0] if "results" in answer else answer
    assert (refusal["__typename"], refusal["code"]) == ("NotFoundError", "NOT_FOUND")
    assert refusal["path"] == ["input", *map(str, place)]
    assert strangers[kind] in refusal["message"]


@pytest.mark.parametrize("kind", ["settlement", "vault"])
@pytest.mark.parametrize("place", ["debitId", "creditId"])
async def test_refuses_an_atomic_batch_with_that_id(shared_scene, strangers, place, kind):
    good = shared_scene.baseline("postTransfer")
    bad = {**good, "idempotencyKey": key(), place: strangers[kind]}
    async with nothing_changes():
        refusal = await shared_scene.send("postTransfers", {"transfers": [good, bad], "atomic": True})
    assert (refusal["__typename"], refusal["index"]) == ("BatchRefusedError", 1)
    assert (refusal["cause"]["__typename"], refusal["cause"]["path"]) == (
        "NotFoundError",
        ["input", "transfers", "1", place],
    )


@pytest.mark.parametrize("kind", ["settlement", "vault"])
@pytest.mark.parametrize(
    "call",
    [
        'closeLedger(input: { ledgerId: "ID" })',
        'assignIban(input: { ledgerId: "ID" })',
        'updateLedger(input: { ledgerId: "ID", metadata: {} })',
        'assignLedger(input: { ledgerId: "ID", holderId: "HOLDER" })',
    ],
)
async def test_is_no_ledger_to_the_mutations_of_ledgers(shared_scene, strangers, call, kind):
    text = call.replace("ID", strangers[kind], 1).replace("HOLDER", shared_scene.holder)
    async with nothing_changes():
        answer = await shared_scene.client.data(f"mutation {{ answer: {text} {{ ... on Error {{ code path }} }} }}")
    assert answer["answer"] == {"code": "NOT_FOUND", "path": ["input", "ledgerId"]}


def test_knows_all_mutations_that_take_a_ledger():
    """Else a new one would have to be tried above."""
    of_ledgers = {
        name
        for name in GRAPH.mutation_type.fields
        if name not in MUTATIONS and any(place[-1] == "ledgerId" for place in places_of(name, "ID"))
    }
    assert of_ledgers == {"closeLedger", "assignIban", "updateLedger", "assignLedger"}
