"""Virtual ledgers: gold, goldbloc and whisky come from a vault and go back to it; real money does not."""

import pytest

from app.db.connection import fetchval
from tests.api.product.money import Scene, gold, issue_virtual, key, pounds, small_scene
from tests.bookkeeping import nothing_changes

MOVE = """
    mutation ($input: VirtualMovementInput!) { answer: DIRECTIONVirtualLedger(input: $input) {
        __typename
        ... on TransferSuccess { replayed transfer {
            kind status amount { value minorUnits asset scale } reference metadata
            debit { ...party } credit { ...party }
            entries { direction amount { value } balanceAfter { value } sequence }
            reverses { id } reversedBy { id } hold { id }
        } }
        ... on Error { code message path }
    } }
    fragment party on PostingParty {
        __typename
        ... on Ledger { id balance { posted { value } held { value } available { value } sequence } }
        ... on SystemAccount { id name }
    }
"""


@pytest.fixture
async def vault(customer):
    """A function that answers the vault of an asset as the API shows it."""

    async def find(asset):
        found = await fetchval("SELECT id FROM system_accounts WHERE system_key = $1", f"vault:{asset}")
        return {"__typename": "SystemAccount", "id": str(found), "name": f"Vault of {asset}"}

    return find


def shown(ledger_id, posted, sequence):
    amount = {"value": posted}
    zero = {"value": f"{0:.{len(posted.partition('.')[2])}f}"}
    balance = {"posted": amount, "held": zero, "available": amount, "sequence": str(sequence)}
    return {"__typename": "Ledger", "id": ledger_id, "balance": balance}


@pytest.mark.parametrize(
    ("asset", "sent", "exact", "scale"),
    [("GOLD", "12.5", "12.5000", 4), ("GOLDBLOC", "0.0001", "0.0001", 4), ("WHISKY", "63.50", "63.50", 2)],
)
async def test_gets_out_of_the_vault_and_back(customer, vault, asset, sent, exact, scale):
    ledger_id = await issue_virtual(customer, asset)
    amount = {"value": sent, "asset": asset}
    given = {"ledgerId": ledger_id, "amount": amount, "reference": "Bar 17", "metadata": {"assay": "999.9"}}
    told = {}
    for direction in ("credit", "debit"):
        document = MOVE.replace("DIRECTION", direction)
        answer = (await customer.data(document, input={**given, "idempotencyKey": key()}))["answer"]
        assert (answer["__typename"], answer["replayed"]) == ("TransferSuccess", False)
        told[direction] = answer["transfer"]
    minor_units = str(int(exact.replace(".", "")))
    common = {
        "status": "POSTED",
        "amount": {"value": exact, "minorUnits": minor_units, "asset": asset, "scale": scale},
        "reference": "Bar 17",
        "metadata": {"assay": "999.9"},
        "reverses": None,
        "reversedBy": None,
        "hold": None,
    }
    zero = f"{0:.{scale}f}"
    assert told["credit"] == {
        **common,
        "kind": "VIRTUAL_CREDIT",
        "debit": await vault(asset),
        "credit": shown(ledger_id, exact, 1),
        "entries": [
            {"direction": "CREDIT", "amount": {"value": exact}, "balanceAfter": {"value": exact}, "sequence": "1"}
        ],
    }
    assert told["debit"] == {
        **common,
        "kind": "VIRTUAL_DEBIT",
        "debit": shown(ledger_id, zero, 2),
        "credit": await vault(asset),
        "entries": [
            {"direction": "DEBIT", "amount": {"value": exact}, "balanceAfter": {"value": zero}, "sequence": "2"}
        ],
    }


@pytest.fixture
async def scene(customer, other_customer, work):
    return await small_scene(customer, other_customer, work)


async def test_passes_gold_on_to_another_ledger_of_gold_only(scene: Scene):
    other, bloc = await issue_virtual(scene.client, "GOLD"), await issue_virtual(scene.client, "GOLDBLOC")
    moved = await scene.done("postTransfer", debitId=scene.gold, creditId=other, amount=gold("2.5"))
    assert (moved["kind"], moved["amount"]["value"]) == ("INTER_LEDGER", "2.5000")
    assert (await scene.balance(scene.gold))[0] == "7.5000"
    async with nothing_changes():
        for credit_id, amount in (
            (bloc, gold("1")),
            (bloc, {"value": "1", "asset": "GOLDBLOC"}),
            (scene.payee, gold("1")),
        ):
            refusal = await scene.call("postTransfer", debitId=scene.gold, creditId=credit_id, amount=amount)
            assert (refusal["code"], refusal["path"]) == ("ASSET_MISMATCH", ["input", "creditId"])


async def test_gets_no_real_money_by_hand(scene):
    async with nothing_changes():
        for name in ("creditVirtualLedger", "debitVirtualLedger"):
            refusal = await scene.call(name, ledgerId=scene.payer, amount=pounds("1.00"))
            assert (refusal["__typename"], refusal["path"]) == ("ValidationError", ["input", "ledgerId"])
            assert "by payments" in refusal["message"]
    assert await scene.balance(scene.payer) == ("100.00", "0.00", "100.00")


async def test_takes_back_a_credit_by_reversing_it(scene):
    credit = await scene.done("creditVirtualLedger", amount=gold("5"))
    await scene.done("reverseTransfer", transferId=credit["id"])
    assert (await scene.balance(scene.gold))[0] == "10.0000"
    more = await scene.done("creditVirtualLedger", amount=gold("5"))
    await scene.done("debitVirtualLedger", amount=gold("12"))
    async with nothing_changes():
        refusal = await scene.call("reverseTransfer", transferId=more["id"])
    assert (refusal["code"], refusal["lackingId"], refusal["available"]["value"]) == (
        "INSUFFICIENT_FUNDS",
        scene.gold,
        "3.0000",
    )
