"""Rules of value dates: what is backdated, its sums, and closed books."""

from app.proof.findings import Rule

_BACKDATED_SQL = """
    SELECT account_id, posted_at, (effective_at AT TIME ZONE 'UTC')::date AS day,
           CASE side WHEN 'debit' THEN amount ELSE 0 END AS debited,
           CASE side WHEN 'credit' THEN amount ELSE 0 END AS credited
    FROM (
        SELECT 'debit' AS side, debit_id AS account_id, posted_at, effective_at, amount_minor_units AS amount
        FROM transfers WHERE customer_id = $1 AND effective_at IS NOT NULL
        UNION ALL
        SELECT 'credit', credit_id, posted_at, effective_at, amount_minor_units
        FROM transfers WHERE customer_id = $1 AND effective_at IS NOT NULL
    ) AS entries
"""
# The books' events say when they were closed through which instant. Events of a customer's books are few.
_CLOSED_SQL = """
    SELECT occurred_at AS since, (body::jsonb -> 'data' ->> 'closed_through')::timestamptz AS closed_through,
           lead(occurred_at, 1, 'infinity') OVER (ORDER BY resource_version) AS until
    FROM events WHERE customer_id = $1 AND resource_type = 'books'
"""

DATE_RULES = (
    Rule(
        "transfer-effective-at",
        "transfer",
        """
        SELECT id AS object_id, effective_at AS stored,
               format('an instant before %s, when it was posted, or nothing', posted_at) AS expected
        FROM transfers WHERE customer_id = $1 AND effective_at >= posted_at
        """,
    ),
    Rule(
        "backdated-days",
        "posting account",
        f"""
        SELECT coalesce(stored.account_id, due.account_id) AS object_id,
               concat(coalesce(stored.day, due.day), ': ',
                      format('%s debited and %s credited by %s entries', coalesce(stored.debits, 0),
                             coalesce(stored.credits, 0), coalesce(stored.entry_count, 0))) AS stored,
               format('%s debited and %s credited by %s entries, as backdated to that day', coalesce(due.debits, 0),
                      coalesce(due.credits, 0), coalesce(due.entry_count, 0)) AS expected
        FROM (SELECT * FROM backdated_days WHERE customer_id = $1) AS stored
        FULL JOIN (
            SELECT account_id, day, sum(debited) AS debits, sum(credited) AS credits, count(*) AS entry_count
            FROM ({_BACKDATED_SQL}) AS backdated GROUP BY account_id, day
        ) AS due ON due.account_id = stored.account_id AND due.day = stored.day
        WHERE (stored.debits, stored.credits, stored.entry_count)
            IS DISTINCT FROM (due.debits, due.credits, due.entry_count)
        """,
    ),
    Rule(
        "backdated-totals",
        "posting account",
        f"""
        SELECT coalesce(stored.account_id, due.account_id) AS object_id,
               format('%s credited up to %s', coalesce(stored.credited::text, 'nothing'),
                      coalesce(stored.posted_at, due.posted_at)) AS stored,
               format('%s, as backdated and posted up to then', coalesce(due.credited::text, 'nothing')) AS expected
        FROM (SELECT * FROM backdated_totals WHERE customer_id = $1) AS stored
        FULL JOIN (
            SELECT account_id, posted_at,
                   sum(sum(credited - debited)) OVER (PARTITION BY account_id ORDER BY posted_at) AS credited
            FROM ({_BACKDATED_SQL}) AS backdated GROUP BY account_id, posted_at
        ) AS due ON due.account_id = stored.account_id AND due.posted_at = stored.posted_at
        WHERE stored.credited IS DISTINCT FROM due.credited
        """,
    ),
    Rule(
        "closed-books",
        "transfer",
        f"""
        SELECT transfer.id AS object_id,
               format('effective at %s, posted at %s', coalesce(transfer.effective_at, transfer.posted_at),
                      transfer.posted_at) AS stored,
               format('effective after %s, through which the books were closed when it was posted',
                      closed.closed_through) AS expected
        FROM ({_CLOSED_SQL}) AS closed
        JOIN transfers AS transfer ON transfer.posted_at > closed.since AND transfer.posted_at <= closed.until
        WHERE transfer.customer_id = $1
            AND coalesce(transfer.effective_at, transfer.posted_at) <= closed.closed_through
        """,
    ),
    Rule(
        "books-event",
        "books",
        """
        SELECT $1::uuid AS object_id,
               format('%s, version %s', coalesce('closed through ' || stored.closed_through, 'open'),
                      coalesce(stored.version, 0)) AS stored,
               format('%s, version %s, as the last event says',
                      coalesce('closed through ' || told.closed_through, 'open'), coalesce(told.version, 0)) AS expected
        FROM (SELECT $1::uuid AS customer_id) AS customer
        LEFT JOIN closed_books AS stored ON stored.customer_id = customer.customer_id
        LEFT JOIN (
            SELECT (body::jsonb -> 'data' ->> 'closed_through')::timestamptz AS closed_through,
                   resource_version AS version
            FROM events WHERE customer_id = $1 AND resource_type = 'books' ORDER BY resource_version DESC LIMIT 1
        ) AS told ON true
        WHERE stored.closed_through IS DISTINCT FROM told.closed_through
            OR coalesce(stored.version, 0) <> coalesce(told.version, 0)
        """,
    ),
)
