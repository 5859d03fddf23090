"""The objects of the rich books that damages and findings name."""

from app.db.connection import fetchrow, fetchval
from app.db.identifiers import new_id
from app.journal.amounts import exact
from app.journal.carry_out_batch import Done
from app.journal.coalescer import Coalescer
from app.journal.instructions import Post
from tests.bookkeeping import GBP, fund, open_account
from tests.proof.key_damages import use_every_key

NOTHING = "0197a3c2-5b6e-7c11-8f00-0123456789a8"


async def name_objects(books):
    """The ids that damages and findings name. Adds one account with one entry, and one with a balance below zero."""
    customer_id = books.customer_id
    lone, negative = await open_account(customer_id), await open_account(customer_id, allow_negative=True)
    await fund(customer_id, lone, 500)
    await _move(books.actor, negative, await open_account(customer_id), 70)
    lone_transfer = await fetchrow("SELECT * FROM transfers WHERE credit_id = $1", lone)
    last = await fetchval(
        "SELECT id FROM transfers WHERE debit_id = $1 ORDER BY debit_sequence DESC LIMIT 1", books.first
    )
    capture = await fetchval("SELECT id FROM transfers WHERE hold_id = $1", books.captured)
    ids = {name: getattr(books, name) for name in books.__slots__ if name not in {"actor", "api_key"}}
    return {
        **ids,
        **await use_every_key(books.actor),
        "customer_id": customer_id,
        "nothing": NOTHING,
        "lone": lone,
        "lone_payer": lone_transfer["debit_id"],
        "lone_transfer": lone_transfer["id"],
        "lone_event": await _event_of(lone_transfer["id"]),
        "negative": negative,
        "last": last,
        "last_event": await _event_of(last),
        "transfer_event": await _event_of(books.transfer),
        "reversed_event": await _event_of(books.reversed),
        "reversal_event": await _event_of(books.reversal),
        "forced_event": await _event_of(books.forced),
        "backdated_event": await _event_of(books.backdated),
        "capture": capture,
        "hold_of_pending": await fetchval("SELECT id FROM holds WHERE payment_id = $1", books.pending),
        "grouped_event": await _event_of(books.grouped),
        "group_key": await _key_of(books.group_reversal),
        "transfer_key": await _key_of(books.transfer),
        "reversed_key": await _key_of(books.reversed),
        "reversal_key": await _key_of(books.reversal),
        "capture_key": await _key_of(capture),
        "placed_key": await _key_of(books.placed),
        "release_key": await fetchval(
            "SELECT min(key) FROM idempotency_keys WHERE customer_id = $1 AND operation = 'releaseHold'", customer_id
        ),
        "received_key": await _key_of(books.received),
        "declined_key": await _key_of(books.declined),
        "settlement": await fetchval("SELECT credit_id FROM holds WHERE id = $1 OR payment_id = $1", books.pending),
        "vault": await fetchval(
            "SELECT id FROM system_accounts WHERE customer_id = $1 AND system_key = 'vault:GOLD'", customer_id
        ),
        "next_of_first": await _entry_after(books.transfer, books.first),
        "next_of_second": await _entry_after(books.transfer, books.second),
    }


async def _move(actor, debit_id, credit_id, minor_units):
    post = Post(
        actor=actor,
        resource_id=new_id(),
        key=None,
        debit_id=debit_id,
        credit_id=credit_id,
        amount=exact(minor_units, GBP),
    )
    (outcome,) = await Coalescer().submit(actor.customer_id, [post])
    assert isinstance(outcome, Done)


async def _event_of(resource_id):
    return await fetchval("SELECT id FROM events WHERE resource_id = $1", resource_id)


async def _key_of(resource_id):
    return await fetchval("SELECT key FROM idempotency_keys WHERE resource_id = $1", resource_id)


async def _entry_after(transfer_id, account_id):
    """The entry of this account that comes after this transfer's, as findings name it."""
    entries = """
        SELECT id, 'debit' AS side, debit_id AS account_id, debit_sequence AS sequence FROM transfers UNION ALL
        SELECT id, 'credit', credit_id, credit_sequence FROM transfers
    """
    row = await fetchrow(
        f"""
        WITH entries AS ({entries})
        SELECT entry.* FROM entries AS known JOIN entries AS entry
        ON entry.account_id = known.account_id AND entry.sequence = known.sequence + 1
        WHERE known.id = $1 AND known.account_id = $2
        """,
        transfer_id,
        account_id,
    )
    return f"{row['side']} of transfer {row['id']}"
