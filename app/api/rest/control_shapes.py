"""What freezes and overdraft limits take and answer."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.api.rest.fields import Id, JsonNumber, LimitNumber, Text, ToldInstant
from app.api.rest.operation import Body, optional
from app.api.rest.values import FreezeScopeText


class FreezeBody(Body):
    """What to forbid, and why."""

    reason: Text = Field(description="Why: `Court order 2026-117`.")
    scope: FreezeScopeText = Field(default="all", description="Which entries to forbid.")


class UnfreezeBody(Body):
    """Why; may be left out."""

    reason: Text | None = optional("Why: `Court order lifted`.")


class OverdraftLimitBody(Body):
    """The new limit."""

    overdraft_limit: LimitNumber = Field(description="In major units; zero takes it away.")


OverdraftLimitTold = Annotated[
    JsonNumber, Field(description="How far below zero it may go, in major units. Left out where it may not.")
]


class FreezeAnswer(TypedDict):
    """What is forbidden, why, and since when."""

    scope: FreezeScopeText
    reason: str
    frozen_at: ToldInstant


class BalanceAnswer(TypedDict):
    """What a ledger or wallet holds, in major units: exact decimals, a wallet's on its normal side."""

    posted: JsonNumber
    held: Annotated[JsonNumber, Field(description="Reserved by outgoing holds.")]
    available: Annotated[
        JsonNumber, Field(description="What can be spent: posted, less held, with the overdraft limit.")
    ]
    sequence: Annotated[str, Field(description="Entries so far.", examples=["3"])]


class WalletIdAnswer(TypedDict):
    """Which wallet."""

    wallet_id: Id
