"""Rules of promised work: without its promise, held money would stay held for ever."""

from app.journal.write_batch import EXPIRE_HOLD
from app.proof.findings import Rule

SEND_PAYMENT = "send_payment"
"""The kind of work promised with a payment that goes out."""

REPLAY_WEBHOOKS = "replay_webhooks"
"""The kind of work promised with a replay."""

PROMISE_RULES = (
    Rule(
        "payment-promised",
        "payment",
        f"""
        SELECT payment.id AS object_id, 'PENDING, and nobody will ask the bank' AS stored,
               'the promised work {SEND_PAYMENT}' AS expected
        FROM payments AS payment
        LEFT JOIN outbox_messages AS promised
            ON promised.customer_id = payment.customer_id AND promised.resource_id = payment.id
            AND promised.kind = '{SEND_PAYMENT}'
        WHERE payment.customer_id = $1 AND payment.status = 'PENDING' AND promised.id IS NULL
        """,
    ),
    Rule(
        "hold-promised",
        "hold",
        f"""
        SELECT hold.id AS object_id, format('PLACED until %s, and nobody will end it', hold.expires_at) AS stored,
               'the promised work {EXPIRE_HOLD}' AS expected
        FROM holds AS hold
        LEFT JOIN outbox_messages AS promised
            ON promised.customer_id = hold.customer_id AND promised.resource_id = hold.id
            AND promised.kind = '{EXPIRE_HOLD}'
        WHERE hold.customer_id = $1 AND hold.status = 'PLACED' AND hold.expires_at IS NOT NULL
            AND promised.id IS NULL
        """,
    ),
    Rule(
        "replay-promised",
        "webhook replay",
        f"""
        SELECT replay.id AS object_id, 'not finished, and nobody will carry it out' AS stored,
               'the promised work {REPLAY_WEBHOOKS}' AS expected
        FROM webhook_replays AS replay
        LEFT JOIN outbox_messages AS promised
            ON promised.customer_id = replay.customer_id AND promised.resource_id = replay.id
            AND promised.kind = '{REPLAY_WEBHOOKS}'
        WHERE replay.customer_id = $1 AND replay.finished_at IS NULL AND promised.id IS NULL
        """,
    ),
)
