"""Which operations of callers make payments: under their names idempotency keys are kept."""

SEND_PAYMENT = "sendPayment"
SIMULATE_INCOMING_PAYMENT = "simulateIncomingPayment"
PAYMENT_OPERATIONS = (SEND_PAYMENT, SIMULATE_INCOMING_PAYMENT)
