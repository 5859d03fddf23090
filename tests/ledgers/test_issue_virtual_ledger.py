from dataclasses import replace

import pytest

from app.db.connection import fetch, fetchval
from app.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from app.ledgers.issue_virtual_ledger import IssueVirtualLedger, issue_virtual_ledger
from tests.ledgers.conftest import posting_account, some_id

COMMAND = IssueVirtualLedger(asset="gold", metadata={"foo": "bar"})


@pytest.mark.parametrize(("asset", "scale"), [("GOLD", 4), ("GOLDBLOC", 4), ("WHISKY", 2)])
async def test_is_ok_at_once_and_asks_no_bank(actor, catalog, make_holder, asset, scale):
    holder_id = await make_holder()
    promised_before = await fetchval("SELECT count(*) FROM outbox_messages")
    wanted = IssueVirtualLedger(asset=asset, holder_id=str(holder_id))
    ledger, _ = await issue_virtual_ledger(actor, wanted, catalog=catalog)
    assert (ledger.status, ledger.iban_status, ledger.is_settled) == ("OK", "NOT_REQUESTED", True)
    assert (ledger.is_virtual, ledger.asset, ledger.asset_class, ledger.scale) == (True, asset, "COMMODITY", scale)
    assert (ledger.partner_product, ledger.primary_uses, ledger.assets_owned_by, ledger.jurisdiction) == (
        None,
        [],
        None,
        None,
    )
    assert await fetchval("SELECT count(*) FROM outbox_messages") == promised_before


async def test_tells_of_its_creation_then_of_its_status(actor, catalog, told):
    ledger, _ = await issue_virtual_ledger(actor, COMMAND, catalog=catalog)
    assert await told(ledger.id) == [("ledger.created", 1, None), ("ledger.status.ok", 1, None)]


async def test_opens_its_posting_account_ready_to_be_posted_to(actor, catalog):
    ledger, _ = await issue_virtual_ledger(actor, COMMAND, catalog=catalog)
    account = await posting_account(ledger.id)
    assert (account["book"], account["asset"], account["scale"], account["is_open"]) == ("VIRTUAL", "GOLD", 4, True)


async def test_is_once_for_one_key(actor, catalog):
    keyed = replace(COMMAND, idempotency_key="gold-1")
    first, _ = await issue_virtual_ledger(actor, keyed, catalog=catalog)
    again, replayed = await issue_virtual_ledger(actor, keyed, catalog=catalog)
    assert (again.id, replayed) == (first.id, True)
    with pytest.raises(IdempotencyMismatch):
        await issue_virtual_ledger(actor, replace(keyed, asset="whisky"), catalog=catalog)
    assert await fetchval("SELECT count(*) FROM ledgers") == 1


async def test_takes_another_way_of_writing_for_the_same_content(actor, catalog, make_holder):
    holder_id = str(await make_holder())
    keyed = replace(COMMAND, idempotency_key="gold-1", asset="gold", holder_id=holder_id, metadata=None)
    await issue_virtual_ledger(actor, keyed, catalog=catalog)
    same = replace(keyed, asset="GOLD", holder_id=holder_id.upper(), metadata={})
    _, replayed = await issue_virtual_ledger(actor, same, catalog=catalog)
    assert replayed
    assert await fetchval("SELECT count(*) FROM ledgers") == 1


async def test_refuses_what_is_no_virtual_asset_and_lists_those_that_are(actor, catalog):
    with pytest.raises(Invalid) as refusal:
        await issue_virtual_ledger(actor, replace(COMMAND, asset="SILVER"), catalog=catalog)
    assert refusal.value.path == ("asset",)
    assert "GOLD, GOLDBLOC, WHISKY" in refusal.value.message
    with pytest.raises(NotFound):
        await issue_virtual_ledger(actor, replace(COMMAND, holder_id=some_id()), catalog=catalog)
    assert await fetchval("SELECT count(*) FROM ledgers") == 0


async def test_opens_the_vault_of_its_asset_with_the_first(actor, issue_virtual):
    for asset in ("GOLD", "GOLD", "WHISKY"):
        await issue_virtual(asset=asset)
    found = await fetch(
        """
        SELECT s.system_key, s.name, p.book, p.asset, p.scale, p.normal_side, p.is_open, p.allow_negative, p.is_system
        FROM system_accounts AS s JOIN posting_accounts AS p ON p.customer_id = s.customer_id AND p.id = s.id
        ORDER BY s.system_key
        """
    )
    assert [tuple(row) for row in found] == [
        ("vault:GOLD", "Vault of GOLD", "VIRTUAL", "GOLD", 4, "DEBIT", True, True, True),
        ("vault:WHISKY", "Vault of WHISKY", "VIRTUAL", "WHISKY", 2, "DEBIT", True, True, True),
    ]
