"""A customer with ledgers and wallets to freeze, and to let go below zero."""

import pytest

from app.accounts.create_account import create_account
from app.accounts.orders import CreateAccount, NewWallet
from app.accounts.queries import find_wallet_by_address
from app.controls.freeze import FreezeParty, freeze
from app.controls.set_overdraft_limit import SetOverdraftLimit, set_overdraft_limit
from app.controls.unfreeze import UnfreezeParty, unfreeze
from app.db.connection import fetchrow
from app.db.identifiers import new_id
from app.events.feed import FeedFilter, read_feed
from app.journal.frozen import FreezeScope
from app.kernel.actor import worker_actor
from app.ledgers.issue_ledger import IssueLedger, issue_ledger
from app.ledgers.issue_virtual_ledger import IssueVirtualLedger, issue_virtual_ledger
from app.ledgers.provision_ledger import provision_ledger
from app.ledgers.status import AssetOwner, LedgerUse
from app.partners.adapters.simulator import Simulator
from app.partners.read_catalog import load_catalog
from app.settings import load_settings
from tests.bookkeeping import fund, gbp
from tests.journal.orders import carry_out, kinds, post


@pytest.fixture
def catalog():
    return load_catalog(load_settings(simulator_delay_seconds=0))


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
def ledger(actor, catalog):
    """A function that issues a ledger of the bank with so many pence in it; answers its id."""

    async def make(balance=0, *, asset="GBP", is_provisioned=True, **wanted):
        command = IssueLedger(
            partner_product=f"PayrNet-{asset}-1",
            asset=asset,
            primary_uses=(LedgerUse.PAYMENTS,),
            assets_owned_by=AssetOwner.ME,
            jurisdiction="GB",
            **wanted,
        )
        made, _ = await issue_ledger(actor, command, catalog=catalog)
        if is_provisioned:
            bank = Simulator(catalog, delay_seconds=0)
            await provision_ledger(
                worker_actor(actor.customer_id), made.id, catalog=catalog, partner_for=lambda _: bank
            )
        if balance:
            await fund(actor.customer_id, made.id, balance)
        return made.id

    return make


@pytest.fixture
def gold(actor, catalog):
    """A function that issues a virtual ledger; answers its id."""

    async def make():
        made, _ = await issue_virtual_ledger(actor, IssueVirtualLedger("GOLD"), catalog=catalog)
        return made.id

    return make


@pytest.fixture
def wallet(actor):
    """A function that opens a wallet of pounds in an account of its own, with so many pence in it; answers its id."""

    async def open_one(kind, **wanted):
        reference = str(new_id())
        opened = CreateAccount("CHART", reference, wallets=(NewWallet("default", "GBP", kind, 2, **wanted),))
        await create_account(actor, opened)
        return (await find_wallet_by_address(actor, reference, "default", "GBP")).id

    async def make(balance=0, *, kind="LIABILITY", **wanted):
        made = await open_one(kind, **wanted)
        if balance:
            outside = await open_one("EQUITY", allow_negative=True)
            sides = (made, outside) if kind == "ASSET" else (outside, made)
            assert kinds(await carry_out(actor, post(actor, *sides, balance))) == [True]
        return made

    return make


@pytest.fixture
def make_party(ledger, wallet):
    """A function that makes a ledger or a wallet, by the noun's name."""

    async def make(noun, balance=0):
        return await {"ledger": ledger, "wallet": wallet}[noun](balance)

    return make


@pytest.fixture
def frozen(actor):
    """A function that freezes; answers the ledger or wallet, and whether it was so before."""

    async def go(party_id, scope=FreezeScope.ALL, reason="Court order.", *, by=None, **more):
        return await freeze(by or actor, FreezeParty(str(party_id), reason, scope, **more))

    return go


@pytest.fixture
def unfrozen(actor):
    """A function that unfreezes; answers the ledger or wallet, and whether it was so before."""

    async def go(party_id, reason=None, *, by=None, **more):
        return await unfreeze(by or actor, UnfreezeParty(str(party_id), reason, **more))

    return go


@pytest.fixture
def limited(actor, catalog):
    """A function that sets an overdraft limit in pounds; answers the ledger or wallet, and whether it was so before."""

    async def go(party_id, value, *, by=None, limit=None, **more):
        command = SetOverdraftLimit(str(party_id), limit or gbp(value), **more)
        return await set_overdraft_limit(by or actor, command, catalog=catalog)

    return go


@pytest.fixture
def told(actor):
    """A function that answers the events of one object, oldest first."""

    async def events(resource_id):
        entries = await read_feed(actor, after=0, limit=1_000, wanted=FeedFilter(resource_id=resource_id))
        return [entry.event for entry in entries]

    return events


async def account_row(account_id):
    """A posting account's row."""
    return await fetchrow("SELECT * FROM posting_accounts WHERE id = $1", account_id)
