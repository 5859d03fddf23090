"""Attempt one claimed delivery: sign it, send it, and return the outcome. No transaction is open meanwhile."""

import logging
from datetime import datetime, timedelta

from app.kernel.clock import utc_now
from app.webhooks.deliveries.claimed import Claimed
from app.webhooks.deliveries.record_attempts import Outcome
from app.webhooks.deliveries.send_request import Answer, FaultOfOurs, Sender
from app.webhooks.message_body import message_body
from app.webhooks.signature import signed_headers
from app.webhooks.signing_secret import UnreadableSecret, Vault

logger = logging.getLogger(__name__)

USER_AGENT = "Quaestor-Webhooks"
FAULT_IN_OUR_PROGRAM = "blocked: a fault in Quaestor itself, whose log says more"
FAULTS_OF_OURS_FOR_MAX = timedelta(days=3)
"""How long faults on our side only put a delivery off. After that they count as attempts, so that it ends."""


async def attempt_delivery(delivery: Claimed, *, sender: Sender, vault: Vault) -> Outcome | None:
    """Make one request. None: it could not be made for a reason on our side, which does not count as an attempt.

    Any other failure counts as one, so that nothing is sent again and again without a record.
    """
    started_at, number = utc_now(), delivery.attempt_count + 1
    try:
        answer = await _send(delivery, sender, vault)
    except (FaultOfOurs, UnreadableSecret) as fault:
        if started_at - delivery.created_at < FAULTS_OF_OURS_FOR_MAX:
            logger.warning("delivery %s put off by a fault of ours: %s", delivery.id, fault)
            return None
        answer = Answer(0, error=f"blocked: {fault}")
    except Exception:
        logger.exception("delivery %s: attempt %d failed in a way that should not happen", delivery.id, number)
        answer = Answer(_milliseconds_since(started_at), error=FAULT_IN_OUR_PROGRAM)
    return Outcome(delivery, started_at, answer)


async def _send(delivery: Claimed, sender: Sender, vault: Vault) -> Answer:
    if delivery.event_body is None:
        return Answer(0, error="blocked: the event is no longer kept")
    if not delivery.sealed_secrets:
        raise FaultOfOurs("the endpoint has no signing secret")
    keys = [
        vault.open(sealed, customer_id=delivery.customer_id, endpoint_id=delivery.endpoint_id)
        for sealed in delivery.sealed_secrets
    ]
    body = message_body(
        delivery.payload, delivery.event_body, customer_id=delivery.customer_id, message_id=delivery.message_id
    ).encode()
    headers = {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        **signed_headers(str(delivery.message_id), utc_now(), body, keys=keys),
        "x-quaestor-attempt": str(delivery.attempt_count + 1),
        "x-quaestor-event-type": delivery.event_type,
    }
    return await sender.send(delivery.endpoint, delivery.url, headers, body)


def _milliseconds_since(instant: datetime) -> int:
    return max(round((utc_now() - instant) / timedelta(milliseconds=1)), 0)
