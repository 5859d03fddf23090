"""What a ledger or wallet held at an instant, read for all of an answer's ledgers and wallets at once."""

from typing import Annotated, Any

from app.api.graphql.context import Info
from app.api.graphql.described import argument, described
from app.api.graphql.journal_enums import BalanceDate
from app.api.graphql.loaders import load_balance, load_effective_balance
from app.api.graphql.money import Money
from app.api.graphql.scalars import DateTimeText
from app.db.identifiers import parse_id
from app.kernel.checks import parse_instant

At = Annotated[DateTimeText, argument("Which instant, not in the future: `2026-11-20T12:00:00.123456Z`.")]
PerhapsAt = Annotated[DateTimeText | None, argument("Which instant, not in the future: `2026-11-20T12:00:00Z`.")]
By = Annotated[
    BalanceDate | None, argument("Which date counts: when entries were posted, or their value dates: `EFFECTIVE`.")
]


def balance_at_with(scope: str) -> Any:
    """The field `balanceAt` of a ledger or wallet, which takes this scope."""

    @described(
        "What was posted to it by an instant, entries of that very instant included, which never changes later. By "
        "value date: what took effect by then, which only backdated transfers change, and nothing once the books are "
        "closed.",
        needs=scope,
    )
    async def balance_at(self: Any, info: Info, at: At, by: By = BalanceDate.POSTED) -> Money:
        key = parse_id(self.id, ("id",)), parse_instant(at, ("at",))
        found = await (load_effective_balance if by is BalanceDate.EFFECTIVE else load_balance)(info.context, key)
        assert found is not None, "each has a balance, or is refused"
        return Money.of(found)

    return balance_at
