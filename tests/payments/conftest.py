"""A customer with a funded GBP ledger, the simulated bank, and banks that do as they are told."""

import asyncio
import contextvars

import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.feed import FeedFilter, read_feed
from app.journal.posting_accounts import lock_posting_account
from app.kernel.actor import worker_actor
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.ledgers.end_ledger import end_closed_ledger
from app.ledgers.issue_ledger import IssueLedger, issue_ledger
from app.ledgers.issue_virtual_ledger import IssueVirtualLedger, issue_virtual_ledger
from app.ledgers.provision_ledger import provision_ledger
from app.ledgers.queries import lock_ledger
from app.ledgers.status import AssetOwner, LedgerUse
from app.partners.adapters.simulator import Simulator
from app.partners.port import PartnerDeclined, PartnerUnavailable, SentPayment
from app.partners.read_catalog import load_catalog
from app.payments.carry_out_payment import carry_out_payment
from app.payments.counterparty import CounterpartyText
from app.payments.send_payment import SendPayment, send_payment
from app.payments.simulate_incoming_payment import SimulateIncomingPayment, simulate_incoming_payment
from app.settings import Environment, load_settings
from tests.bookkeeping import gbp
from tests.promised_work import PromisedWork

GRACE = CounterpartyText("Grace Hopper", iban="GB33BUKB20201555555555")


@pytest.fixture
def settings():
    return load_settings(simulator_delay_seconds=0)


@pytest.fixture
def catalog(settings):
    return load_catalog(settings)


@pytest.fixture
def bank(catalog):
    return Simulator(catalog, delay_seconds=0)


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
def issue(actor, catalog, bank):
    """A function that issues a GBP ledger, OK unless asked otherwise; answers its id."""

    async def make(*, by=None, holder_id=None, is_provisioned=True, **wanted):
        asker = by or actor
        command = IssueLedger(
            **{
                "partner_product": "PayrNet-GBP-1",
                "asset": "GBP",
                "primary_uses": (LedgerUse.PAYMENTS,),
                "assets_owned_by": AssetOwner.ME,
                "jurisdiction": "GB",
                "holder_id": None if holder_id is None else str(holder_id),
                **wanted,
            }
        )
        ledger, _ = await issue_ledger(asker, command, catalog=catalog)
        if is_provisioned:
            await provision_ledger(
                worker_actor(asker.customer_id), ledger.id, catalog=catalog, partner_for=lambda _: bank
            )
        await pool().execute("DELETE FROM outbox_messages WHERE resource_id = $1", ledger.id)
        return ledger.id

    return make


@pytest.fixture
def issue_gold(actor, catalog):
    """A function that issues a virtual ledger; answers its id."""

    async def make():
        ledger, _ = await issue_virtual_ledger(actor, IssueVirtualLedger("GOLD"), catalog=catalog)
        return ledger.id

    return make


@pytest.fixture
def receive(actor):
    """A function that lets money arrive; answers the payment and whether it was a replay."""

    async def arrive(ledger_id, value="100.00", key=None, *, by=None, environment=Environment.PLAYLIVE, **wanted):
        command = SimulateIncomingPayment(
            **{
                "ledger_id": str(ledger_id),
                "amount": gbp(value),
                "idempotency_key": str(new_id()) if key is None else key,
                **wanted,
            }
        )
        return await simulate_incoming_payment(by or actor, command, environment=environment)

    return arrive


@pytest.fixture
async def ledger_id(issue, receive):
    """A ledger with a hundred pounds."""
    made = await issue()
    await receive(made)
    return made


@pytest.fixture
def send(actor):
    """A function that sends money; answers the payment and whether it was a replay."""

    async def go(ledger_id, value="30.00", key="key-1", *, by=None, **wanted):
        command = SendPayment(
            **{
                "ledger_id": str(ledger_id),
                "amount": gbp(value),
                "counterparty": GRACE,
                "idempotency_key": key,
                **wanted,
            }
        )
        return await send_payment(by or actor, command)

    return go


@pytest.fixture
def carry_out(actor, bank):
    """A function that does the worker's part of one payment, with the simulated bank unless with another."""

    async def go(payment_id, *, partner=None):
        await carry_out_payment(worker_actor(actor.customer_id), payment_id, partner_for=lambda _: partner or bank)

    return go


@pytest.fixture
def work(settings):
    return PromisedWork(settings)


@pytest.fixture
def told(actor):
    """A function that answers the events of one object, oldest first."""

    async def events(resource_id):
        entries = await read_feed(actor, after=0, limit=1_000, wanted=FeedFilter(resource_id=resource_id))
        return [entry.event for entry in entries]

    return events


class TellingBank:
    """A bank that answers what it is told to, and remembers what it was asked."""

    def __init__(self, answer=None):
        self.answer = answer or SentPayment("BANK-1")
        self.asked = []
        self.asked_event = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def send_payment(self, request):
        self.asked.append(request)
        self.asked_event.set()
        await self.may_answer.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def declining():
    """A bank that says no."""
    return TellingBank(PartnerDeclined("The account is closed."))


def unavailable():
    """A bank that does not answer."""
    return TellingBank(PartnerUnavailable("The line is dead."))


async def stored_payment(payment_id):
    """A payment's own row."""
    return await fetchrow("SELECT * FROM payments WHERE id = $1", payment_id)


async def hold_of(payment_id):
    """The row of a payment's hold."""
    return await fetchrow("SELECT * FROM holds WHERE payment_id = $1", payment_id)


async def transfers_of(payment_id):
    """The rows of a payment's transfers."""
    return await fetch("SELECT * FROM transfers WHERE payment_id = $1", payment_id)


async def settlement_id(product="PayrNet-GBP-1"):
    """The id of the only customer's settlement account."""
    return await fetchval("SELECT id FROM system_accounts WHERE system_key = $1", f"settlement:{product}")


async def a_holder(actor):
    """A holder that is OK."""
    holder_id = new_id()
    await fetch(
        "INSERT INTO holders (customer_id, id, kind, status, party, name, country, date_of_birth, created_at,"
        " updated_at) VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', 'Ada', 'GB', '1987-04-01', now(), now())",
        actor.customer_id,
        holder_id,
    )
    return holder_id


async def in_status(status, actor, issue):
    """A ledger in this status."""
    ledger_id = await issue(
        is_provisioned=status != "PENDING", metadata={"simulate": "decline"} if status == "DECLINED" else {}
    )
    if status == "CLOSED":
        await close_ledger(actor, CloseLedger(str(ledger_id)))
    assert await fetchval("SELECT status FROM ledgers WHERE id = $1", ledger_id) == status
    return ledger_id


async def while_it_is_closed(actor, ledger_id, ask):
    """Ask while a ledger is being closed: the asker has looked, and waits, when it is. Answers the asker's task."""
    async with transaction() as tx:
        await lock_posting_account(tx, actor.customer_id, ledger_id)
        asking = asyncio.create_task(ask(), context=contextvars.Context())
        while not await fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert not asking.done()
            await asyncio.sleep(0.01)
        row = await lock_ledger(tx, actor, ledger_id, ())
        await end_closed_ledger(tx, actor, row, None)
    return asking


async def customer_name(actor):
    """The name of the actor's customer."""
    return await fetchval("SELECT name FROM customers WHERE customer_id = $1", actor.customer_id)


async def account_of(ledger_id):
    """A ledger's IBAN, sort code and account number."""
    row = await fetchrow("SELECT iban, sort_code, account_number FROM ledgers WHERE id = $1", ledger_id)
    return tuple(row)
