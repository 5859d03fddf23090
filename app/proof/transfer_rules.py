"""Rules of transfers, reversals and holds."""

from app.journal.status import IRREVERSIBLE
from app.proof.findings import Rule

_IRREVERSIBLE_SQL = ", ".join(f"'{kind.value}'" for kind in sorted(IRREVERSIBLE))
_AMOUNT_EXPECTED = "a whole number of minor units above zero, of at most 38 digits"
_IS_NO_AMOUNT_SQL = "NOT amount_minor_units BETWEEN 1 AND 10::numeric(38, 0) ^ 38 - 1"


def _sides_sql(table: str) -> str:
    """The sides, for transfers and holds alike."""
    return f"""
        SELECT moved.id AS object_id,
               format('%s/%s, debited in %s %s/%s, credited in %s %s/%s', moved.asset, moved.scale, debited.book,
                      debited.asset, debited.scale, credited.book, credited.asset, credited.scale) AS stored,
               'two posting accounts of one book, both of its unit' AS expected
        FROM {table} AS moved
        LEFT JOIN posting_accounts AS debited
            ON debited.customer_id = moved.customer_id AND debited.id = moved.debit_id
        LEFT JOIN posting_accounts AS credited
            ON credited.customer_id = moved.customer_id AND credited.id = moved.credit_id
        WHERE moved.customer_id = $1 AND (
            moved.debit_id = moved.credit_id
            OR (debited.asset, debited.scale) IS DISTINCT FROM (moved.asset, moved.scale)
            OR (credited.asset, credited.scale) IS DISTINCT FROM (moved.asset, moved.scale)
            OR debited.book IS DISTINCT FROM credited.book
        )
    """


TRANSFER_RULES = (
    Rule(
        "transfer-amount",
        "transfer",
        f"""
        SELECT id AS object_id, amount_minor_units AS stored, '{_AMOUNT_EXPECTED}' AS expected
        FROM transfers WHERE customer_id = $1 AND {_IS_NO_AMOUNT_SQL}
        """,
    ),
    Rule("transfer-sides", "transfer", _sides_sql("transfers")),
    Rule(
        "transfer-kind",
        "transfer",
        """
        SELECT t.id AS object_id,
               concat(t.kind, ' in the book ', debited.book, ', of payment ' || t.payment_id,
                      ', reversing ' || t.reverses_id) AS stored,
               'the kind that its book, payment and reversal make it' AS expected
        FROM transfers AS t
        JOIN posting_accounts AS debited ON debited.customer_id = t.customer_id AND debited.id = t.debit_id
        WHERE t.customer_id = $1 AND (
            (t.kind = 'REVERSAL') <> (t.reverses_id IS NOT NULL)
            OR (t.kind IN ('PAYMENT_IN', 'PAYMENT_OUT')) <> (t.payment_id IS NOT NULL)
            OR CASE t.kind
                WHEN 'WALLET' THEN debited.book <> 'WALLET'
                WHEN 'INTER_LEDGER' THEN debited.book = 'WALLET'
                WHEN 'REVERSAL' THEN false
                WHEN 'PAYMENT_IN' THEN debited.book <> 'BANK'
                WHEN 'PAYMENT_OUT' THEN debited.book <> 'BANK'
                ELSE debited.book <> 'VIRTUAL'
            END
        )
        """,
    ),
    Rule(
        "reversal-mirrors",
        "transfer",
        f"""
        SELECT reversal.id AS object_id,
               format('%s %s/%s from %s to %s', reversal.amount_minor_units, reversal.asset, reversal.scale,
                      reversal.debit_id, reversal.credit_id) AS stored,
               CASE WHEN original.id IS NULL THEN format('the reverse of transfer %s, which is not there',
                                                         reversal.reverses_id)
                    WHEN original.kind IN ({_IRREVERSIBLE_SQL}) THEN format('none: transfer %s is a %s',
                                                                            original.id, original.kind)
                    ELSE format('at most %s %s/%s from %s to %s, the reverse of transfer %s, and not before it',
                                original.amount_minor_units, original.asset, original.scale, original.credit_id,
                                original.debit_id, original.id)
               END AS expected
        FROM transfers AS reversal
        LEFT JOIN transfers AS original
            ON original.customer_id = reversal.customer_id AND original.id = reversal.reverses_id
        WHERE reversal.customer_id = $1 AND reversal.reverses_id IS NOT NULL AND (
            original.id IS NULL
            OR original.kind IN ({_IRREVERSIBLE_SQL})
            OR reversal.posted_at < original.posted_at
            OR reversal.amount_minor_units > original.amount_minor_units
            OR (reversal.asset, reversal.scale, reversal.debit_id, reversal.credit_id)
               <> (original.asset, original.scale, original.credit_id, original.debit_id)
        )
        """,
    ),
    Rule(
        "reversed-at-most",
        "transfer",
        """
        SELECT original.id AS object_id,
               format('%s reversed, by %s reversals', reversals.amount, reversals.count) AS stored,
               format('at most %s, what it moved', original.amount_minor_units) AS expected
        FROM (
            SELECT reverses_id, sum(amount_minor_units) AS amount, count(*) AS count
            FROM transfers WHERE customer_id = $1 AND reverses_id IS NOT NULL GROUP BY reverses_id
        ) AS reversals
        JOIN transfers AS original ON original.customer_id = $1 AND original.id = reversals.reverses_id
        WHERE reversals.amount > original.amount_minor_units
        """,
    ),
    # An atomic batch is one transaction: its time is one, and its transfers are all posted or all reversals.
    Rule(
        "group-is-one",
        "group",
        """
        SELECT group_id AS object_id,
               format('%s transfers from %s to %s, %s of them reversals', count(*), min(posted_at), max(posted_at),
                      count(reverses_id)) AS stored,
               'transfers of one instant and batch: all of them reversals, or none' AS expected
        FROM transfers WHERE customer_id = $1 AND group_id IS NOT NULL
        GROUP BY group_id
        HAVING min(posted_at) <> max(posted_at) OR count(reverses_id) NOT IN (0, count(*)) OR count(payment_id) > 0
            OR count(hold_id) > 0
        """,
    ),
    Rule(
        "capture-fits-hold",
        "transfer",
        """
        SELECT capture.id AS object_id,
               format('%s %s/%s from %s to %s', capture.amount_minor_units, capture.asset, capture.scale,
                      capture.debit_id, capture.credit_id) AS stored,
               CASE WHEN hold.id IS NULL THEN format('a capture of hold %s, which is not there', capture.hold_id)
                    ELSE format('%s/%s from %s to %s, as hold %s, and while it was placed', hold.asset, hold.scale,
                                hold.debit_id, hold.credit_id, hold.id)
               END AS expected
        FROM transfers AS capture
        LEFT JOIN holds AS hold ON hold.customer_id = capture.customer_id AND hold.id = capture.hold_id
        WHERE capture.customer_id = $1 AND capture.hold_id IS NOT NULL AND (
            hold.id IS NULL
            OR capture.posted_at < hold.created_at
            OR capture.posted_at > hold.updated_at
            OR capture.payment_id IS DISTINCT FROM hold.payment_id
            OR (capture.asset, capture.scale, capture.debit_id, capture.credit_id)
               <> (hold.asset, hold.scale, hold.debit_id, hold.credit_id)
        )
        """,
    ),
)

HOLD_RULES = (
    Rule(
        "hold-amount",
        "hold",
        f"""
        SELECT id AS object_id, amount_minor_units AS stored, '{_AMOUNT_EXPECTED}' AS expected
        FROM holds WHERE customer_id = $1 AND {_IS_NO_AMOUNT_SQL}
        """,
    ),
    Rule("hold-sides", "hold", _sides_sql("holds")),
    # Where an earlier version ended a hold, its transfers alone tell what of the rest was captured.
    Rule(
        "hold-transfers",
        "hold",
        """
        SELECT hold.id AS object_id,
               format('%s, its transfers move %s%s', hold.status, coalesce(captures.amount, 0),
                      ', the last of them ' || captures.last_id) AS stored,
               CASE WHEN hold.is_of_earlier AND hold.status = 'CAPTURED'
                    THEN format('transfers of more than %s, and at most its amount', hold.captured)
                    ELSE format('transfers of %s%s', hold.captured, ', the last of them ' || hold.last_transfer_id)
               END AS expected
        FROM (
            SELECT *, coalesce(captured_minor_units, 0) AS captured,
                   status <> 'PLACED' AND parts_version IS DISTINCT FROM version AS is_of_earlier
            FROM holds WHERE customer_id = $1
        ) AS hold LEFT JOIN (
            SELECT hold_id, sum(amount_minor_units) AS amount,
                   (array_agg(id ORDER BY posted_at DESC, id DESC))[1] AS last_id
            FROM transfers WHERE customer_id = $1 AND hold_id IS NOT NULL GROUP BY hold_id
        ) AS captures ON captures.hold_id = hold.id
        WHERE CASE WHEN hold.is_of_earlier AND hold.status = 'CAPTURED'
            THEN coalesce(captures.amount, 0) - hold.captured NOT BETWEEN 1 AND hold.amount_minor_units
            ELSE hold.captured <> coalesce(captures.amount, 0)
                 OR hold.last_transfer_id IS DISTINCT FROM captures.last_id
        END
        """,
    ),
    Rule(
        "hold-parts",
        "hold",
        """
        SELECT id AS object_id,
               format('%s: %s, of which %s captured and %s released at version %s', status, amount_minor_units,
                      captured_minor_units, released_minor_units, parts_version) AS stored,
               CASE WHEN status = 'PLACED'
                    THEN format('what remains, and what was captured and released at version %s', version)
                    WHEN status = 'CAPTURED' THEN 'the sum of what was captured and released, some of it captured'
                    ELSE 'all of it released'
               END AS expected
        FROM holds WHERE customer_id = $1 AND captured_minor_units IS NOT NULL AND (
            captured_minor_units < 0 OR released_minor_units IS NULL OR released_minor_units < 0
            OR status = 'PLACED' AND parts_version IS DISTINCT FROM version
            OR status <> 'PLACED' AND parts_version = version AND (
                amount_minor_units <> captured_minor_units + released_minor_units
                OR (status = 'CAPTURED') <> (captured_minor_units > 0)
            )
        )
        """,
    ),
    Rule(
        "account-held",
        "posting account",
        """
        SELECT account.id AS object_id, account.held AS stored,
               format('%s, the sum of its placed holds', coalesce(placed.held, 0)) AS expected
        FROM posting_accounts AS account LEFT JOIN (
            SELECT account_id, lowers, sum(amount_minor_units) AS held FROM (
                SELECT debit_id AS account_id, 'CREDIT' AS lowers, amount_minor_units
                FROM holds WHERE customer_id = $1 AND status = 'PLACED'
                UNION ALL
                SELECT credit_id, 'DEBIT', amount_minor_units
                FROM holds WHERE customer_id = $1 AND status = 'PLACED'
            ) AS sides GROUP BY account_id, lowers
        ) AS placed ON placed.account_id = account.id AND placed.lowers = account.normal_side
        WHERE account.customer_id = $1 AND account.held <> coalesce(placed.held, 0)
        """,
    ),
    Rule(
        "account-floor",
        "posting account",
        """
        SELECT id AS object_id, format('a balance of %s with %s held', balance, held) AS stored,
               format('at least what is held, or %s below that: its overdraft limit, and what a bank had done', below)
                   AS expected
        FROM (
            SELECT id, held, CASE normal_side WHEN 'CREDIT' THEN credits - debits ELSE debits - credits END AS balance,
                   coalesce(overdraft_limit, 0) + coalesce(forced_below, 0) AS below
            FROM posting_accounts WHERE customer_id = $1 AND NOT allow_negative
        ) AS floored WHERE balance + below < 0 OR balance + below < held
        """,
    ),
)
