"""The life of a payment."""

from enum import StrEnum

from app.kernel.machine import Machine, Move


class PaymentDirection(StrEnum):
    """Whether money arrives or leaves."""

    IN = "IN"
    OUT = "OUT"


class PaymentStatus(StrEnum):
    """Where a payment stands. Only one that goes out is ever PENDING."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


PAYMENT = Machine(
    "payment.status",
    [
        Move(PaymentStatus.PENDING, PaymentStatus.ACCEPTED),
        Move(PaymentStatus.PENDING, PaymentStatus.DECLINED),
    ],
)
