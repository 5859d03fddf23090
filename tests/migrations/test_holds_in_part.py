"""Holds of a database that an earlier version filled, and holds that an earlier version ends while this one runs."""

import hashlib
import json

import asyncpg
import pytest

from app.access.open_customer import open_customer
from app.db import migrate as module
from app.db.connection import close_database, fetch, fetchrow, open_database, pool
from app.db.identifiers import new_id
from app.db.migrate import migrate, migrations
from app.journal.adjust_hold import AdjustHold, adjust_hold
from app.journal.capture_hold import CaptureHold, capture_hold
from app.journal.coalescer import close_coalescer
from app.journal.hold_queries import HoldFilter, find_hold, list_holds
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.release_hold import ReleaseHold, release_hold
from app.journal.reverse_transfer import ReverseTransfer, reverse_transfer
from app.journal.status import HoldStatus
from app.journal.transfer_queries import TransferFilter, list_transfers
from app.kernel.actor import worker_actor
from app.kernel.cursor import encode_cursor
from app.kernel.errors import InvalidState
from app.proof.prove_books import prove_books
from tests.bookkeeping import balance_of, fund, gbp, nothing_changes, open_account
from tests.journal.orders import carry_out, made, place

pytestmark = pytest.mark.postgres15

# What an earlier version writes when it ends a hold: it knows neither of the new columns.
END_AS_EARLIER = "UPDATE holds SET status = $2, version = version + 1, updated_at = clock_timestamp() WHERE id = $1"
CAPTURE_AS_EARLIER = """
    INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                           debit_balance_after, credit_id, credit_sequence, credit_balance_after, hold_id, posted_at)
    SELECT hold.customer_id, gen_random_uuid(), 'INTER_LEDGER', $2, hold.asset, hold.scale, hold.debit_id,
           payer.sequence + 1, payer.credits - payer.debits - $2, hold.credit_id, payee.sequence + 1,
           payee.credits - payee.debits + $2, hold.id, clock_timestamp()
    FROM holds AS hold
    JOIN posting_accounts AS payer ON payer.customer_id = hold.customer_id AND payer.id = hold.debit_id
    JOIN posting_accounts AS payee ON payee.customer_id = hold.customer_id AND payee.id = hold.credit_id
    WHERE hold.id = $1 RETURNING id
"""


@pytest.fixture
async def serving(fresh_url):
    """A database as the version before this one left it, migrated on demand; answers how."""
    known = migrations()
    earlier = [one for one in known if one.name < "0014"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "migrations", lambda: earlier)
        await migrate(fresh_url)
    yield fresh_url
    await close_coalescer()
    await close_database()


def parts(hold):
    return hold.status, hold.amount, hold.captured, hold.released, hold.remaining


async def test_reads_and_goes_on_with_the_holds_of_an_earlier_version(serving):
    connection = await asyncpg.connect(serving)
    customer_id, payer, payee, transfer_id, *ids = (new_id() for _ in range(8))
    await connection.execute("INSERT INTO customers VALUES ($1, 'Example', now())", customer_id)
    await connection.execute(
        """
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative, held,
                                      debits, credits, sequence, last_posted_at)
        VALUES ($1, $2, 'BANK', 'GBP', 2, 'CREDIT', true, true, 70, 30, 0, 1, now()),
               ($1, $3, 'BANK', 'GBP', 2, 'CREDIT', true, true, 0, 0, 30, 1, now())
        """,
        *(customer_id, payer, payee),
    )
    await connection.execute(
        """
        INSERT INTO holds (customer_id, id, status, amount_minor_units, asset, scale, debit_id, credit_id, expires_at,
                           version, created_at, updated_at)
        SELECT $1, id, status, 70, 'GBP', 2, $2, $3, '9998-01-01Z', CASE status WHEN 'PLACED' THEN 1 ELSE 2 END, now(),
               now()
        FROM unnest($4::uuid[], '{PLACED,CAPTURED,RELEASED,EXPIRED}'::text[]) AS n (id, status)
        """,
        *(customer_id, payer, payee, ids),
    )
    await connection.execute(
        """
        INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                               debit_balance_after, credit_id, credit_sequence, credit_balance_after, hold_id,
                               posted_at)
        VALUES ($1, $2, 'INTER_LEDGER', 30, 'GBP', 2, $3, 1, -30, $4, 1, 30, $5, now())
        """,
        *(customer_id, transfer_id, payer, payee, ids[1]),
    )
    await connection.close()

    await migrate(serving)
    await open_database(serving, pool_size=3, application_name="quaestor-tests")

    actor = worker_actor(customer_id)
    assert [parts(await find_hold(actor, hold_id)) for hold_id in ids] == [
        (HoldStatus.PLACED, 70, 0, 0, 70),
        (HoldStatus.CAPTURED, 70, 30, 40, 0),
        (HoldStatus.RELEASED, 70, 0, 70, 0),
        (HoldStatus.EXPIRED, 70, 0, 70, 0),
    ]
    assert (await find_hold(actor, ids[1])).transfer_id == transfer_id
    captured, _ = await capture_hold(actor, CaptureHold(str(ids[0]), "a", gbp("0.50"), final=False))
    assert parts(captured) == (HoldStatus.PLACED, 70, 50, 0, 20)
    for hold_id in ids[1:]:
        async with nothing_changes():
            with pytest.raises(InvalidState):
                await capture_hold(actor, CaptureHold(str(hold_id), "b"))
    assert await release_hold(actor, ReleaseHold(str(ids[2]))) == (await find_hold(actor, ids[2]), True)


@pytest.mark.parametrize("status", ["CAPTURED", "RELEASED", "EXPIRED"])
async def test_understands_how_an_earlier_version_ends_a_hold_in_parts(serving, status):
    """The earlier version takes `amount_minor_units` for what it has to give back, and captures at most that."""
    await migrate(serving)
    await open_database(serving, pool_size=3, application_name="quaestor-tests")
    actor = worker_actor((await open_customer("Example Ltd")).customer_id)
    payer, payee = await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id)
    await fund(actor.customer_id, payee, 1)
    (outcome,) = await carry_out(actor, place(actor, payer, payee, 100, expires_at=None))
    held = made(outcome)
    await capture_hold(actor, CaptureHold(str(held.id), "a", gbp("0.30"), final=False))
    await release_hold(actor, ReleaseHold(str(held.id), "b", gbp("0.10")))
    await adjust_hold(actor, AdjustHold(str(held.id), "c", gbp("1.20")))
    row = await fetchrow("SELECT * FROM holds")
    assert (row["amount_minor_units"], (await balance_of(actor.customer_id, payer))[1]) == (80, 80)

    await pool().execute("UPDATE holds SET expires_at = '9998-01-01Z'")
    if status == "CAPTURED":
        transfer_id = (await pool().fetchrow(CAPTURE_AS_EARLIER, held.id, 50))["id"]
    await pool().execute(END_AS_EARLIER, held.id, status)

    ended = await find_hold(actor, held.id)
    more = 50 if status == "CAPTURED" else 0
    assert parts(ended) == (HoldStatus[status], 120, 30 + more, 90 - more, 0)
    if status == "CAPTURED":
        assert ended.transfer_id == transfer_id
    found = {one.rule for one in (await prove_books()).findings.kept}
    assert not {rule for rule in found if "hold" in rule} - {"account-held", "hold-events"}  # Not written here.


async def test_ends_untouched_holds_as_an_earlier_version_does(serving):
    await migrate(serving)
    await open_database(serving, pool_size=3, application_name="quaestor-tests")
    actor = worker_actor((await open_customer("Example Ltd")).customer_id)
    payer, payee = await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id)
    (outcome,) = await carry_out(actor, place(actor, payer, payee, 100))
    await pool().execute(END_AS_EARLIER, made(outcome).id, "RELEASED")
    ended = await find_hold(actor, made(outcome).id)
    assert parts(ended) == (HoldStatus.RELEASED, 100, 0, 100, 0)


async def test_keeps_the_keys_and_cursors_of_an_earlier_version(serving):
    """Hashes and cursors as that version made them, of whatever it knew."""
    await migrate(serving)
    await open_database(serving, pool_size=3, application_name="quaestor-tests")
    actor = worker_actor((await open_customer("Example Ltd")).customer_id)
    payer, payee = await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id)
    sides = {"debit_id": str(payer), "credit_id": str(payee), "amount": gbp("1.00")}
    posted, _ = await post_transfer(actor, PostTransfer(**sides, idempotency_key="a"))
    held, _ = await place_hold(actor, PlaceHold(**sides, idempotency_key="a", reference="Rent"))
    other, _ = await place_hold(actor, PlaceHold(**sides, idempotency_key="b"))
    await capture_hold(actor, CaptureHold(str(held.id), "a"))
    await release_hold(actor, ReleaseHold(str(other.id), "a"))
    await reverse_transfer(actor, ReverseTransfer(str(posted.id), "a", "Paid twice"))
    amount = "1e0 GBP"
    earlier = {
        "postTransfer": [str(payer), str(payee), amount, None, None],
        "placeHold": [str(payer), str(payee), amount, "Rent", None, None],
        "captureHold": [str(held.id), None],
        "releaseHold": [str(other.id)],
        "reverseTransfer": [str(posted.id), "Paid twice"],
    }
    hashes = {
        operation: hashlib.sha256(json.dumps([operation, content], separators=(",", ":")).encode()).digest()
        for operation, content in earlier.items()
    }
    rows = await fetch("SELECT operation, command_hash FROM idempotency_keys WHERE key = 'a'")
    assert {row["operation"]: row["command_hash"] for row in rows} == hashes

    transfers = await list_transfers(actor, TransferFilter(), limit=9)
    cursor = encode_cursor(["transfers", {}], [transfers[0].posted_at.isoformat(), str(transfers[0].id)])
    assert await list_transfers(actor, TransferFilter(), limit=9, after=cursor) == transfers[1:]
    of_rent = encode_cursor(["transfers", {"reference": "'Rent'"}], ["2999-01-01T00:00:00+00:00", str(posted.id)])
    assert len(await list_transfers(actor, TransferFilter(reference="Rent"), limit=9, after=of_rent)) == 1
    cursor = encode_cursor(["holds", {}], [other.created_at.isoformat(), str(other.id)])
    assert [one.id for one in await list_holds(actor, HoldFilter(), limit=9, after=cursor)] == [held.id]
