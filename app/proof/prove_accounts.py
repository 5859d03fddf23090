"""Prove each posting account's totals, and each of its entries, from the entries up.

PostgreSQL sorts and sums, one range of accounts at a time. This process reads one row per account, page by page.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from uuid import UUID

from app.db.connection import Connection, Record
from app.proof.findings import Finding, Findings

ENTRIES_PER_RANGE = 4_000_000
"""About how many entries are sorted at a time: at most a gigabyte of PostgreSQL's temporary files."""
ROWS_PER_PAGE = 1_000
FIRST_ID = UUID(int=0)
LAST_ID = UUID(int=2**128 - 1)

# The last account of each range. A damaged `sequence` only makes a range larger or smaller.
_RANGES_SQL = """
    SELECT DISTINCT ON (part) id, part FROM (
        SELECT id, div(sum(sequence) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING), $2) AS part
        FROM posting_accounts WHERE customer_id = $1
    ) AS parted ORDER BY part, id DESC
"""

# If one entry breaks the running balance, all entries after it differ too. Only the first one of such a chain counts:
# it also differs from what the entry before it leads to.
_ENTRIES_SQL = """
    WITH stored AS (
        SELECT *, CASE normal_side WHEN 'CREDIT' THEN 1 ELSE -1 END AS sign
        FROM posting_accounts WHERE customer_id = $1 AND id BETWEEN $2 AND $3
    ), entries AS (
        SELECT id AS transfer_id, 'debit' AS side, debit_id AS account_id, debit_sequence AS sequence,
               - amount_minor_units AS raised, debit_balance_after AS balance_after, posted_at
        FROM transfers WHERE customer_id = $1 AND debit_id BETWEEN $2 AND $3
        UNION ALL
        SELECT id, 'credit', credit_id, credit_sequence, amount_minor_units, credit_balance_after, posted_at
        FROM transfers WHERE customer_id = $1 AND credit_id BETWEEN $2 AND $3
    ), steps AS (
        SELECT entries.*,
               lag(sequence, 1, 0::bigint) OVER in_order + 1 AS sequence_due,
               lag(balance_after, 1, 0::numeric) OVER in_order AS balance_before,
               lag(posted_at, 1, posted_at) OVER in_order AS posted_before,
               lead(sequence) OVER in_order IS NULL AS is_last,
               sum(raised) OVER (in_order ROWS UNBOUNDED PRECEDING) AS running
        FROM entries WINDOW in_order AS (PARTITION BY account_id ORDER BY sequence, posted_at, transfer_id)
    ), judged AS (
        SELECT s.*, sign * running AS balance_due,
               s.sequence <> sequence_due AS is_out_of_sequence,
               balance_after <> sign * running AND balance_after <> balance_before + sign * raised AS is_off_balance,
               posted_at < posted_before AS is_too_early
        FROM steps AS s LEFT JOIN stored ON stored.id = s.account_id
    )
"""
_ACCOUNTS_SQL = f"""
    {_ENTRIES_SQL}, counted AS (
        SELECT account_id, count(*) AS entry_count,
               coalesce(- sum(raised) FILTER (WHERE side = 'debit'), 0) AS debits,
               coalesce(sum(raised) FILTER (WHERE side = 'credit'), 0) AS credits,
               max(posted_at) FILTER (WHERE is_last) AS last_posted_at,
               count(*) FILTER (WHERE is_out_of_sequence) AS out_of_sequence,
               count(*) FILTER (WHERE is_off_balance) AS off_balance,
               count(*) FILTER (WHERE is_too_early) AS too_early
        FROM judged GROUP BY account_id
    )
    SELECT coalesce(stored.id, account_id) AS id, stored.id IS NOT NULL AS is_there,
           concat_ws(' ', book, asset || '/' || scale) AS unit,
           stored.debits::text AS stored_debits, coalesce(counted.debits, 0)::text AS debits,
           stored.credits::text AS stored_credits, coalesce(counted.credits, 0)::text AS credits,
           stored.sequence AS stored_sequence, coalesce(entry_count, 0) AS entry_count,
           stored.last_posted_at::text AS stored_last_posted_at, counted.last_posted_at::text AS last_posted_at,
           coalesce(out_of_sequence, 0) AS out_of_sequence, coalesce(off_balance, 0) AS off_balance,
           coalesce(too_early, 0) AS too_early
    FROM stored FULL JOIN counted ON account_id = stored.id
"""
_WRONG_ENTRIES_SQL = f"""
    {_ENTRIES_SQL}
    SELECT transfer_id, side, sequence, sequence_due, balance_after::text AS balance_after,
           balance_due::text AS balance_due, posted_at::text AS posted_at, posted_before::text AS posted_before
    FROM judged
    WHERE CASE $4::text
        WHEN 'entry-sequence' THEN is_out_of_sequence
        WHEN 'entry-balance' THEN is_off_balance
        ELSE is_too_early
    END
    ORDER BY sequence, posted_at, transfer_id LIMIT $5
"""
ENTRY_RULES = {
    "entry-sequence": "out_of_sequence",
    "entry-balance": "off_balance",
    "entry-time": "too_early",
}
"""Rules of entries, and the column that counts how many of an account's entries break each."""


@dataclass(slots=True)
class UnitTotals:
    """All debits and credits of one unit and book, as stored with the accounts and as the entries add up to."""

    stored_debits: int = 0
    stored_credits: int = 0
    debits: int = 0
    credits: int = 0

    def add(self, row: Record) -> None:
        """Add the totals of an account."""
        self.stored_debits += _whole(row["stored_debits"])
        self.stored_credits += _whole(row["stored_credits"])
        self.debits += _whole(row["debits"])
        self.credits += _whole(row["credits"])


@dataclass(slots=True)
class AccountsProof:
    """How much was checked, and the totals of each unit."""

    accounts: int = 0
    entries: int = 0
    units: dict[str, UnitTotals] = field(default_factory=dict)


async def prove_accounts(
    connection: Connection, customer_id: UUID, findings: Findings, tell: Callable[[str], None], *, seconds_max: float
) -> AccountsProof:
    """Prove a customer's posting accounts, entries and units in the open snapshot; `tell` is called with progress."""
    proof = AccountsProof()
    async for first, last in _ranges(connection, customer_id, seconds_max):
        rows = connection.cursor(_ACCOUNTS_SQL, customer_id, first, last, prefetch=ROWS_PER_PAGE, timeout=seconds_max)
        async for row in rows:
            _prove_totals(row, customer_id, findings, proof)
            await _find_wrong_entries(connection, customer_id, row, findings, seconds_max)
        tell(f"{proof.accounts:,} accounts, {proof.entries:,} entries")
    _prove_units(customer_id, findings, proof)
    return proof


async def _ranges(connection: Connection, customer_id: UUID, seconds_max: float) -> AsyncIterator[tuple[UUID, UUID]]:
    """First and last id of each range; together the ranges cover every possible id."""
    rows = await connection.fetch(_RANGES_SQL, customer_id, ENTRIES_PER_RANGE, timeout=seconds_max)
    first = FIRST_ID
    for row in rows[:-1]:
        yield first, row["id"]
        first = UUID(int=row["id"].int + 1)
    yield first, LAST_ID


def _prove_totals(row: Record, customer_id: UUID, findings: Findings, proof: AccountsProof) -> None:
    proof.entries += row["entry_count"]

    def find(rule: str, stored: object, expected: object) -> None:
        findings.add(Finding(customer_id, rule, "posting account", str(row["id"]), str(stored), str(expected)))

    if not row["is_there"]:
        find("account-exists", "no such posting account", f"one, for its {row['entry_count']} entries")
        return
    proof.accounts += 1
    proof.units.setdefault(row["unit"], UnitTotals()).add(row)
    for column in ("debits", "credits"):
        if row[f"stored_{column}"] != row[column]:
            find(f"account-{column}", row[f"stored_{column}"], row[column])
    if row["stored_sequence"] != row["entry_count"]:
        find("account-sequence", row["stored_sequence"], f"{row['entry_count']}, the number of its entries")
    if row["stored_last_posted_at"] != row["last_posted_at"]:
        find("account-last-posted-at", row["stored_last_posted_at"], row["last_posted_at"])


async def _find_wrong_entries(
    connection: Connection, customer_id: UUID, account: Record, findings: Findings, seconds_max: float
) -> None:
    for rule, column in ENTRY_RULES.items():
        count, told = account[column], 0
        if count and findings.room(rule) > 0:
            account_id = account["id"]
            rows = await connection.fetch(
                _WRONG_ENTRIES_SQL, customer_id, account_id, account_id, rule, findings.room(rule), timeout=seconds_max
            )
            told = len(rows)
            for row in rows:
                findings.add(_finding_of_entry(customer_id, rule, row))
        findings.add_uncounted(rule, count - told)


def _finding_of_entry(customer_id: UUID, rule: str, row: Record) -> Finding:
    match rule:
        case "entry-sequence":
            stored, expected = str(row["sequence"]), str(row["sequence_due"])
        case "entry-balance":
            stored, expected = row["balance_after"], row["balance_due"]
        case _:
            stored, expected = row["posted_at"], f"{row['posted_before']} or later, as the entry before it"
    return Finding(customer_id, rule, f"{row['side']} of transfer", str(row["transfer_id"]), stored, expected)


def _prove_units(customer_id: UUID, findings: Findings, proof: AccountsProof) -> None:
    for unit, totals in proof.units.items():
        for rule, debited, credited in (
            ("unit-totals", totals.stored_debits, totals.stored_credits),
            ("unit-entries", totals.debits, totals.credits),
        ):
            if debited != credited:
                findings.add(Finding(customer_id, rule, "unit", unit, f"{debited} debited", f"{credited}, as credited"))


def _whole(text: str) -> int:
    """The number; 0 for `NaN`, which a damaged column can hold, and which a finding of the account reports."""
    return int(text) if text != "NaN" else 0
