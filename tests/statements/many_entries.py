"""Two wallets with very many entries, written by SQL as the journal would have left them."""

ENTRIES = 100_000
POST_SQL = """
    INSERT INTO transfers (customer_id, id, kind, amount_minor_units, asset, scale, debit_id, debit_sequence,
                           debit_balance_after, credit_id, credit_sequence, credit_balance_after, reference, posted_at)
    SELECT $1, gen_random_uuid(), 'WALLET', 1, 'USD', 2, $2, n, -n, $3, n, n, 'number ' || n,
           '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second'
    FROM generate_series(1, $4::integer) AS n
"""
TOTALS_SQL = f"""
    UPDATE posting_accounts SET sequence = {ENTRIES}, last_posted_at = '2026-01-03T00:00:00Z',
           debits = CASE WHEN id = $2 THEN {ENTRIES} ELSE 0 END, credits = CASE WHEN id = $2 THEN 0 ELSE {ENTRIES} END
    WHERE customer_id = $1 AND id IN ($2, $3)
"""


async def post_many(database, customer_id, debit_id, credit_id):
    """So many pennies from one wallet to the other in January 2026; they have no other entries."""
    await database.execute(POST_SQL, customer_id, debit_id, credit_id, ENTRIES)
    await database.execute(TOTALS_SQL, customer_id, debit_id, credit_id)
