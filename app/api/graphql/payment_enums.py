"""The enums of payments. A module of its own, since an enum must be described before anything uses it."""

from app.api.graphql.described import described_enum
from app.payments.status import PaymentDirection, PaymentStatus

__all__ = ["PaymentDirection", "PaymentStatus"]

described_enum(
    PaymentDirection,
    "Whether money arrives or leaves. Example: `OUT`.",
    {PaymentDirection.IN: "From outside into a ledger.", PaymentDirection.OUT: "From a ledger to the outside."},
)
described_enum(
    PaymentStatus,
    "Where a payment stands. OUT: PENDING (funds held) → ACCEPTED (captured) | DECLINED (released). "
    "IN: ACCEPTED at once, or DECLINED. Example: `ACCEPTED`.",
    {
        PaymentStatus.PENDING: "The money is held, and the bank is asked.",
        PaymentStatus.ACCEPTED: "The bank has it: the transfer is posted.",
        PaymentStatus.DECLINED: "No money moved: see `statusReason`.",
    },
)
