"""Move money through the demo data's ledgers, once the bank has opened them."""

import asyncio
from time import monotonic
from typing import assert_never

from app.controls.freeze import FreezeParty, freeze
from app.demo.data import demo_key
from app.demo.fill_demo_data import demo_ledgers
from app.demo.fill_demo_wallets import fill_demo_wallets
from app.demo.movements import (
    MOVEMENTS,
    DemoArrival,
    DemoCredit,
    DemoHold,
    DemoPayment,
    DemoTransfer,
    Movement,
)
from app.journal.amounts import AmountText
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.kernel.actor import Actor
from app.ledgers.credit_virtual_ledger import VirtualMovement, credit_virtual_ledger
from app.ledgers.models import Ledger
from app.ledgers.queries import find_ledgers
from app.ledgers.status import LedgerStatus
from app.partners.catalog import Catalog
from app.payments.counterparty import CounterpartyText
from app.payments.send_payment import SendPayment, send_payment
from app.payments.simulate_incoming_payment import SimulateIncomingPayment, simulate_incoming_payment

PATIENCE_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.2
SOLD = "unsold-cask"
"""The ledger that is frozen once its whisky has moved out."""
OWNER_OF_WALLETS = "clarke-current"
"""The ledger whose holder has the demo account with wallets."""


async def fill_demo_money(actor: Actor, *, catalog: Catalog) -> int:
    """Carry out the movements of the demo data through the verbs; returns how many. Called again, it changes nothing.

    Waits up to a minute for the worker to open the ledgers. Movements of ledgers that are not OK by then, or that this
    environment does not have, are left out.
    """
    ledgers = await _settled(actor, await demo_ledgers(actor, catalog=catalog))
    ready = {ref: ledger for ref, ledger in ledgers.items() if ledger.status is LedgerStatus.OK}
    movements = [movement for movement in MOVEMENTS if _sides(movement) <= ready.keys()]
    for movement in movements:
        await _carry_out(actor, movement, ready, catalog)
    if SOLD in ready:
        sold = FreezeParty(str(ready[SOLD].id), "The cask is sold.", idempotency_key=demo_key("cask-frozen"))
        await freeze(actor, sold)
    return len(movements) + await fill_demo_wallets(actor, holder_id=str(ledgers[OWNER_OF_WALLETS].holder_id))


async def _settled(actor: Actor, issued: dict[str, Ledger]) -> dict[str, Ledger]:
    """The ledgers that money moves through, once they are settled or the time is up."""
    wanted = {ref: issued[ref].id for ref in frozenset().union(*map(_sides, MOVEMENTS)) if ref in issued}
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        found = await find_ledgers(actor, list(wanted.values()))
        ledgers = {ref: found[ledger_id] for ref, ledger_id in wanted.items()}
        if monotonic() > deadline or all(ledger.is_settled for ledger in ledgers.values()):
            return ledgers
        await asyncio.sleep(LOOK_EVERY_SECONDS)


def _sides(movement: Movement) -> frozenset[str]:
    match movement:
        case DemoTransfer() | DemoHold():
            return frozenset((movement.payer, movement.payee))
        case _:
            return frozenset((movement.ledger,))


async def _carry_out(actor: Actor, movement: Movement, ledgers: dict[str, Ledger], catalog: Catalog) -> None:
    key = demo_key(movement.ref)
    match movement:
        case DemoArrival():
            ledger = ledgers[movement.ledger]
            arrival = SimulateIncomingPayment(
                str(ledger.id), AmountText(movement.value, ledger.asset), key, CounterpartyText(movement.payer)
            )
            await simulate_incoming_payment(actor, arrival, environment=catalog.environment)
        case DemoCredit():
            ledger = ledgers[movement.ledger]
            credit = VirtualMovement(str(ledger.id), AmountText(movement.value, ledger.asset), key)
            await credit_virtual_ledger(actor, credit)
        case DemoTransfer():
            await _transfer(actor, movement, ledgers)
        case DemoHold():
            await _hold(actor, movement, ledgers)
        case DemoPayment():
            ledger = ledgers[movement.ledger]
            payee = CounterpartyText(movement.payee, iban=movement.iban)
            amount = AmountText(movement.value, ledger.asset)
            payment = SendPayment(str(ledger.id), amount, payee, key, movement.reference, movement.metadata)
            await send_payment(actor, payment)
        case _:
            assert_never(movement)


async def _transfer(actor: Actor, movement: DemoTransfer, ledgers: dict[str, Ledger]) -> None:
    payer, payee = ledgers[movement.payer], ledgers[movement.payee]
    amount = AmountText(movement.value, payer.asset)
    command = PostTransfer(
        debit_id=str(payer.id),
        credit_id=str(payee.id),
        amount=amount,
        idempotency_key=demo_key(movement.ref),
        reference=movement.reference,
        metadata=movement.metadata,
    )
    transfer, _ = await post_transfer(actor, command)
    if movement.is_reversed:
        undo = demo_key(f"{movement.ref}-undone")
        await reverse_transfer(actor, ReverseTransfer(str(transfer.id), undo, "Wrong amount"))


async def _hold(actor: Actor, movement: DemoHold, ledgers: dict[str, Ledger]) -> None:
    payer, payee = ledgers[movement.payer], ledgers[movement.payee]
    command = PlaceHold(
        debit_id=str(payer.id),
        credit_id=str(payee.id),
        amount=AmountText(movement.value, payer.asset),
        idempotency_key=demo_key(movement.ref),
        reference=movement.reference,
    )
    hold, _ = await place_hold(actor, command)
    if movement.captured is not None:
        amount = AmountText(movement.captured, payer.asset)
        await capture_hold(actor, CaptureHold(str(hold.id), demo_key(f"{movement.ref}-captured"), amount))
