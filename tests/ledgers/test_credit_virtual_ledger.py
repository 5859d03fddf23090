"""Crediting a virtual ledger by hand."""

import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetch, fetchrow
from app.journal.amounts import AmountText
from app.journal.status import TransferKind
from app.kernel.errors import AssetMismatch, Forbidden, IdempotencyMismatch, Invalid, NotFound
from app.kernel.money import Unit
from app.ledgers.credit_virtual_ledger import VirtualMovement, credit_virtual_ledger
from app.ledgers.debit_virtual_ledger import debit_virtual_ledger
from tests.bookkeeping import balance_of, nothing_changes
from tests.ledgers.conftest import some_id


def credit(ledger_id, value="10.0000", asset="GOLD", key="key-1", **more):
    return VirtualMovement(str(ledger_id), AmountText(value, asset), key, **more)


async def vault_id(actor, asset="GOLD"):
    row = await fetchrow(
        "SELECT id FROM system_accounts WHERE customer_id = $1 AND system_key = $2",
        actor.customer_id,
        f"vault:{asset}",
    )
    return row["id"]


@pytest.mark.parametrize(
    ("asset", "value", "minor_units", "scale"),
    [("GOLD", "0.0001", 1, 4), ("GOLDBLOC", "250", 2_500_000, 4), ("WHISKY", "63.50", 6_350, 2)],
)
async def test_moves_from_the_vault_to_the_ledger(actor, issue_virtual, asset, value, minor_units, scale):
    ledger_id = await issue_virtual(asset=asset)
    transfer, replayed = await credit_virtual_ledger(
        actor, credit(ledger_id, value, asset, reference="Delivery 17", metadata={"bar": 3})
    )
    vault = await vault_id(actor, asset)
    assert not replayed
    assert (transfer.kind, transfer.amount, transfer.unit) == (
        TransferKind.VIRTUAL_CREDIT,
        minor_units,
        Unit(asset, scale),
    )
    assert (transfer.debit.account_id, transfer.debit.is_system) == (vault, True)
    assert (transfer.credit.account_id, transfer.credit.is_system) == (ledger_id, False)
    assert (transfer.reference, transfer.metadata) == ("Delivery 17", {"bar": 3})
    assert await balance_of(actor.customer_id, ledger_id) == (minor_units, 0, 1)
    assert await balance_of(actor.customer_id, vault) == (minor_units, 0, 1)


async def test_tells_of_it_once(actor, issue_virtual):
    ledger_id = await issue_virtual()
    transfer, _ = await credit_virtual_ledger(actor, credit(ledger_id))
    told = await fetch("SELECT type, resource_id FROM events WHERE type = 'transfer.posted'")
    assert [tuple(row) for row in told] == [("transfer.posted", transfer.id)]


async def test_is_once_for_one_key(actor, issue_virtual):
    ledger_id = await issue_virtual()
    first, _ = await credit_virtual_ledger(actor, credit(ledger_id, "10", reference="a"))
    async with nothing_changes():
        again, replayed = await credit_virtual_ledger(actor, credit(ledger_id, "10.0000", "gold", reference=" a "))
        assert (again, replayed) == (first, True)
        again, replayed = await credit_virtual_ledger(actor, credit(ledger_id, "10", reference="a", metadata={}))
        assert (again, replayed) == (first, True)
        for other in (
            credit(ledger_id, "10.0001", reference="a"),
            credit(ledger_id, "10"),
            credit(ledger_id, "10", reference="a", metadata={"a": 1}),
        ):
            with pytest.raises(IdempotencyMismatch):
                await credit_virtual_ledger(actor, other)


async def test_is_once_for_one_key_from_fifty_callers(actor, issue_virtual):
    ledger_id = await issue_virtual()
    answers = await asyncio.gather(*(credit_virtual_ledger(actor, credit(ledger_id)) for _ in range(50)))
    assert len({transfer.id for transfer, _ in answers}) == 1
    assert sorted(replayed for _, replayed in answers) == [False] + [True] * 49
    assert await balance_of(actor.customer_id, ledger_id) == (100_000, 0, 1)


async def test_has_keys_of_its_own(actor, issue_virtual):
    ledger_id = await issue_virtual()
    credited, _ = await credit_virtual_ledger(actor, credit(ledger_id, key="same"))
    debited, replayed = await debit_virtual_ledger(actor, credit(ledger_id, key="same"))
    assert (replayed, debited.id == credited.id) == (False, False)


async def test_takes_a_key_with_other_content_for_a_mistake(actor, issue_virtual):
    one, other = await issue_virtual(), await issue_virtual()
    await credit_virtual_ledger(actor, credit(one))
    async with nothing_changes():
        with pytest.raises(IdempotencyMismatch) as refused:
            await credit_virtual_ledger(actor, credit(other))
    assert refused.value.path == ("idempotency_key",)


async def test_makes_no_real_money(actor, issue, work):
    ledger_id = await issue()
    await work.provision(ledger_id)
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await credit_virtual_ledger(actor, credit(ledger_id, "10.00", "GBP"))
    assert (refused.value.code, refused.value.path) == ("VALIDATION", ("ledger_id",))
    assert "payments" in refused.value.message


async def test_refuses_what_does_not_exist_or_is_anothers(actor, other_actor, issue_virtual):
    ledger_id = await issue_virtual()
    transfer, _ = await credit_virtual_ledger(actor, credit(ledger_id))
    strangers = [some_id(), transfer.id, await vault_id(actor), actor.customer_id]
    async with nothing_changes():
        for stranger in strangers:
            with pytest.raises(NotFound) as refused:
                await credit_virtual_ledger(actor, credit(stranger, key="key-2"))
            assert refused.value.path == ("ledger_id",)
        with pytest.raises(NotFound):
            await credit_virtual_ledger(other_actor, credit(ledger_id))


async def test_refuses_another_asset_or_more_decimals(actor, issue_virtual):
    gold = await issue_virtual()
    async with nothing_changes():
        with pytest.raises(AssetMismatch) as mismatch:
            await credit_virtual_ledger(actor, credit(gold, "1", "GOLDBLOC"))
        with pytest.raises(Invalid) as decimals:
            await credit_virtual_ledger(actor, credit(gold, "1.00000"))
    assert mismatch.value.path == ("amount", "asset")
    assert decimals.value.path == ("amount", "value")


async def test_needs_the_scope_of_writing_transfers_and_no_other(actor, issue_virtual):
    ledger_id = await issue_virtual()
    narrow = replace(actor, scopes=frozenset({"transfers:write"}))
    without = replace(actor, scopes=frozenset({"transfers:read", "ledgers:write", "payments:write"}))
    async with nothing_changes():
        with pytest.raises(Forbidden) as refused:
            await credit_virtual_ledger(without, credit(ledger_id))
    assert refused.value.required_scope == "transfers:write"
    await credit_virtual_ledger(narrow, credit(ledger_id))


async def test_lets_no_holder_make_its_own_gold(actor, issue_virtual, make_holder):
    holder_id, other_id = await make_holder(), await make_holder()
    own, others = await issue_virtual(holder_id), await issue_virtual(other_id)
    token = replace(actor, holder_id=holder_id)
    async with nothing_changes():
        with pytest.raises(Forbidden) as refused:
            await credit_virtual_ledger(token, credit(own))
        with pytest.raises(NotFound):
            await credit_virtual_ledger(token, credit(others))
    assert refused.value.path == ("ledger_id",)
