"""What the operations of transactions and payments take and answer."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.api.rest.fields import AmountNumber, Id, Instant, JsonNumber, MetadataObject, Text, ToldInstant, ToldMetadata
from app.api.rest.operation import Body, Parameters, optional
from app.api.rest.values import PaymentDirectionText, PaymentStatusText, TransactionStatusText, TransactionTypeText

EFFECTIVE_AT = "The value date, not in the future and not in closed books. Left out: the instant of posting."


class InterLedgerBody(Body):
    """Money from one ledger to another, of the same asset."""

    ledger_from_id: Id = Field(description="The ledger that pays.")
    ledger_to_id: Id = Field(description="The ledger that receives.")
    amount: AmountNumber = Field(description="How much, in major units of the ledgers' asset.")
    reference: Text | None = optional("Your own reference: `invoice 2026-117`.")
    effective_at: Instant | None = optional(EFFECTIVE_AT)
    transaction_meta: MetadataObject | None = None


class ManualMovementBody(Body):
    """So much more, or less, of what a virtual ledger holds."""

    ledger_id: Id = Field(description="Which virtual ledger.")
    amount: AmountNumber = Field(description="How much, in major units of the ledger's asset.")
    reference: Text | None = optional("Your own reference: `delivery 7`.")
    effective_at: Instant | None = optional(EFFECTIVE_AT)
    transaction_meta: MetadataObject | None = None


class BeneficiaryBody(Body):
    """Who gets the money: an IBAN, or a British account."""

    name: Text = Field(description="Its name.", examples=["Grace Hopper"])
    iban: str | None = optional("Its IBAN; spaces are allowed.")
    uk_account_number: str | None = optional("Instead, with `uk_sort_code`: eight digits.")
    uk_sort_code: str | None = optional("Six digits.")


class SendPaymentBody(Body):
    """Money to send out of a real ledger."""

    ledger_from_id: Id = Field(description="The ledger that pays.")
    amount: AmountNumber = Field(description="How much, in major units of the ledger's asset.")
    beneficiary: BeneficiaryBody = Field(description="Who gets it, and where.")
    reference: Text | None = optional("What for, as the other side reads it.")
    payment_meta: MetadataObject | None = None


TransactionOperationText = Literal[
    "inter-ledger", "reversal", "manual-credit", "manual-debit", "capture", "group-reversal"
]
"""What made a transaction."""


class TransactionKeyParameters(Parameters):
    """The key of a request."""

    idempotency_key: str = Field(description="The `Idempotency-Key` that it was sent with.", examples=["order-117"])
    operation: TransactionOperationText | None = optional("What it was to do, where one key was used for several.")


class PaymentKeyParameters(Parameters):
    """The key of a request."""

    idempotency_key: str = Field(description="The `Idempotency-Key` that it was sent with.", examples=["rent-2026-11"])


class TransactionIdAnswer(TypedDict):
    """Which transaction."""

    transaction_id: Id


class TransactionAnswer(TypedDict):
    """A transfer. What it does not have is left out."""

    transaction_id: Id
    transaction_type: TransactionTypeText
    transaction_status: TransactionStatusText
    amount: Annotated[JsonNumber, Field(description="How much, in major units: an exact decimal.")]
    asset_type: str
    created_at: ToldInstant
    effective_at: Annotated[ToldInstant, Field(description="The value date.")]
    reverses_transaction_id: NotRequired[Annotated[Id, Field(description="What it reverses, of a reversal.")]]
    reversed_by_transaction_ids: NotRequired[
        Annotated[list[Id], Field(description="All that reversed it or a part of it, oldest first.")]
    ]
    reversed_amount: NotRequired[
        Annotated[JsonNumber, Field(description="How much of it was reversed; left out while nothing was.")]
    ]
    ledger_from_id: NotRequired[Annotated[Id, Field(description="Left out where a bank or the vault pays.")]]
    ledger_to_id: NotRequired[Annotated[Id, Field(description="Left out where a bank or the vault receives.")]]
    payment_id: NotRequired[Id]
    hold_id: NotRequired[Annotated[Id, Field(description="Of one that captured a hold.")]]
    group_id: NotRequired[Annotated[Id, Field(description="Of one that belongs to an atomic batch.")]]
    reference: NotRequired[str]
    forced: NotRequired[
        Annotated[bool, Field(description="True: a bank had done it already, so nothing could refuse it.")]
    ]
    transaction_meta: NotRequired[ToldMetadata]


class PaymentIdAnswer(TypedDict):
    """Which payment."""

    payment_id: Id


class BeneficiaryAnswer(TypedDict):
    """Who is on the other side."""

    name: str
    iban: NotRequired[str]
    uk_account_number: NotRequired[str]
    uk_sort_code: NotRequired[str]


class PaymentAnswer(TypedDict):
    """A payment. What it does not have is left out."""

    payment_id: Id
    payment_direction: PaymentDirectionText
    payment_status: PaymentStatusText
    amount: Annotated[JsonNumber, Field(description="How much, in major units: an exact decimal.")]
    asset_type: str
    created_at: ToldInstant
    last_modified_at: ToldInstant
    ledger_from_id: NotRequired[Annotated[Id, Field(description="Of one that goes out.")]]
    ledger_to_id: NotRequired[Annotated[Id, Field(description="Of one that came in.")]]
    beneficiary: NotRequired[Annotated[BeneficiaryAnswer, Field(description="Of one that goes out.")]]
    payer: NotRequired[Annotated[BeneficiaryAnswer, Field(description="Of one that came in.")]]
    payment_status_reason: NotRequired[str]
    hold_id: NotRequired[Annotated[Id, Field(description="Of one that goes out: what it reserved.")]]
    transaction_id: NotRequired[Annotated[Id, Field(description="What moved the money, once it was accepted.")]]
    partner_reference: NotRequired[str]
    reference: NotRequired[str]
    payment_meta: NotRequired[ToldMetadata]
