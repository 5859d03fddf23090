"""Safeguarding over REST: an omnibus ledger against the wallets that it backs."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from app.accounts.safeguarding import SCOPES, read_safeguarding
from app.api.rest.fields import EXAMPLE_INSTANT, Id, Instant, JsonNumber, ToldInstant, number_of
from app.api.rest.ledgers import LEDGER, TAG
from app.api.rest.operation import Answer, Asked, Operation, Parameters, optional
from app.db.identifiers import parse_id
from app.kernel.checks import parse_instant
from app.kernel.errors import NotFound
from app.kernel.money import Money


class SafeguardingParameters(Parameters):
    """As of when."""

    at: Instant | None = optional("An instant that has passed. Left out: now.", examples=[EXAMPLE_INSTANT])


class SafeguardingAnswer(TypedDict):
    """A ledger against the wallets of the accounts that it backs, in major units."""

    ledger_id: Id
    asset_type: str
    balance: Annotated[JsonNumber, Field(description="What the ledger holds.")]
    wallets: Annotated[
        JsonNumber, Field(description="What its LIABILITY wallets hold together, each below zero as zero.")
    ]
    difference: Annotated[JsonNumber, Field(description="The one less the other. Below zero, wallets hold more.")]
    wallet_count: Annotated[int, Field(description="How many open wallets of the type LIABILITY.")]
    at: Annotated[ToldInstant, Field(description="As of when.")]


async def _fetch(asked: Asked, given: SafeguardingParameters) -> Answer:
    ledger_id = parse_id(asked.names["ledger_id"], ("ledger_id",))
    at = None if given.at is None else parse_instant(given.at, ("at",))
    read = await read_safeguarding(asked.actor, ledger_id, at)
    if read is None:
        raise NotFound("There is no such ledger.")
    return Answer(
        {
            "ledger_id": str(read.ledger_id),
            "asset_type": read.balance.unit.asset.lower(),
            "balance": _told(read.balance),
            "wallets": _told(read.wallets),
            "difference": _told(read.difference),
            "wallet_count": read.wallet_count,
            "at": read.at,
        }
    )


def _told(money: Money) -> object:
    return number_of(money.minor_units, money.unit.scale)


OPERATIONS = (
    Operation(
        name="fetchSafeguarding",
        method="GET",
        path=f"{LEDGER}/safeguarding",
        tag=TAG,
        summary="Compare an omnibus ledger with the wallets that it backs",
        description=(
            "What the ledger holds, what the wallets of the accounts that it backs hold together, and the difference, "
            "all of one instant. With `at`, of the accounts that it backed then."
        ),
        call=_fetch,
        parameters=SafeguardingParameters,
        answers=SafeguardingAnswer,
        scopes=SCOPES,
        refusals=(404,),
    ),
)
