"""What a ledger or wallet held at an instant, read for all that are asked for at once."""

import datetime as dt
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from app.api.graphql.context import Context
from app.api.graphql.money import Money
from app.api.graphql.scalars import DateTimeText
from app.db.identifiers import parse_id
from app.journal.balances_at import balances_at
from app.kernel import money
from app.kernel.checks import parse_instant
from app.kernel.errors import DomainError

At = Annotated[
    DateTimeText, strawberry.argument(description="Which instant, not in the future: `2026-11-20T12:00:00.123456Z`.")
]


async def balance_at(context: Context, account_id: str, at: DateTimeText) -> Money:
    """The posted balance at an instant.

    :raises Invalid: the instant is malformed or still to come.
    """
    key = parse_id(account_id, ("id",)), parse_instant(at, ("at",))
    found = await context.once(_balances).load(key)
    return Money.of(found.minor_units, found.unit.asset, found.unit.scale)


def _balances(context: Context) -> "DataLoader[tuple[UUID, dt.datetime], money.Money]":
    async def load(wanted: list[tuple[UUID, dt.datetime]]) -> list[money.Money | DomainError]:
        return await balances_at(context.actor, wanted)

    return DataLoader(load_fn=load)
