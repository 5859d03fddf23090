"""Debiting a virtual ledger by hand."""

import asyncio
from dataclasses import replace

import pytest

from app.db.connection import fetchval
from app.journal.amounts import AmountText
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.journal.status import TransferKind
from app.kernel.errors import Forbidden, IdempotencyMismatch, InsufficientFunds, Invalid, NotFound
from app.kernel.money import Money, Unit
from app.ledgers.credit_virtual_ledger import VirtualMovement, credit_virtual_ledger
from app.ledgers.debit_virtual_ledger import debit_virtual_ledger
from tests.bookkeeping import balance_of, nothing_changes
from tests.ledgers.conftest import some_id


def movement(ledger_id, value="10.00", key="key-1", asset="WHISKY"):
    return VirtualMovement(str(ledger_id), AmountText(value, asset), key)


@pytest.fixture
def cask(actor, issue_virtual):
    """A function that makes a ledger with 30 liters of whisky."""

    async def make(holder_id=None):
        ledger_id = await issue_virtual(holder_id, asset="WHISKY")
        await credit_virtual_ledger(actor, movement(ledger_id, "30.00", f"fill-{ledger_id}"))
        return ledger_id

    return make


async def vault_id():
    return await fetchval("SELECT id FROM system_accounts WHERE system_key = 'vault:WHISKY'")


async def test_moves_from_the_ledger_to_the_vault(actor, cask):
    ledger_id = await cask()
    transfer, replayed = await debit_virtual_ledger(actor, movement(ledger_id, "30.00"))
    vault = await vault_id()
    assert not replayed
    assert (transfer.kind, transfer.amount) == (TransferKind.VIRTUAL_DEBIT, 3_000)
    assert (transfer.debit.account_id, transfer.credit.account_id) == (ledger_id, vault)
    assert (transfer.debit_balance_after, transfer.credit_balance_after) == (0, 0)
    assert await balance_of(actor.customer_id, ledger_id) == (0, 0, 2)


async def test_is_once_for_one_key(actor, cask):
    ledger_id, other_id = await cask(), await cask()
    first, _ = await debit_virtual_ledger(actor, movement(ledger_id))
    async with nothing_changes():
        again, replayed = await debit_virtual_ledger(actor, movement(ledger_id, "10"))
        with pytest.raises(IdempotencyMismatch) as refused:
            await debit_virtual_ledger(actor, movement(other_id))
    assert (again, replayed) == (first, True)
    assert refused.value.path == ("idempotency_key",)


async def test_refuses_more_than_there_is(actor, cask):
    ledger_id = await cask()
    async with nothing_changes():
        with pytest.raises(InsufficientFunds) as refused:
            await debit_virtual_ledger(actor, movement(ledger_id, "30.01"))
    assert (refused.value.lacking_id, refused.value.path) == (ledger_id, ("ledger_id",))
    assert refused.value.available == Money(3_000, Unit("WHISKY", 2))


async def test_gives_the_last_liter_once(actor, cask):
    ledger_id = await cask()
    answers = await asyncio.gather(
        *(debit_virtual_ledger(actor, movement(ledger_id, "20.00", f"race-{one}")) for one in range(20)),
        return_exceptions=True,
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert {type(answer) for answer in answers if isinstance(answer, Exception)} == {InsufficientFunds}
    assert await balance_of(actor.customer_id, ledger_id) == (1_000, 0, 2)


async def test_unmakes_no_real_money(actor, issue):
    ledger_id = await issue()
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await debit_virtual_ledger(actor, movement(ledger_id, asset="GBP"))
    assert (refused.value.code, refused.value.path) == ("VALIDATION", ("ledger_id",))


async def test_refuses_what_does_not_exist_or_is_anothers(actor, other_actor, cask):
    ledger_id = await cask()
    vault = await vault_id()
    async with nothing_changes():
        for stranger in (some_id(), vault):
            with pytest.raises(NotFound) as refused:
                await debit_virtual_ledger(actor, movement(stranger))
            assert refused.value.path == ("ledger_id",)
        with pytest.raises(NotFound):
            await debit_virtual_ledger(other_actor, movement(ledger_id))
        with pytest.raises(Forbidden):
            await debit_virtual_ledger(replace(actor, scopes=frozenset({"transfers:read"})), movement(ledger_id))


async def test_lets_a_holder_take_its_own_but_not_take_it_back(actor, cask, make_holder):
    holder_id, other_id = await make_holder(), await make_holder()
    own, others = await cask(holder_id), await cask(other_id)
    token = replace(actor, holder_id=holder_id)
    taken, _ = await debit_virtual_ledger(token, movement(own))
    async with nothing_changes():
        with pytest.raises(NotFound):
            await debit_virtual_ledger(token, movement(others, key="key-2"))
        with pytest.raises(Forbidden):
            await reverse_transfer(token, ReverseTransfer(str(taken.id), "back"))
    await reverse_transfer(actor, ReverseTransfer(str(taken.id), "back"))
    assert await balance_of(actor.customer_id, own) == (3_000, 0, 3)


async def test_leaves_no_way_to_the_vault_but_this(actor, cask):
    """Whoever learns the vault's id from an event can do nothing with it."""
    ledger_id = await cask()
    vault = await vault_id()
    amount = AmountText("1.00", "WHISKY")
    async with nothing_changes():
        for sides in ((ledger_id, vault), (vault, ledger_id)):
            with pytest.raises(NotFound):
                await post_transfer(
                    actor,
                    PostTransfer(
                        debit_id=str(sides[0]), credit_id=str(sides[1]), amount=amount, idempotency_key="key-9"
                    ),
                )
