"""What wallets hold by accounting type and unit: types, and the report over all of them."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import strawberry

from app.accounts import accounting, unit_balances
from app.api.graphql.account_enums import AccountingType
from app.api.graphql.balance_at import By, PerhapsAt
from app.api.graphql.context import Context, Info
from app.api.graphql.described import described, described_type
from app.api.graphql.journal_enums import BalanceDate
from app.api.graphql.loaders import load_account_balances
from app.api.graphql.money import Money, money_of
from app.api.graphql.views import show, shows, view
from app.kernel.checks import parse_instant


@shows(
    unit_balances.UnitBalance,
    asset=lambda line: line.shown.unit.asset,
    scale=lambda line: line.shown.unit.scale,
    **{part: money_of(part) for part in ("posted", "held", "available")},
)
@described_type("What several ledgers or wallets of one unit hold together.")
class UnitBalance:
    asset: str = described("What is summed: `USD`.")
    scale: int = described("How many decimals its amounts have: `2`.")
    accounting_type: AccountingType | None = described("Of wallets: `LIABILITY`. Null of ledgers.")
    posted: Money = described('All that is posted: `{ value: "10.00" }`.')
    held: Money | None = described("Reserved by outgoing holds. Null with `at`.")
    available: Money | None = described("posted - held + overdraft limits. Null with `at`.")
    count: int = described("How many ledgers or wallets: `2`.")


@shows(unit=lambda line: view(line.shown, line.context))
@described_type("Of all wallets of one accounting type and unit, on that type's normal side.")
class AccountingBalance:
    accounting_type: AccountingType = described("Of which type: `LIABILITY`.")
    unit: UnitBalance = described("What they hold together.")


@described_type(
    "All wallets by accounting type and unit. Per unit: assets + expenses = liabilities + equity + revenue."
)
class AccountingReport:
    lines: list[AccountingBalance] = described("One for each unit and type that has a wallet.")
    balanced: bool = described("Whether the equation holds in every unit: `true`.")
    at: dt.datetime = described("As of when: `2026-11-20T12:00:00.123456Z`.")


@strawberry.type
class AccountingQueries:
    """The query of the report."""

    @described(
        "What all wallets hold, by accounting type: assets, liabilities, equity, revenue and expenses in each "
        "currency, now or at an instant. Not for one holder's token."
    )
    async def accounting_report(
        self, info: Info, at: PerhapsAt = None, by: By = BalanceDate.POSTED
    ) -> AccountingReport:
        instant = None if at is None else parse_instant(at, ("at",))
        read = await accounting.read_accounting_report(info.context.actor, instant, by or BalanceDate.POSTED)
        lines = _by_type(read.lines, info.context)
        return AccountingReport(lines=lines, balanced=read.balanced, at=read.at)


async def accounting_balances(
    context: Context, account_id: UUID, at: str | None, by: BalanceDate | None
) -> list[AccountingBalance]:
    """What the wallets of an account hold, now or at an instant.

    :raises Invalid: the instant is malformed or in the future.
    """
    if at is None:
        lines = await load_account_balances(context, account_id) or []
    else:
        instant = parse_instant(at, ("at",))
        lines = await accounting.balances_of_account_at(context.actor, account_id, instant, by or BalanceDate.POSTED)
    return _by_type(lines, context)


def _by_type(lines: Sequence[unit_balances.UnitBalance], context: Context) -> list[AccountingBalance]:
    return [show(AccountingBalance, shown=line, context=context) for line in lines]
