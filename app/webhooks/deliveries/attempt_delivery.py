"""Attempt one claimed delivery: sign it, send it, and return the outcome. No transaction is open meanwhile."""

import functools
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from app.kernel.clock import utc_now
from app.kernel.tracing import NO_SPAN, Kind, Span, headers_to_send, span_later, tracing
from app.webhooks.client_tls import PUBLIC_TLS
from app.webhooks.deliveries.attempt_counts import attempt_counts, stage_of
from app.webhooks.deliveries.claimed import Claimed
from app.webhooks.deliveries.faults_of_ours import COUNT_AFTER, faults_of_ours
from app.webhooks.deliveries.hidden_values import hidden_values
from app.webhooks.deliveries.places import NoPlaceYet, wait_for_place
from app.webhooks.deliveries.record_attempts import Outcome
from app.webhooks.deliveries.send_request import Answer, FaultOfOurs, Sender
from app.webhooks.message_body import EVERYBODY, Reader, message_body
from app.webhooks.message_headers import message_headers
from app.webhooks.own_headers import open_headers
from app.webhooks.signing_secret import open_keys
from app.webhooks.vault import UnreadableSecret, Vault

logger = logging.getLogger(__name__)

FAULT_IN_OUR_PROGRAM = "blocked: a fault in Quaestor itself, whose log says more"


async def attempt_delivery(delivery: Claimed, *, sender: Sender, vault: Vault) -> Outcome | None:
    """Make one request. None: it could not be made for a reason on our side, which does not count as an attempt.

    Any other failure counts as one, so that nothing is sent again and again without a record.

    :raises NoPlaceYet: the endpoint's rate limit does not let it begin now.
    """
    with _span_of(delivery) as span:
        outcome = await _attempt(delivery, sender=sender, vault=vault)
        answer = None if outcome is None else outcome.answer
        _describe(span, answer)
        attempt_counts.note(delivery, answer, now=utc_now())
        if answer is not None and (not answer.is_success or logger.isEnabledFor(logging.DEBUG)):
            _log(delivery, answer)
        return outcome


def _span_of(delivery: Claimed) -> Span:
    """The span of an attempt, in the trace of the request that its event happened in."""
    if not tracing.is_on or delivery.event is None:
        return NO_SPAN
    event = delivery.event
    span = span_later("webhook attempt", Kind.CLIENT, event.traceparent, event.happened_at)
    if span is not NO_SPAN:
        for name, value in _names(delivery).items():
            span.set(f"quaestor.{name}", value)
        span.set("quaestor.attempt", delivery.attempt_count + 1)
    return span


def _describe(span: Span, answer: Answer | None) -> None:
    """Add how it ended: the status and the stage, but nothing of what the receiver said."""
    if answer is None:
        span.fail("put_off")
        return
    if answer.status is not None:
        span.set("http.response.status_code", answer.status)
    if not answer.is_success:
        span.fail(stage_of(answer))


async def _attempt(delivery: Claimed, *, sender: Sender, vault: Vault) -> Outcome | None:
    started_at, number = utc_now(), delivery.attempt_count + 1
    try:
        answer = await _send(delivery, sender, vault)
    except (FaultOfOurs, UnreadableSecret) as fault:
        if faults_of_ours.note(delivery.endpoint, started_at) < COUNT_AFTER:
            logger.warning("a delivery is put off by a fault of ours: %s", fault, extra=_names(delivery))
            return None
        answer = Answer(0, error=f"blocked: {fault}")
    except NoPlaceYet:
        raise
    except Exception:
        logger.exception("attempt %d failed in a way that should not happen", number, extra=_names(delivery))
        answer = Answer(_milliseconds_since(started_at), error=FAULT_IN_OUR_PROGRAM)
    else:
        faults_of_ours.end(delivery.endpoint)
    return Outcome(delivery, started_at, answer)


def _log(delivery: Claimed, answer: Answer) -> None:
    """One line for each failed attempt. What was sent, and what was answered, is in no log."""
    number = delivery.attempt_count + 1
    extra = {**_names(delivery), "attempt": number, "duration_ms": answer.duration_ms}
    if answer.is_success:
        logger.debug("attempt %d succeeded", number, extra=extra)
    else:
        logger.info("attempt %d failed: %s", number, answer.error, extra={**extra, "stage": stage_of(answer)})


def _names(delivery: Claimed) -> dict[str, str]:
    return {
        "delivery_id": str(delivery.id),
        "event_id": str(delivery.message_id),
        "event_type": delivery.event_type,
        "endpoint_id": str(delivery.endpoint_id),
        "customer_id": str(delivery.customer_id),
    }


async def _send(delivery: Claimed, sender: Sender, vault: Vault) -> Answer:
    event = delivery.event
    if event is None:
        return Answer(0, error="blocked: the event is no longer kept")
    if not delivery.sealed_keys:
        raise FaultOfOurs("the endpoint has no signing key")
    whose = {"customer_id": delivery.customer_id, "endpoint_id": delivery.endpoint_id}
    keys = open_keys(vault, delivery.sealed_keys, **whose)
    body = message_body(
        delivery.payload,
        event.body,
        customer_id=delivery.customer_id,
        message_id=delivery.message_id,
        reader=(
            EVERYBODY if delivery.read_by is None else Reader(delivery.read_by, event.holder_id, event.other_holder_id)
        ),
    ).encode()
    own_headers = open_headers(delivery.sealed_headers, vault, **whose)
    own = {header.name: header.value for header in own_headers}
    headers = {
        **_trace_headers(own),
        **message_headers(
            str(delivery.message_id),
            delivery.event_type,
            body,
            attempt=delivery.attempt_count + 1,
            attempted_at=utc_now(),
            keys=keys,
        ),
        **own,
    }
    tls = PUBLIC_TLS if delivery.tls is None else delivery.tls.open(vault, **whose)
    hidden = hidden_values(own_headers, keys, tls.client_key)
    ready = None if delivery.max_per_second is None else functools.partial(wait_for_place, delivery)
    return await sender.send(delivery.endpoint, delivery.url, headers, body, tls=tls, hidden=hidden, ready=ready)


def _trace_headers(own: Mapping[str, str]) -> Mapping[str, str]:
    """`traceparent`, unless the endpoint has a header of this name of its own."""
    sent = headers_to_send()
    return {} if not sent or any(name.lower() in sent for name in own) else sent


def _milliseconds_since(instant: datetime) -> int:
    return max(round((utc_now() - instant) / timedelta(milliseconds=1)), 0)
