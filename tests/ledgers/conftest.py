"""A customer with holders in every status, and the steps of promised work one by one."""

from dataclasses import dataclass, field

import pytest

from app.access.authenticate import authenticate
from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.db.connection import fetchrow, fetchval
from app.db.identifiers import new_id
from app.events.feed import FeedFilter, read_feed
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import AddressDetails, PersonDetails
from app.holders.screen_holder import screen_holder
from app.holders.screening import BuiltInScreening
from app.kernel.actor import Via, worker_actor
from app.ledgers.issue_ledger import IssueLedger, issue_ledger
from app.ledgers.issue_virtual_ledger import IssueVirtualLedger, issue_virtual_ledger
from app.ledgers.obtain_iban import obtain_iban
from app.ledgers.provision_ledger import provision_ledger
from app.ledgers.queries import find_ledger
from app.ledgers.resubmit_ledgers import resubmit_ledgers
from app.ledgers.status import AssetOwner, LedgerUse
from app.partners.adapters.simulator import Simulator
from app.partners.port import AssignedIban, BankAccount
from app.partners.read_catalog import load_catalog
from app.settings import load_settings
from tests.promised_work import PromisedWork

EUR = {"partner_product": "PayrNet-EUR-1", "asset": "EUR"}


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
async def actor(database):
    opened = await open_customer("Example Ltd")
    yield await authenticate(f"API-Key {opened.api_key}", Via.GRAPHQL)
    await finish_noting_last_use()


@pytest.fixture
async def other_actor(database):
    opened = await open_customer("Other Ltd")
    yield await authenticate(f"API-Key {opened.api_key}", Via.GRAPHQL)
    await finish_noting_last_use()


@dataclass
class Steps:
    """The steps of promised work, each by itself and in any order; `all` does whatever is promised."""

    actor: object
    catalog: object
    bank: object
    settings: object
    all: PromisedWork = field(init=False)

    def __post_init__(self):
        self.all = PromisedWork(self.settings)
        self._worker = worker_actor(self.actor.customer_id)

    async def screen(self, holder_id):
        await screen_holder(self._worker, holder_id, screening=BuiltInScreening(self.settings))

    async def provision(self, ledger_id, *, bank=None):
        await provision_ledger(self._worker, ledger_id, catalog=self.catalog, partner_for=lambda _: bank or self.bank)

    async def obtain(self, ledger_id, *, bank=None):
        await obtain_iban(self._worker, ledger_id, partner_for=lambda _: bank or self.bank)

    async def resubmit(self, holder_id):
        await resubmit_ledgers(self._worker, holder_id)


@pytest.fixture
def work(actor, catalog, bank, settings):
    return Steps(actor, catalog, bank, settings)


@pytest.fixture
def make_holder(actor, work):
    """A function that makes a holder in a status; answers its id."""

    async def make(status="OK", *, by=None):
        lacking = status == "MISSING_DATA"
        simulate = {"QUARANTINE": "quarantine", "DECLINED": "decline"}.get(status)
        command = CreateHolder(
            PersonDetails("Ada Lovelace", None if lacking else "1987-04-01"),
            address=AddressDetails(country="GB"),
            metadata={} if simulate is None else {"simulate": simulate},
        )
        holder, _ = await create_holder(by or actor, command)
        if status != "PENDING":
            await (work if by is None else Steps(by, work.catalog, work.bank, work.settings)).screen(holder.id)
        assert await fetchval("SELECT status FROM holders WHERE id = $1", holder.id) == status
        return holder.id

    return make


@pytest.fixture
def issue(actor, catalog):
    """A function that issues a GBP ledger, unless asked otherwise; answers its id."""

    async def make(holder_id=None, *, by=None, **wanted):
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
        ledger, replayed = await issue_ledger(by or actor, command, catalog=catalog)
        assert not replayed
        return ledger.id

    return make


@pytest.fixture
def issue_virtual(actor, catalog):
    """A function that issues a virtual ledger of gold, unless asked otherwise; answers its id."""

    async def make(holder_id=None, **wanted):
        named = None if holder_id is None else str(holder_id)
        command = IssueVirtualLedger(**{"asset": "GOLD", "holder_id": named, **wanted})
        ledger, _ = await issue_virtual_ledger(actor, command, catalog=catalog)
        return ledger.id

    return make


@pytest.fixture
def read(actor):
    """A function that reads a ledger that is there."""

    async def find(ledger_id):
        found = await find_ledger(actor, ledger_id)
        assert found is not None
        return found

    return find


@pytest.fixture
def told(actor):
    """A function that answers the events of one object, oldest first: (type, version, previous)."""

    async def events(resource_id):
        entries = await read_feed(actor, after=0, limit=1_000, wanted=FeedFilter(resource_id=resource_id))
        return [(entry.event.type, entry.event.resource_version, entry.event.previous) for entry in entries]

    return events


@pytest.fixture
def told_types(told):
    """A function that answers the types of the events of one object, oldest first."""

    async def types(resource_id):
        return [event[0] for event in await told(resource_id)]

    return types


class HaltingBank:
    """A bank that says when it was asked, and answers only when it is let."""

    def __init__(self, bank):
        self._bank = bank
        self.before_answer = None

    async def open_account(self, request):
        account = await self._bank.open_account(request)
        if self.before_answer:
            await self.before_answer()
        return account

    async def assign_iban(self, request):
        assigned = await self._bank.assign_iban(request)
        if self.before_answer:
            await self.before_answer()
        return assigned


@pytest.fixture
def halting_bank(bank):
    return HaltingBank(bank)


async def stored_ledger(ledger_id):
    """A ledger's own row."""
    return await fetchrow("SELECT * FROM ledgers WHERE id = $1", ledger_id)


async def posting_account(ledger_id):
    """The posting account behind a ledger."""
    return await fetchrow("SELECT * FROM posting_accounts WHERE id = $1", ledger_id)


class GivingBank:
    """A bank that gives what it is told to."""

    def __init__(self, account=None, iban=None):
        self._account = account or BankAccount()
        self._iban = iban

    async def open_account(self, request):
        return self._account

    async def assign_iban(self, request):
        return AssignedIban(self._iban, "PAYRGB2LXXX")


def some_id():
    """An id of nothing."""
    return str(new_id())
