"""What is backdated, summed by account and day, and by account and batch: so that a balance by value date is found
without reading a whole history.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from app.db.statement import Statement, rows_sql
from app.journal.records import Transfer

_DAYS_SQL = f"""
    INSERT INTO backdated_days AS d (customer_id, account_id, day, debits, credits, entry_count)
    SELECT customer_id, account_id, day, debits::numeric, credits::numeric, entry_count
    FROM {rows_sql("uuid date text text bigint", "account_id, day, debits, credits, entry_count")}
    ON CONFLICT (customer_id, account_id, day) DO UPDATE
    SET debits = d.debits + excluded.debits, credits = d.credits + excluded.credits,
        entry_count = d.entry_count + excluded.entry_count
"""
# The accounts are locked by an earlier statement, so the last row of each is the newest there is.
_TOTALS_SQL = f"""
    INSERT INTO backdated_totals (customer_id, account_id, posted_at, credited)
    SELECT n.customer_id, n.account_id, $2, n.credited::numeric + coalesce(last.credited, 0)
    FROM {rows_sql("uuid text", "account_id, credited")} LEFT JOIN LATERAL (
        SELECT t.credited FROM backdated_totals AS t
        WHERE t.customer_id = n.customer_id AND t.account_id = n.account_id ORDER BY t.posted_at DESC LIMIT 1
    ) AS last ON true
"""


class _Sum:
    """The entries of one account on one day."""

    __slots__ = ("count", "credits", "debits")

    def __init__(self) -> None:
        self.debits = self.credits = self.count = 0


def add_backdated(statement: Statement, posted: Iterable[Transfer]) -> None:
    """Add those of these transfers that are backdated to the sums of their accounts, which are locked."""
    days: defaultdict[tuple[UUID, date], _Sum] = defaultdict(_Sum)
    credited: defaultdict[UUID, int] = defaultdict(int)
    for one in posted:
        if one.backdated_to is not None:
            day = _day(one.backdated_to)
            of_debit, of_credit = days[one.debit.account_id, day], days[one.credit.account_id, day]
            of_debit.debits += one.amount
            of_debit.count += 1
            of_credit.credits += one.amount
            of_credit.count += 1
            credited[one.debit.account_id] -= one.amount
            credited[one.credit.account_id] += one.amount
    if not days:
        return
    statement.add(
        "backdated_by_day",
        _DAYS_SQL,
        [account_id for account_id, _ in days],
        [day for _, day in days],
        [str(sums.debits) for sums in days.values()],
        [str(sums.credits) for sums in days.values()],
        [sums.count for sums in days.values()],
    )
    statement.add("backdated_by_batch", _TOTALS_SQL, list(credited), [str(change) for change in credited.values()])


def _day(instant: datetime) -> date:
    """The day in UTC, in which every instant of ours is."""
    return instant.date()
