"""The life of a payment."""

from enum import StrEnum

from app.kernel.machine import Machine


class PaymentDirection(StrEnum):
    """Whether money arrives or leaves."""

    IN = "IN"
    OUT = "OUT"


class PaymentStatus(StrEnum):
    """Status of a payment. Only an outgoing one can be PENDING."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


PAYMENT = Machine(
    "payment.status",
    {
        PaymentStatus.PENDING: (PaymentStatus.ACCEPTED, PaymentStatus.DECLINED),
    },
)
