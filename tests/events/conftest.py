"""A customer whose feed is empty, and events to fill it with."""

import itertools
from datetime import UTC, datetime

import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.journal.post_transfer import PostTransfer, post_transfer
from tests.bookkeeping import gbp, open_account

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
def happen(actor):
    """Commit one event; answers its id."""

    async def happen(event_type="ledger.created", *, of=None, resource_id=None, holder_id=None, version=1):
        by = of or actor
        resource = Resource(event_type.split(".")[0], resource_id or new_id(), version, holder_id)
        async with transaction() as tx:
            return await record_event(tx, by, event_type, resource, {"version": version})

    return happen


@pytest.fixture
def make_holder(actor):
    """Make a holder of which there is nothing but its row; answers its id."""

    async def make():
        holder_id = new_id()
        await pool().execute(
            "INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)"
            " VALUES ($1, $2, 'ENDUSER', 'OK', 'PERSON', 'Ada', now(), now())",
            actor.customer_id,
            holder_id,
        )
        return holder_id

    return make


@pytest.fixture
def make_ledger(actor):
    """Make a ledger of which there are nothing but its rows, last changed at an instant of long ago; answers its id."""

    async def make(**account):
        ledger_id = await open_account(actor.customer_id, **account)
        await pool().execute(
            "INSERT INTO ledgers (customer_id, id, type, is_virtual, asset_class, asset, scale, status, primary_uses,"
            " assets_owned_by, jurisdiction, partner_product, iban_status, created_at, updated_at)"
            " VALUES ($1, $2, 'SINGLE_USER', false, 'CURRENCY', 'GBP', 2, 'OK', '{FEES}', 'ME', 'GB', 'P', 'PENDING',"
            " $3, $3)",
            actor.customer_id,
            ledger_id,
            LONG_AGO,
        )
        await pool().execute("INSERT INTO ledger_changes VALUES ($1, $2, $3)", actor.customer_id, ledger_id, LONG_AGO)
        return ledger_id

    return make


@pytest.fixture
def post(actor):
    """Post a transfer between two posting accounts; answers it."""
    numbers = itertools.count()

    async def post(debit_id, credit_id, value="1.00"):
        command = PostTransfer(
            debit_id=str(debit_id), credit_id=str(credit_id), amount=gbp(value), idempotency_key=f"key-{next(numbers)}"
        )
        transfer, _ = await post_transfer(actor, command)
        return transfer

    return post
