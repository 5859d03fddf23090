"""The life of a payment, written out by hand."""

from itertools import product

import pytest

from app.events.event_types import EVENT_TYPES
from app.payments.status import PAYMENT, PaymentStatus

MOVES = {("PENDING", "ACCEPTED"), ("PENDING", "DECLINED")}


@pytest.mark.parametrize(("source", "target"), list(product(PaymentStatus, PaymentStatus)))
def test_moves_a_payment_as_written_and_in_no_other_way(source, target):
    assert PAYMENT.allows(source, target) is ((source.value, target.value) in MOVES)


def test_ends_as_accepted_or_declined():
    assert {status.value for status in PaymentStatus if PAYMENT.is_final(status)} == {"ACCEPTED", "DECLINED"}


def test_has_a_documented_event_for_every_status():
    assert {PAYMENT.event_type(status) for status in PaymentStatus} == {
        event_type for event_type in EVENT_TYPES if event_type.startswith("payment.")
    }
