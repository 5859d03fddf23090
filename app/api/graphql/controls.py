"""A freeze, as ledgers and wallets show it. What freezes them is in control_mutations.py."""

import datetime as dt

from app.api.graphql.described import described, described_enum, described_type
from app.api.graphql.views import shows
from app.journal import frozen

FreezeScope = frozen.FreezeScope
described_enum(
    FreezeScope,
    "Which entries a freeze forbids. Example: `DEBITS`.",
    {
        FreezeScope.DEBITS: "Nothing is debited: nothing leaves a ledger.",
        FreezeScope.CREDITS: "Nothing is credited: nothing comes into a ledger.",
        FreezeScope.ALL: "Nothing is debited or credited.",
    },
)


@shows(frozen.Freeze)
@described_type("What is forbidden on a ledger or wallet, why, and since when.")
class Freeze:
    scope: FreezeScope = described("What is forbidden: `DEBITS`.")
    reason: str = described("Why, in your words: `Court order 2026-117`.")
    frozen_at: dt.datetime = described("Since when: `2026-11-20T12:00:00.123456Z`.")
