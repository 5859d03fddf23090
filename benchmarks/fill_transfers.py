"""Many transfers at once, by SQL, as the journal would have left them: entries, totals, keys, events and their feed."""

from uuid import UUID

from app.db.connection import Connection, fetchval, pool
from app.events.number_events import number_events

CHUNK = 100_000
BACKDATED_SECONDS_MAX = 3_600.0

# The accounts pay in turn, and the receivers rotate, so that all of them move equally.
_TRANSFERS_SQL = """
    CREATE TEMPORARY TABLE new_transfers ON COMMIT DROP AS
    SELECT n, $4::timestamptz + n * interval '1 microsecond' AS posted_at,
           (lpad(to_hex((extract(epoch FROM $4::timestamptz) * 1000)::bigint + n / 1000), 12, '0') || '7'
            || lpad(to_hex(n % 4096), 3, '0') || '8' || lpad(to_hex(n), 14, '0') || '0')::uuid AS id,
           debited.id AS debit_id, credited.id AS credit_id
    FROM generate_series($2::bigint, $3::bigint) AS n
    JOIN places AS debited ON debited.place = n % $1::bigint
    JOIN places AS credited ON credited.place = (n % $1::bigint + 1 + n / $1::bigint % ($1::bigint - 1)) % $1::bigint
"""
_ENTRIES_SQL = """
    CREATE TEMPORARY TABLE new_entries ON COMMIT DROP AS
    SELECT e.n, e.change, e.account_id, a.sequence + row_number() OVER in_order AS sequence,
           a.credits - a.debits + sum(e.change) OVER in_order AS balance_after
    FROM (SELECT n, -1 AS change, debit_id AS account_id FROM new_transfers
          UNION ALL SELECT n, 1, credit_id FROM new_transfers) AS e
    JOIN posting_accounts AS a ON a.customer_id = $1 AND a.id = e.account_id
    WINDOW in_order AS (PARTITION BY e.account_id ORDER BY e.n)
"""
_POST_SQL = """
    INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                           debit_balance_after, credit_id, credit_sequence, credit_balance_after, posted_at,
                           effective_at)
    SELECT $1, t.id, 'INTER_LEDGER', 1, 'GBP', 2, t.debit_id, d.sequence, d.balance_after, t.credit_id, c.sequence,
           c.balance_after, t.posted_at,
           t.posted_at - interval '1 day' - (t.n * 7919 %% (%(days_back)s * 86400::bigint)) * interval '1 second'
    FROM new_transfers AS t
    JOIN new_entries AS d ON d.n = t.n AND d.change = -1
    JOIN new_entries AS c ON c.n = t.n AND c.change = 1
"""
_TOTALS_SQL = """
    UPDATE posting_accounts AS a
    SET debits = a.debits + e.debits, credits = a.credits + e.credits, sequence = e.sequence,
        last_posted_at = e.posted_at
    FROM (SELECT account_id, count(*) FILTER (WHERE change = -1) AS debits,
                 count(*) FILTER (WHERE change = 1) AS credits, max(sequence) AS sequence, max(posted_at) AS posted_at
          FROM new_entries JOIN new_transfers USING (n) GROUP BY account_id) AS e
    WHERE a.customer_id = $1 AND a.id = e.account_id
"""
_KEYS_SQL = """
    INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)
    SELECT $1, 'postTransfer', md5(id::text), sha256(id::text::bytea), id, posted_at FROM new_transfers
"""
_EVENTS_SQL = """
    INSERT INTO events (customer_id, id, type, resource_type, resource_id, resource_version, body, body_format,
                        body_checksum, via, actor, occurred_at)
    SELECT $1, id, 'transfer.posted', 'transfer', id, 1, '', 111, 0, 'graphql', 'benchmark', posted_at
    FROM new_transfers
"""
_QUEUE_SQL = """
    INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, debit_id, credit_id,
                                   occurred_at)
    SELECT $1, id, 'transfer.posted', 'transfer', id, debit_id, credit_id, posted_at FROM new_transfers ORDER BY n
"""


# As if each had been posted in a batch of its own, which makes the most rows.
_BACKDATED_SQL = """
    WITH entries AS (
        SELECT debit_id AS account_id, posted_at, effective_at, amount_minor_units AS debited, 0 AS credited
        FROM transfers WHERE customer_id = $1 AND effective_at IS NOT NULL
        UNION ALL
        SELECT credit_id, posted_at, effective_at, 0, amount_minor_units
        FROM transfers WHERE customer_id = $1 AND effective_at IS NOT NULL
    ), days AS (
        INSERT INTO backdated_days (customer_id, account_id, day, debits, credits, entry_count)
        SELECT $1, account_id, (effective_at AT TIME ZONE 'UTC')::date, sum(debited), sum(credited), count(*)
        FROM entries GROUP BY 2, 3
    )
    INSERT INTO backdated_totals (customer_id, account_id, posted_at, credited)
    SELECT $1, account_id, posted_at, sum(credited - debited) OVER (PARTITION BY account_id ORDER BY posted_at)
    FROM entries
"""


async def fill_transfers(customer_id: UUID, count: int, *, days_back: int | None = None) -> None:
    """`count` transfers of a penny between the customer's ledgers, after those there are; then fresh statistics.

    With `days_back` all of them are backdated, to so many days in turn; then it is called once.
    """
    for first in range(0, count, CHUNK):
        async with pool().acquire() as connection, connection.transaction():
            await _fill(connection, customer_id, min(CHUNK, count - first), days_back)
        await number_events(customer_id)
    if days_back is not None:
        await pool().execute(_BACKDATED_SQL, customer_id, timeout=BACKDATED_SECONDS_MAX)
        await pool().execute("ANALYZE backdated_days")
        await pool().execute("ANALYZE backdated_totals")
    for table in ("transfers", "posting_accounts", "idempotency_keys", "events", "feed_entries"):
        await pool().execute(f"ANALYZE {table}")


async def _fill(connection: Connection, customer_id: UUID, count: int, days_back: int | None) -> None:
    ledgers = await fetchval("SELECT count(*) FROM ledgers WHERE customer_id = $1", customer_id)
    since = await fetchval("SELECT max(last_posted_at) FROM posting_accounts WHERE customer_id = $1", customer_id)
    await connection.execute(
        "CREATE TEMPORARY TABLE places ON COMMIT DROP AS"
        " SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM ledgers WHERE customer_id = $1",
        customer_id,
    )
    await connection.execute("ANALYZE places")
    await connection.execute(_TRANSFERS_SQL, ledgers, 1, count, since)
    await connection.execute("ANALYZE new_transfers")
    await connection.execute(_ENTRIES_SQL, customer_id)
    await connection.execute("ANALYZE new_entries")
    post = _POST_SQL % {"days_back": "NULL" if days_back is None else days_back}
    for sql in (post, _TOTALS_SQL, _KEYS_SQL, _EVENTS_SQL, _QUEUE_SQL):
        await connection.execute(sql, customer_id)
