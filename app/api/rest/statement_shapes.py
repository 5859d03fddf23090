"""What the operations of statements take and answer."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BeforeValidator, Field
from typing_extensions import TypedDict

from app.api.rest.fields import DateOrInstant, Id, ToldInstant
from app.api.rest.operation import Parameters, optional

FormatText = Literal["json", "csv", "text", "pdf", "camt053", "mt940"]
DateText = Literal["posted", "effective"]
JournalFormatText = Literal["beancount", "hledger"]


def _in_small_letters(sent: Any) -> Any:
    """As answers say it in capitals, it may be sent so."""
    return sent.lower() if isinstance(sent, str) else sent


class StatementParameters(Parameters):
    """Which time, by which date, and as what."""

    from_: DateOrInstant = Field(alias="from", description="The first instant, or a date: its beginning in UTC.")
    to: DateOrInstant | None = optional("The instant or date that ends it, excluded. Left out: now.")
    by: Annotated[DateText, BeforeValidator(_in_small_letters)] = Field(
        default="posted", description="Which date counts: that of posting, or the value date. In capitals, too."
    )
    format: FormatText | None = optional("As what; left out: what `Accept` asks for, or JSON.")


class JournalParameters(Parameters):
    """As what."""

    format: JournalFormatText = Field(description="For which program.")


class StatementEntryAnswer(TypedDict):
    """One entry. What the key may not read of the other side is null."""

    posted_at: ToldInstant
    effective_at: ToldInstant
    direction: Literal["DEBIT", "CREDIT"]
    amount: str
    balance_after: str
    counterparty_id: Id
    counterparty_name: str | None
    counterparty_iban: str | None
    reference: str | None
    transfer_id: Id
    reverses_transfer_id: Id | None


StatementAnswer: Any = TypedDict(
    "StatementAnswer",
    {
        "ledger_id": NotRequired[Annotated[Id, Field(description="Of a ledger's.")]],
        "wallet_id": NotRequired[Annotated[Id, Field(description="Of a wallet's.")]],
        "name": str | None,
        "iban": str | None,
        "asset": str,
        "scale": int,
        "from": ToldInstant,
        "to": Annotated[ToldInstant, Field(description="Excluded: where the next statement begins.")],
        "by": Literal["POSTED", "EFFECTIVE"],
        "is_final": Annotated[bool, Field(description="False: a backdated transaction may still change it.")],
        "opening_balance": str,
        "closing_balance": str,
        "debits": str,
        "credits": str,
        "entry_count": int,
        "entries": list[StatementEntryAnswer],
    },
)
"""A statement in JSON, its entries oldest first."""
