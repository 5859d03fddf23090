"""Books in which everything happened that can happen: for the tests of what proves and prints them."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.access.open_customer import open_customer
from app.accounts.create_account import create_account
from app.accounts.orders import CreateAccount, NewWallet
from app.accounts.queries import find_wallet_by_address
from app.controls.freeze import FreezeParty, freeze
from app.controls.set_overdraft_limit import SetOverdraftLimit, set_overdraft_limit
from app.db.connection import close_database, fetchval, open_database, pool
from app.events.number_events import number_events
from app.journal.adjust_hold import AdjustHold, adjust_hold
from app.journal.amounts import AmountText
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.close_books import CloseBooks, close_books
from app.journal.coalescer import close_coalescer
from app.journal.expire_hold import expire_hold
from app.journal.frozen import FreezeScope
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.post_transfers import PostTransfers, group_of, post_transfers
from app.journal.release_hold import ReleaseHold, release_hold
from app.journal.reopen_books import reopen_books
from app.journal.reverse_group import ReverseGroup, reverse_group
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.kernel.actor import Actor, worker_actor
from app.kernel.clock import rfc3339, utc_now
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.ledgers.credit_virtual_ledger import VirtualMovement, credit_virtual_ledger
from app.ledgers.debit_virtual_ledger import debit_virtual_ledger
from app.ledgers.issue_ledger import IssueLedger, issue_ledger
from app.ledgers.issue_virtual_ledger import IssueVirtualLedger, issue_virtual_ledger
from app.ledgers.provision_ledger import provision_ledger
from app.ledgers.status import AssetOwner, LedgerUse
from app.partners.adapters.simulator import Simulator
from app.partners.read_catalog import load_catalog
from app.payments.carry_out_payment import carry_out_payment
from app.payments.counterparty import CounterpartyText
from app.payments.send_payment import SendPayment, send_payment
from app.payments.simulate_incoming_payment import SimulateIncomingPayment, simulate_incoming_payment
from app.settings import Environment, load_settings
from tests.conftest import new_database
from tests.told_events import told_event

PAYEE = CounterpartyText("Harbour Lettings", uk_bank_account=("200353", "73061842"))


@dataclass(slots=True)
class RichBooks:
    """One customer's books. Of each kind of object, one by name."""

    actor: Actor
    api_key: str
    first: UUID
    second: UUID
    closed: UUID
    gold: UUID
    transfer: UUID
    reversed: UUID
    reversal: UUID
    reversed_in_parts: UUID
    placed: UUID
    captured: UUID
    released: UUID
    expired: UUID
    in_parts: UUID
    group: UUID
    grouped: UUID
    group_reversal: UUID
    accepted: UUID
    declined: UUID
    pending: UUID
    received: UUID
    frozen: UUID
    forced: UUID
    overdrawn: UUID
    backdated: UUID

    @property
    def customer_id(self) -> UUID:
        return self.actor.customer_id


class _Bookkeeper:
    """Does one thing after another for one customer, each under a key of its own."""

    def __init__(self, actor, catalog):
        self.actor = actor
        self._catalog = catalog
        self._bank = Simulator(catalog, delay_seconds=0)
        self._worker = worker_actor(actor.customer_id)
        self._keys = 0

    def key(self):
        self._keys += 1
        return f"key-{self._keys}"

    async def ledger(self, asset="GBP"):
        command = IssueLedger(
            partner_product=f"PayrNet-{asset}-1",
            asset=asset,
            primary_uses=(LedgerUse.PAYMENTS,),
            assets_owned_by=AssetOwner.ME,
            jurisdiction="GB",
            holder_id=str(self.actor.customer_id),
        )
        ledger, _ = await issue_ledger(self.actor, command, catalog=self._catalog)
        await provision_ledger(self._worker, ledger.id, catalog=self._catalog, partner_for=lambda _: self._bank)
        return ledger.id

    async def virtual_ledger(self):
        ledger, _ = await issue_virtual_ledger(self.actor, IssueVirtualLedger("GOLD"), catalog=self._catalog)
        return ledger.id

    async def receive(self, ledger_id, amount, asset="GBP"):
        command = SimulateIncomingPayment(str(ledger_id), AmountText(amount, asset), self.key())
        payment, _ = await simulate_incoming_payment(self.actor, command, environment=Environment.PLAYLIVE)
        return payment.id

    async def send(self, ledger_id, amount, *, metadata=None, settles=True):
        command = SendPayment(str(ledger_id), AmountText(amount, "GBP"), PAYEE, self.key(), metadata=metadata)
        payment, _ = await send_payment(self.actor, command)
        if settles:
            await self.settle(payment.id)
        return payment.id

    async def transfer(self, debit_id, credit_id, amount, asset="GBP", *, effective_at=None):
        command = PostTransfer(
            debit_id=str(debit_id),
            credit_id=str(credit_id),
            amount=AmountText(amount, asset),
            idempotency_key=self.key(),
            effective_at=effective_at,
        )
        transfer, _ = await post_transfer(self.actor, command)
        return transfer.id

    async def reversed_group(self, debit_id, credit_id):
        """A group of two transfers, there and back, that is reversed: its id, that of a transfer, and of a reversal."""
        items = [
            PostTransfer(
                debit_id=str(debit), credit_id=str(credit), amount=AmountText(amount, "GBP"), idempotency_key=self.key()
            )
            for debit, credit, amount in ((debit_id, credit_id, "8.00"), (credit_id, debit_id, "3.00"))
        ]
        outcomes = await post_transfers(self.actor, PostTransfers(items, atomic=True))
        group_id = group_of(outcomes)
        made, _ = await reverse_group(self.actor, ReverseGroup(str(group_id), self.key()))
        return {"group": group_id, "grouped": outcomes[0].object.id, "group_reversal": made.transfers[0].id}

    async def reverse(self, transfer_id, amount=None):
        sent = None if amount is None else AmountText(amount, "GBP")
        reversal, _ = await reverse_transfer(self.actor, ReverseTransfer(str(transfer_id), self.key(), amount=sent))
        return reversal.id

    async def transfer_reversed_in_parts(self, debit_id, credit_id):
        """A transfer of 20.00, of which 5.00 and 6.00 are reversed."""
        transfer_id = await self.transfer(debit_id, credit_id, "20.00")
        for amount in ("5.00", "6.00"):
            await self.reverse(transfer_id, amount)
        return transfer_id

    async def hold(self, debit_id, credit_id, amount, asset="GBP", *, expires_at=None):
        command = PlaceHold(
            debit_id=str(debit_id),
            credit_id=str(credit_id),
            amount=AmountText(amount, asset),
            idempotency_key=self.key(),
            expires_at=expires_at,
        )
        hold, _ = await place_hold(self.actor, command)
        return hold.id

    async def expired_hold(self, debit_id, credit_id, amount):
        hold_id = await self.hold(debit_id, credit_id, amount, expires_at=rfc3339(utc_now() + timedelta(days=1)))
        await pool().execute("UPDATE holds SET expires_at = now() WHERE id = $1", hold_id)  # The day goes by.
        await expire_hold(self._worker, hold_id)
        return hold_id

    async def capture(self, hold_id, amount=None, *, final=True):
        sent = None if amount is None else AmountText(amount, "GBP")
        await capture_hold(self.actor, CaptureHold(str(hold_id), self.key(), sent, final))
        return hold_id

    async def freeze(self, party_id, scope):
        await freeze(self.actor, FreezeParty(str(party_id), "Court order.", scope))

    async def limit(self, party_id, amount, asset):
        command = SetOverdraftLimit(str(party_id), AmountText(amount, asset))
        await set_overdraft_limit(self.actor, command, catalog=self._catalog)

    async def settle(self, payment_id):
        await carry_out_payment(self._worker, payment_id, partner_for=lambda _: self._bank)

    async def release(self, hold_id, amount=None):
        sent = None if amount is None else AmountText(amount, "GBP")
        await release_hold(self.actor, ReleaseHold(str(hold_id), self.key(), sent))
        return hold_id

    async def hold_in_parts(self, debit_id, credit_id):
        """A hold of 100.00, of which 30.00 are captured, 5.00 released, and 65.00 remain."""
        hold_id = await self.hold(debit_id, credit_id, "50.00")
        for amount in ("10.00", "20.00"):
            await self.capture(hold_id, amount, final=False)
        await self.release(hold_id, "5.00")
        await adjust_hold(self.actor, AdjustHold(str(hold_id), self.key(), AmountText("100.00", "GBP")))
        return hold_id


async def write_rich_books(name="Example Ltd"):
    """Open a customer and let everything happen to it; part of its events is numbered, part waits. Pounds, euros,
    gold, and the units of wallets, debit-normal ones among them.
    """
    opened = await open_customer(name)
    actor = Actor(opened.customer_id, frozenset({"*"}), worker_actor(opened.customer_id).via, "api_key:test")
    keeper = _Bookkeeper(actor, load_catalog(load_settings(simulator_delay_seconds=0)))
    first, second, closed = await keeper.ledger(), await keeper.ledger(), await keeper.ledger()
    received = await keeper.receive(first, "1000.00")
    await keeper.receive(second, "500.00")
    transfer = await keeper.transfer(first, second, "30.50")
    await _store_body(transfer)
    reversed_ = await keeper.transfer(second, first, "12.00")
    captured = await keeper.capture(await keeper.hold(first, second, "40.00"), "25.00")
    await number_events(actor.customer_id)
    frozen, forced = await _frozen(keeper)
    books = RichBooks(
        actor=actor,
        api_key=opened.api_key,
        frozen=frozen,
        forced=forced,
        overdrawn=await _overdrawn(keeper),
        first=first,
        second=second,
        closed=closed,
        gold=await _gold(keeper),
        transfer=transfer,
        reversed=reversed_,
        reversal=await keeper.reverse(reversed_),
        reversed_in_parts=await keeper.transfer_reversed_in_parts(first, second),
        placed=await keeper.hold(first, second, "60.00"),
        captured=captured,
        released=await keeper.release(await keeper.hold(first, second, "15.00")),
        expired=await keeper.expired_hold(second, first, "5.00"),
        in_parts=await keeper.hold_in_parts(second, first),
        **await keeper.reversed_group(first, second),
        accepted=await keeper.send(first, "99.99"),
        declined=await keeper.send(first, "11.00", metadata={"simulate": "decline"}),
        pending=await keeper.send(first, "7.00", settles=False),
        received=received,
        backdated=await _backdated(keeper, first, second),
    )
    await _euros_and_wallets(keeper)
    await close_ledger(actor, CloseLedger(str(closed)))
    await keeper.receive(closed, "1.00")  # Declined, since it is closed.
    for pence in range(1, 30):
        await keeper.transfer(first, second, f"0.{pence:02}")
    return books


async def _store_body(transfer_id):
    """Leave its event as an earlier version wrote it: with its body."""
    event = await told_event("WHERE resource_id = $1", transfer_id)
    await pool().execute(
        "UPDATE events SET body = $2, body_format = NULL, body_checksum = NULL WHERE id = $1",
        event["id"],
        event["body"],
    )


async def _frozen(keeper):
    """A ledger that was frozen while a payment was with the bank, which sent it; answers it and the forced transfer."""
    frozen = await keeper.ledger()
    await keeper.receive(frozen, "10.00")
    sent = await keeper.send(frozen, "4.00", settles=False)
    await keeper.freeze(frozen, FreezeScope.ALL)
    await keeper.settle(sent)
    await keeper.receive(frozen, "1.00")  # Declined, since it is frozen.
    return frozen, await fetchval("SELECT id FROM transfers WHERE payment_id = $1", sent)


async def _overdrawn(keeper):
    """A wallet below zero, as far as it may be."""
    wallets = [NewWallet(name, "MILES", "LIABILITY", 0, overdraft_limit="20") for name in ("overdrawn", "other")]
    await create_account(keeper.actor, CreateAccount("GROUP", "miles", wallets=tuple(wallets)))
    overdrawn, other = [(await find_wallet_by_address(keeper.actor, "miles", one.name, "MILES")).id for one in wallets]
    await keeper.transfer(overdrawn, other, "20", "MILES")
    await keeper.limit(overdrawn, "25", "MILES")
    await keeper.freeze(other, FreezeScope.DEBITS)
    return overdrawn


async def _backdated(keeper, first, second):
    """Some of it into a time that is closed afterwards; answers the last one, of a day of its own."""
    for day in (1, 1, 2):
        await keeper.transfer(first, second, "0.10", effective_at=f"2020-03-0{day}T09:00:00Z")
    await close_books(keeper.actor, CloseBooks("2020-03-01T12:00:00Z"))
    await close_books(keeper.actor, CloseBooks("2020-03-05T00:00:00Z"))
    await reopen_books(keeper.actor, through="2020-03-02T12:00:00Z")
    return await keeper.transfer(second, first, "0.05", effective_at="2020-03-04T09:00:00Z")


async def _gold(keeper):
    gold, more_gold = await keeper.virtual_ledger(), await keeper.virtual_ledger()
    credit = VirtualMovement(str(gold), AmountText("12.5", "GOLD"), keeper.key())
    await credit_virtual_ledger(keeper.actor, credit)
    await debit_virtual_ledger(keeper.actor, VirtualMovement(str(gold), AmountText("2.5", "GOLD"), keeper.key()))
    await keeper.transfer(gold, more_gold, "0.5", "GOLD")
    return gold


async def _euros_and_wallets(keeper):
    euros, more_euros = await keeper.ledger("EUR"), await keeper.ledger("EUR")
    await keeper.receive(euros, "77.77", "EUR")
    await keeper.transfer(euros, more_euros, "7.77", "EUR")
    wallets = [("liability", "LIABILITY"), ("asset", "ASSET"), ("outside", "EQUITY")]
    points = [NewWallet(name, "POINTS", kind, 18, allow_negative=name == "outside") for name, kind in wallets]
    await create_account(keeper.actor, CreateAccount("CHART", "points", wallets=tuple(points)))
    found = [await find_wallet_by_address(keeper.actor, "points", name, "POINTS") for name, _ in wallets]
    liability, asset, outside = (wallet.id for wallet in found)
    await keeper.transfer(outside, liability, f"{10**12}", "POINTS")
    await keeper.transfer(asset, outside, f"{10**11}", "POINTS")
    await keeper.transfer(liability, asset, "1.000000000000000001", "POINTS")
    await keeper.hold(liability, asset, "5", "POINTS")
    await keeper.hold(asset, liability, "6", "POINTS")


@asynccontextmanager
async def rich_template(postgres, migrated_template):
    """A database with two customers' rich books, to be copied for each test; answers its name and the first's books."""
    async with new_database(postgres, f"TEMPLATE {migrated_template}") as name:
        async with opened(postgres.url_of(name)):
            books = await write_rich_books()
            await write_rich_books("Other Ltd")
        yield name, books


@asynccontextmanager
async def copied(postgres, template):
    """A copy of that database; answers its URL."""
    async with new_database(postgres, f"TEMPLATE {template}") as name:
        yield postgres.url_of(name)


@asynccontextmanager
async def opened(url):
    """The process's pool at this URL, for the time of the block."""
    await open_database(url, pool_size=20, application_name="quaestor-tests")
    try:
        yield
    finally:
        await close_coalescer()
        await close_database()


async def damage(sql):
    """Change rows in a way that the database would refuse."""
    await unguard()
    await pool().execute(sql)


async def unguard():
    """Take away all foreign keys, CHECKs and unique indexes."""
    await pool().execute(_UNGUARD_SQL)


_UNGUARD_SQL = """
    DO $$ DECLARE guard record; BEGIN
        FOR guard IN SELECT conrelid::regclass AS table_name, conname FROM pg_constraint
                     WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard.table_name, guard.conname);
        END LOOP;
        FOR guard IN SELECT indexrelid::regclass AS index_name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                     WHERE indisunique AND NOT indisprimary AND relnamespace = 'public'::regnamespace
                           AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) LOOP
            EXECUTE format('DROP INDEX %s', guard.index_name);
        END LOOP;
    END $$
"""
