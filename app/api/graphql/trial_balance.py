"""The trial balance: types and query."""

import datetime as dt

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import described, described_type
from app.api.graphql.scalars import DecimalText
from app.journal import trial_balance
from app.kernel.money import Money


@described_type("All debits and all credits of one asset at one scale.")
class TrialBalanceLine:
    asset: str = described("Of what: `GBP`. Also known as `asset_type`.")
    scale: int = described("How many decimals its amounts have: `2`.")
    debits: DecimalText = described("All that was ever debited: `1234.56`.")
    credits: DecimalText = described("All that was ever credited: `1234.56`.")

    @classmethod
    def of(cls, line: trial_balance.TrialBalanceLine) -> "TrialBalanceLine":
        """The GraphQL view of a line."""
        return cls(
            asset=line.unit.asset,
            scale=line.unit.scale,
            debits=DecimalText(Money(line.debits, line.unit).value),
            credits=DecimalText(Money(line.credits, line.unit).value),
        )


@described_type(
    "Per asset and scale, all debits and all credits, summed from the stored totals in one snapshot. "
    "(`quaestor verify` proves the totals from the entries up.)"
)
class TrialBalance:
    lines: list[TrialBalanceLine] = described("One per asset and scale.")
    balanced: bool = described("Whether debits equal credits in every line: `true`.")
    at: dt.datetime = described("The snapshot's instant: `2026-11-20T12:00:00.123456Z`.")


@strawberry.type
class TrialBalanceQueries:
    """The query of the trial balance."""

    @described("Whether the books balance. Not for one holder's token.")
    async def trial_balance(self, info: Info) -> TrialBalance:
        read = await trial_balance.read_trial_balance(info.context.actor)
        lines = [TrialBalanceLine.of(line) for line in read.lines]
        return TrialBalance(lines=lines, balanced=read.balanced, at=read.at)
