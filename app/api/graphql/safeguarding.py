"""Safeguarding: an omnibus ledger against the wallets that it backs."""

import datetime as dt
from typing import Annotated

import strawberry

from app.accounts import safeguarding
from app.api.graphql.balance_at import PerhapsAt
from app.api.graphql.context import Info
from app.api.graphql.described import argument, described, described_type
from app.api.graphql.ledgers import Ledger
from app.api.graphql.loaders import load_ledger
from app.api.graphql.money import Money
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.views import shows, view
from app.db.identifiers import parse_id
from app.kernel.checks import parse_instant

LedgerId = Annotated[strawberry.ID, argument(f"Which ledger: `{EXAMPLE_ID}`.")]


@shows(
    safeguarding.Safeguarding,
    balance=lambda view: Money.of(view.shown.balance),
    wallets=lambda view: Money.of(view.shown.wallets),
    difference=lambda view: Money.of(view.shown.difference),
)
@described_type("`difference` below zero: wallets hold more than the ledger.")
class Safeguarding:
    balance: Money = described('What the ledger holds: `{ value: "1000.00" }`.')
    wallets: Money = described(
        "What its LIABILITY wallets hold together, each below zero as zero, with the decimals of the finest: "
        '`{ value: "990.00" }`.'
    )
    difference: Money = described('The balance less the wallets; below zero they hold more: `{ value: "10.00" }`.')
    wallet_count: int = described("How many open wallets of the type LIABILITY: `3`.")
    at: dt.datetime = described("As of when: `2026-11-20T12:00:00.123456Z`.")
    shown: strawberry.Private[safeguarding.Safeguarding]

    @described("The ledger as it now is.")
    async def ledger(self, info: Info) -> Ledger:
        return view(await load_ledger(info.context, self.shown.ledger_id), info.context)


@strawberry.type
class SafeguardingQueries:
    """The query of safeguarding."""

    @described(
        "An omnibus ledger against the wallets of the accounts that it backs, now or at an instant: of the "
        "accounts that it backed then, and never changed by what comes later. Null where there is no such ledger. "
        "Needs the scopes `ledgers:read` and `accounts:read`; not for one holder's token."
    )
    async def safeguarding(self, info: Info, ledger_id: LedgerId, at: PerhapsAt = None) -> Safeguarding | None:
        key = parse_id(ledger_id, ("ledgerId",))
        instant = None if at is None else parse_instant(at, ("at",))
        read = await safeguarding.read_safeguarding(info.context.actor, key, instant)
        return view(read, info.context)
