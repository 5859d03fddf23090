"""What is told of payments, and to whom."""

from app.events.visibility import SCOPE_OF_RESOURCE_TYPE
from app.payments.events import describe_payment
from app.payments.status import PAYMENT, PaymentStatus
from app.webhooks.message_body import is_told_as
from app.webhooks.status import Payload
from tests.payments.conftest import stored_payment

PERSONAL = {"counterparty_name", "counterparty_iban", "counterparty_sort_code", "counterparty_account_number"}


async def test_tells_every_column_but_the_tenant_and_what_is_personal(ledger_id, send):
    payment, _ = await send(ledger_id)
    row = await stored_payment(payment.id)

    told = describe_payment(row, hold_id=payment.hold_id, transfer_id=None)

    columns = set(row.keys()) - PERSONAL - {"customer_id", "amount_minor_units", "asset", "scale"}
    assert set(told) == columns | {"amount", "hold_id", "transfer_id"}
    assert set(row.keys()) >= PERSONAL


def test_tells_endpoints_that_take_notifications_nothing():
    for status in PaymentStatus:
        assert not is_told_as(Payload.NOTIFICATION, PAYMENT.event_type(status))
        assert is_told_as(Payload.FULL, PAYMENT.event_type(status))


def test_tells_those_who_may_read_payments():
    assert SCOPE_OF_RESOURCE_TYPE["payment"] == "payments:read"
