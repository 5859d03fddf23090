"""Rules of promised work: without its promise, held money would stay held for ever."""

from app.journal.write_batch import EXPIRE_HOLD
from app.proof.findings import Rule

SEND_PAYMENT = "send_payment"
"""The kind of work promised with a payment that goes out."""

REPLAY_WEBHOOKS = "replay_webhooks"
"""The kind of work promised with a replay."""


def _promised(object_type: str, table: str, is_waiting: str, stored: str, kind: str) -> Rule:
    """The rule that each row which is waiting has its promise of this kind of work; `stored` tells of a row."""
    return Rule(
        f"{object_type.rsplit(maxsplit=1)[-1]}-promised",
        object_type,
        f"""
        SELECT waiting.id AS object_id, {stored} AS stored, 'the promised work {kind}' AS expected
        FROM {table} AS waiting
        LEFT JOIN outbox_messages AS promised
            ON promised.customer_id = waiting.customer_id AND promised.resource_id = waiting.id
            AND promised.kind = '{kind}'
        WHERE waiting.customer_id = $1 AND {is_waiting} AND promised.id IS NULL
        """,
    )


PROMISE_RULES = (
    _promised(
        "payment", "payments", "waiting.status = 'PENDING'", "'PENDING, and nobody will ask the bank'", SEND_PAYMENT
    ),
    _promised(
        "hold",
        "holds",
        "waiting.status = 'PLACED' AND waiting.expires_at IS NOT NULL",
        "format('PLACED until %s, and nobody will end it', waiting.expires_at)",
        EXPIRE_HOLD,
    ),
    _promised(
        "webhook replay",
        "webhook_replays",
        "waiting.finished_at IS NULL",
        "'not finished, and nobody will carry it out'",
        REPLAY_WEBHOOKS,
    ),
)
