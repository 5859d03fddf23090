"""The trial balance: all debits and all credits, per unit, from the stored totals in one snapshot."""

from dataclasses import dataclass
from datetime import datetime

from app.db.connection import fetch
from app.journal.transfer_queries import READ
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden
from app.kernel.money import Unit


@dataclass(frozen=True, slots=True)
class TrialBalanceLine:
    """All debits and all credits of one unit, in its minor units."""

    unit: Unit
    debits: int
    credits: int


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """One line for each unit that has a posting account, by asset and scale, as of `at`."""

    lines: list[TrialBalanceLine]
    at: datetime

    @property
    def balanced(self) -> bool:
        """Whether debits equal credits in each unit."""
        return all(line.debits == line.credits for line in self.lines)


async def read_trial_balance(actor: Actor) -> TrialBalance:
    """The trial balance of all of the customer's books, our own counterparts included.

    :raises Forbidden: the actor is one holder's, whose side of the books never balances.
    """
    actor.require(READ)
    if actor.holder_id is not None:
        message = "The trial balance is over all holders: use an API key, not one holder's token."
        raise Forbidden(message)
    rows = await fetch(
        """
        SELECT moment.at, units.* FROM (SELECT statement_timestamp() AS at) AS moment LEFT JOIN (
            SELECT asset, scale, sum(debits) AS debits, sum(credits) AS credits FROM posting_accounts
            WHERE customer_id = $1 GROUP BY asset, scale
        ) AS units ON true
        ORDER BY asset, scale
        """,
        actor.customer_id,
    )
    lines = [
        TrialBalanceLine(Unit(row["asset"], row["scale"]), row["debits"], row["credits"])
        for row in rows
        if row["asset"] is not None
    ]
    return TrialBalance(lines, rows[0]["at"])
