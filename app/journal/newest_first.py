"""Read a page of transfers or holds: of a whole customer, or of some posting accounts.

For some accounts, the first rows of each are read from the indexes of the two sides, and merged.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.where import Where
from app.journal.horizon import settled_until
from app.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Sides:
    """Whose sides: a ledger's, a wallet's, one holder's; None means any. A system account belongs to no holder."""

    ledger_id: UUID | None = None
    wallet_id: UUID | None = None
    holder_id: UUID | None = None

    @property
    def is_one_account(self) -> bool:
        """Whether a posting account is named."""
        return self.ledger_id is not None or self.wallet_id is not None


def accounts_sql(where: Where, actor: Actor, sides: Sides) -> str | None:
    """Conditions on the posting accounts `a` whose sides are wanted; None if all of the customer's are."""
    asked = []
    if sides.ledger_id is not None:
        asked.append(f"a.id = {where.place(sides.ledger_id)} AND a.book <> 'WALLET'")
    if sides.wallet_id is not None:
        asked.append(f"a.id = {where.place(sides.wallet_id)} AND a.book = 'WALLET'")
    asked += [f"a.holder_id = {where.place(holder)}" for holder in (actor.holder_id, sides.holder_id) if holder]
    return "".join(f" AND {condition}" for condition in asked) if asked else None


async def add_horizon(where: Where, instant: str, *span: datetime | None, is_one_account: bool) -> None:
    """For a time span, leave out rows so new that older ones can still appear: a caller who continues from the last
    instant seen would miss those. The rows of one account always appear in time order.
    """
    if not is_one_account and any(end is not None for end in span):
        where.add(f"{instant} < {{}}", await settled_until())


def add_effective_span(where: Where, since: datetime | None, before: datetime | None) -> None:
    """Ask for transfers `t` that take effect in this span: the backdated ones by their value date, others by when they
    were posted. What takes effect at an instant was not posted before it.
    """
    if since is None and before is None:
        return
    start = None if since is None else where.place(since)
    end = None if before is None else where.place(before)
    span = [
        " AND ".join([*([f"{date} >= {start}"] if start else []), *([f"{date} < {end}"] if end else [])])
        for date in ("t.effective_at", "t.posted_at")
    ]
    where.add(f"({span[0]} OR t.effective_at IS NULL AND {span[1]})")
    if start:
        where.add(f"t.posted_at >= {start}")


def page_of_sides_sql(table: str, conditions: str, ending: str, accounts: str | None) -> str:
    """A page of a table of two-sided rows `t`: all of the customer's, or only these accounts'. `ending` orders it by an
    instant and the id, and limits it.

    A row between two of these accounts appears once.
    """
    if accounts is None:
        return f"SELECT * FROM {table} AS t WHERE t.customer_id = $1{conditions} {ending}"
    sides = " UNION ALL ".join(
        f"(SELECT * FROM {table} AS t WHERE t.customer_id = $1 AND t.{side}_id = a.id{conditions} {ending})"
        for side in ("debit", "credit")
    )
    instant = ending.split()[2]
    return f"""
        SELECT DISTINCT ON ({instant}, t.id) t.* FROM posting_accounts AS a CROSS JOIN LATERAL ({sides}) AS t
        WHERE a.customer_id = $1 AND NOT a.is_system{accounts} {ending}
    """
