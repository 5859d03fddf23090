"""Which operations of callers make payments: under their names idempotency keys are kept."""

SEND_PAYMENT = "sendPayment"
PAYMENT_OPERATIONS = (SEND_PAYMENT, "simulateIncomingPayment")
