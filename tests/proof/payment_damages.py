"""What is done to payments by hand, and what a proof finds. Names stand for objects of the rich books."""

PAYMENT_DAMAGES = {
    "a payment that nobody will ask the bank for": (
        "DELETE FROM outbox_messages WHERE resource_id = '{pending}'",
        {"payment-promised: payment {pending}"},
    ),
    "a payment accepted by hand": (
        "UPDATE payments SET status = 'ACCEPTED' WHERE id = '{pending}'",
        {"payment-hold: payment {pending}", "payment-transfer: payment {pending}"},
    ),
    "a payment declined by hand": (
        "UPDATE payments SET status = 'DECLINED' WHERE id = '{accepted}'",
        {"payment-hold: payment {accepted}", "payment-transfer: payment {accepted}"},
    ),
    "an arrival declined by hand, whose money stayed": (
        "UPDATE payments SET status = 'DECLINED', status_reason = 'No.' WHERE id = '{received}'",
        {"payment-transfer: payment {received}"},
    ),
    "a payment whose hold was given back": (
        "UPDATE holds SET status = 'RELEASED' WHERE payment_id = '{pending}'",
        {
            "payment-hold: payment {pending}",
            "account-held: posting account {first}",
            "account-held: posting account {settlement}",
            "event-hold: hold {hold_of_pending}",
        },
    ),
    "a payment of another amount": (
        "UPDATE payments SET amount_minor_units = 1 WHERE id = '{received}'",
        {"payment-transfer: payment {received}"},
    ),
    "money that arrived elsewhere": (
        "UPDATE payments SET ledger_id = '{second}' WHERE id = '{received}'",
        {"payment-transfer: payment {received}"},
    ),
    "a payment that is gone": (
        "DELETE FROM payments WHERE id = '{declined}'",
        {"payment-exists: payment {declined}", "key-payment: idempotency key sendPayment {declined_key}"},
    ),
}
