"""A database that an earlier version filled has no value dates: what was posted took effect then. Its keys and cursors
stay good, and value dates and closed books work on it.
"""

import asyncpg
import pytest

from app.db import migrate as module
from app.db.connection import close_database, fetchrow, fetchval, open_database
from app.db.identifiers import new_id
from app.db.migrate import migrate, migrations
from app.idempotency.key import hash_of
from app.journal.balances_at import BalanceDate, balances_at
from app.journal.close_books import CloseBooks, close_books
from app.journal.coalescer import close_coalescer
from app.journal.post_transfer import PostTransfer, post_transfer
from app.journal.transfer_queries import TransferFilter, list_transfers, transfer_cursors
from app.kernel.actor import worker_actor
from app.kernel.clock import rfc3339
from app.kernel.cursor import encode_cursor
from app.kernel.errors import InvalidState
from app.proof.date_rules import DATE_RULES
from app.proof.prove_books import prove_books
from tests.bookkeeping import gbp

pytestmark = pytest.mark.postgres15

BEFORE = "0018"
OCTOBER = "2025-10-31T12:00:00.000000Z"
FILL = """
    INSERT INTO customers VALUES ($1, 'Example', now());
    INSERT INTO feeds (customer_id) VALUES ($1);
    INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative, held,
                                  debits, credits, sequence, last_posted_at)
    VALUES ($1, $2, 'BANK', 'GBP', 2, 'CREDIT', true, true, 0, 30, 0, 1, now() - interval '1 hour'),
           ($1, $3, 'BANK', 'GBP', 2, 'CREDIT', true, false, 0, 0, 30, 1, now() - interval '1 hour');
    INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                           debit_balance_after, credit_id, credit_sequence, credit_balance_after, posted_at)
    VALUES ($1, $4, 'INTER_LEDGER', 30, 'GBP', 2, $2, 1, -30, $3, 1, 30, now() - interval '1 hour');
    INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)
    VALUES ($1, 'postTransfer', 'old', decode($5, 'hex'), $4, now())
"""


@pytest.fixture
async def filled(fresh_url):
    """A database of the version before value dates with one transfer, migrated; answers the ids."""
    known = migrations()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "migrations", lambda: [one for one in known if one.name < BEFORE])
        await migrate(fresh_url)
    ids = [new_id() for _ in range(4)]
    # As the version before hashed the command: with these five and no more.
    old_hash = hash_of("postTransfer", (str(ids[1]), str(ids[2]), "3e-1 GBP", None, None)).hex()
    connection = await asyncpg.connect(fresh_url)
    text = FILL
    for number, value in enumerate([*map(str, ids), old_hash], 1):
        text = text.replace(f"${number}", f"'{value}'")
    await connection.execute(text)
    await connection.close()
    assert [name for name in await migrate(fresh_url) if name.startswith(("0018", "0019"))] == [
        "0018_value_dates",
        "0019_backdated_transfers",
    ]
    await open_database(fresh_url, pool_size=5, application_name="quaestor-tests")
    yield ids
    await close_coalescer()
    await close_database()


def moved(debit_id, credit_id, key, effective_at=None):
    return PostTransfer(
        debit_id=str(debit_id),
        credit_id=str(credit_id),
        amount=gbp("0.30"),
        idempotency_key=key,
        effective_at=effective_at,
    )


async def test_goes_on_with_what_an_earlier_version_filled(filled):
    customer_id, payer, payee, transfer_id = filled
    actor = worker_actor(customer_id)
    old, replayed = await post_transfer(actor, moved(payer, payee, "old"))
    assert (old.id, replayed, old.effective_at) == (transfer_id, True, old.posted_at)

    dated, _ = await post_transfer(actor, moved(payer, payee, "new", OCTOBER))

    wanted = [(payee, dated.effective_at), (payee, old.posted_at)]
    effective = await balances_at(actor, wanted, by=BalanceDate.EFFECTIVE)
    assert [one.minor_units for one in effective] == [30, 60]
    assert [one.minor_units for one in await balances_at(actor, wanted)] == [0, 30]
    await close_books(actor, CloseBooks(OCTOBER))
    with pytest.raises(InvalidState, match="closed through"):
        await post_transfer(actor, moved(payer, payee, "late", OCTOBER))
    found = {one.rule for one in (await prove_books()).findings.kept}
    assert not found & {rule.name for rule in DATE_RULES}


async def test_takes_a_cursor_of_an_earlier_version(filled):
    customer_id, payer, payee, transfer_id = filled
    actor = worker_actor(customer_id)
    new, _ = await post_transfer(actor, moved(payer, payee, "new"))
    cursor = encode_cursor(["transfers", {}], [rfc3339(new.posted_at).replace("Z", "+00:00"), str(new.id)])
    assert [one.id for one in await list_transfers(actor, TransferFilter(), limit=5, after=cursor)] == [transfer_id]
    assert transfer_cursors(TransferFilter(), [new]) == [cursor]


async def test_lets_an_earlier_version_post_beside_this_one(filled):
    """It names no value date, and knows no closed books: what it posts takes effect when it is posted."""
    customer_id, payer, payee, _ = filled
    await close_books(worker_actor(customer_id), CloseBooks(OCTOBER))
    row = await fetchrow(
        """
        INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                               debit_balance_after, credit_id, credit_sequence, credit_balance_after, posted_at)
        VALUES ($1, $2, 'INTER_LEDGER', 30, 'GBP', 2, $3, 2, -60, $4, 2, 60, now()) RETURNING effective_at
        """,
        customer_id,
        new_id(),
        payer,
        payee,
    )
    assert row["effective_at"] is None
    assert await fetchval("SELECT count(*) FROM backdated_days") == 0
