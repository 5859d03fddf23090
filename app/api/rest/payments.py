"""Payments over REST."""

from functools import partial
from typing import Any

from app.api.rest import money_shapes as shapes
from app.api.rest.fields import number_of
from app.api.rest.operation import Answer, Asked, Operation, id_of
from app.api.rest.told_ledgers import id_text, without_none
from app.api.rest.transactions import AMOUNT
from app.api.rest.values import PAYMENT_DIRECTIONS, PAYMENT_STATUSES
from app.db.identifiers import parse_id
from app.idempotency.find_made import find_made
from app.journal.amounts import AmountText
from app.journal.find_asset import find_asset
from app.kernel.checks import refuse
from app.kernel.errors import NotFound, Path
from app.partners.port import Counterparty
from app.payments.counterparty import CounterpartyText
from app.payments.operations import SEND_PAYMENT
from app.payments.queries import READ, find_payment
from app.payments.records import Payment
from app.payments.send_payment import SendPayment, send_payment
from app.payments.status import PaymentDirection

TAG = "Payments"
PAYMENTS = "/v1/customer/payments"
NAMES: dict[Path, Path] = {
    **AMOUNT,
    ("ledger_id",): ("ledger_from_id",),
    ("counterparty",): ("beneficiary",),
    ("counterparty", "uk_bank_account"): ("beneficiary",),
    ("counterparty", "uk_bank_account", "sort_code"): ("beneficiary", "uk_sort_code"),
    ("counterparty", "uk_bank_account", "account_number"): ("beneficiary", "uk_account_number"),
    ("metadata",): ("payment_meta",),
}


async def _send(asked: Asked, body: shapes.SendPaymentBody) -> Answer:
    command = SendPayment(
        body.ledger_from_id,
        AmountText(body.amount, await find_asset(asked.actor, body.ledger_from_id)),
        _counterparty(body.beneficiary),
        asked.key,
        body.reference,
        body.payment_meta,
    )
    return id_of("payment_id", await send_payment(asked.actor, command))


def _counterparty(sent: shapes.BeneficiaryBody) -> CounterpartyText:
    number, code = sent.uk_account_number, sent.uk_sort_code
    if (number is None) is not (code is None):
        lacking = "uk_account_number" if number is None else "uk_sort_code"
        path = ("counterparty", "uk_bank_account", lacking.removeprefix("uk_"))
        refuse("A British account is `uk_account_number` and `uk_sort_code`: give both.", path)
    return CounterpartyText(sent.name, sent.iban, None if code is None or number is None else (code, number))


async def _fetch(asked: Asked) -> Answer:
    payment = await find_payment(asked.actor, parse_id(asked.names["payment_id"], ("payment_id",)))
    if payment is None:
        raise NotFound("There is no such payment.")
    return Answer(_told(payment))


async def _fetch_by_key(asked: Asked, given: shapes.PaymentKeyParameters) -> Answer:
    asked.actor.require(READ)
    made = await find_made(asked.actor, [SEND_PAYMENT], given.idempotency_key, ("key",))
    payment = await find_payment(asked.actor, made[SEND_PAYMENT]) if made else None
    if payment is None:
        raise NotFound("Nothing was done with this key so far.", path=("key",))
    return Answer(_told(payment))


def _told(payment: Payment) -> Any:
    is_out = payment.direction is PaymentDirection.OUT
    return without_none(
        {
            "payment_id": str(payment.id),
            "payment_direction": PAYMENT_DIRECTIONS[payment.direction],
            "payment_status": PAYMENT_STATUSES[payment.status],
            "amount": number_of(payment.amount.minor_units, payment.amount.unit.scale),
            "asset_type": payment.amount.unit.asset.lower(),
            "created_at": payment.created_at,
            "last_modified_at": payment.updated_at,
            "ledger_from_id" if is_out else "ledger_to_id": str(payment.ledger_id),
            "beneficiary" if is_out else "payer": _told_counterparty(payment.counterparty),
            "payment_status_reason": payment.status_reason,
            "hold_id": id_text(payment.hold_id),
            "transaction_id": id_text(payment.transfer_id),
            "partner_reference": payment.partner_reference,
            "reference": payment.reference,
            "payment_meta": payment.metadata or None,
        }
    )


def _told_counterparty(counterparty: Counterparty) -> Any:
    return without_none(
        {
            "name": counterparty.name,
            "iban": counterparty.iban,
            "uk_account_number": counterparty.account_number,
            "uk_sort_code": counterparty.sort_code,
        }
    )


_read = partial(Operation, method="GET", tag=TAG, answers=shapes.PaymentAnswer, scopes=(READ,), refusals=(404,))

OPERATIONS = (
    Operation(
        name="sendPayment",
        method="POST",
        path=PAYMENTS,
        tag=TAG,
        summary="Send money out",
        description="Its money is held at once, and the bank is asked in the background.",
        call=_send,
        body=shapes.SendPaymentBody,
        status=201,
        answers=shapes.PaymentIdAnswer,
        scopes=("payments:write",),
        refusals=(404, 409),
        needs_key=True,
        names=NAMES,
    ),
    _read(
        name="fetchPayment",
        path=f"{PAYMENTS}/{{payment_id}}",
        summary="Fetch a payment",
        call=_fetch,
    ),
    _read(
        name="fetchPaymentByKey",
        path=PAYMENTS,
        summary="Find out what became of a request",
        description=(
            "The payment that was sent with this idempotency key, over any door. 404 means that nothing was done with "
            "it so far; a request may still be under way."
        ),
        call=_fetch_by_key,
        parameters=shapes.PaymentKeyParameters,
        names={("key",): ("idempotency_key",)},
    ),
)
