"""What several ledgers and wallets hold together."""

from typing import Annotated

import strawberry

from app.accounts.orders import check_currency, check_reference
from app.accounts.queries import READ
from app.accounts.unit_balances import READ_LEDGERS, BalanceFilter, OfHolder, read_balances
from app.api.graphql.accounting import UnitBalance
from app.api.graphql.balance_at import By
from app.api.graphql.context import Context, Info
from app.api.graphql.described import argument, described
from app.api.graphql.journal_enums import BalanceDate
from app.api.graphql.known_assets import check_assets
from app.api.graphql.loaders import load_holder_balances
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.scalars import DateTimeText, JSONValue
from app.api.graphql.views import view
from app.db.identifiers import parse_id
from app.kernel.checks import check_count, check_metadata, parse_instant

AtOrNow = Annotated[
    DateTimeText | None, argument("Which instant, not in the future: `2026-11-20T12:00:00Z`. Without it: now.")
]
WORK_OF_HOLDER = 10
WORK_OF_ALL = 1_000


@strawberry.type
class UnitBalanceQueries:
    """The query of balances."""

    @described(
        "What all ledgers and wallets hold together that the arguments name, per unit and accounting type, now or "
        "at an instant. Lines of which the scope is lacking (`ledgers:read`, `accounts:read`) are left out.",
        work=WORK_OF_ALL,
    )
    async def balances(
        self,
        info: Info,
        holder_id: Annotated[
            strawberry.ID | None, argument(f"This holder's: `{EXAMPLE_ID}`. Also known as `holder_id`.")
        ] = None,
        account_reference: Annotated[str | None, argument("The wallets of this account: `customer123`.")] = None,
        asset: Annotated[list[str] | None, argument('Of these: `["GBP", "USD"]`.')] = None,
        metadata: Annotated[
            JSONValue | None, argument('Containment: whose metadata contains this: `{"brand": "north"}`.')
        ] = None,
        at: AtOrNow = None,
        by: By = BalanceDate.POSTED,
    ) -> list[UnitBalance]:
        wanted = BalanceFilter(
            holder_id=None if holder_id is None else parse_id(holder_id, ("holderId",)),
            account_reference=(
                None if account_reference is None else check_reference(account_reference, ("accountReference",))
            ),
            asset=_assets(asset),
            metadata=None if metadata is None else check_metadata(metadata, ("metadata",)),
        )
        instant = None if at is None else parse_instant(at, ("at",))
        await check_assets(info.context, wanted.asset or (), ("asset",), READ, READ_LEDGERS)
        lines = await read_balances(info.context.actor, wanted, instant, by or BalanceDate.POSTED)
        return [view(line, info.context) for line in lines]


def _assets(given: list[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    check_count(given, ("asset",))
    return tuple(check_currency(one.upper(), ("asset", str(place))) for place, one in enumerate(given))


async def balances_of_holder(
    context: Context, holder_id: str, at: str | None, by: BalanceDate | None
) -> list[UnitBalance]:
    """What a holder's ledgers and wallets hold, now or at an instant.

    :raises Invalid: the instant is malformed or in the future.
    """
    instant = None if at is None else parse_instant(at, ("at",))
    lines = await load_holder_balances(
        context, OfHolder(parse_id(holder_id, ("id",)), instant, by or BalanceDate.POSTED)
    )
    assert lines is not None, "each holder has lines, or is refused"
    assert not isinstance(lines, Exception), "a refusal is raised"
    return [view(line, context) for line in lines]
