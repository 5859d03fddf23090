"""What a ledger or wallet held at an instant, read for all of an answer's ledgers and wallets at once."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Context
from app.api.graphql.loaders import load_balance
from app.api.graphql.money import Money
from app.api.graphql.scalars import DateTimeText
from app.db.identifiers import parse_id
from app.kernel.checks import parse_instant

At = Annotated[
    DateTimeText, strawberry.argument(description="Which instant, not in the future: `2026-11-20T12:00:00.123456Z`.")
]


async def balance_at(context: Context, account_id: str, at: DateTimeText) -> Money:
    """The posted balance at an instant.

    :raises Invalid: the instant is malformed or in the future.
    """
    key = parse_id(account_id, ("id",)), parse_instant(at, ("at",))
    found = await load_balance(context, key)
    assert found is not None, "each has a balance, or is refused"
    return Money.of(found.minor_units, found.unit.asset, found.unit.scale)
