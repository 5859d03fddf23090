"""Why something is stuck, and what to do about it, in words."""

from collections.abc import Sequence

from app.holders.models import Holder
from app.holders.status import HolderStatus
from app.ledgers.models import Ledger
from app.ledgers.status import LedgerStatus
from app.nodes.work_kinds import work_in_words
from app.outbox.failed_work import FailedWork, WorkStatus
from app.webhooks.records import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from app.webhooks.status import EndpointStatus

Told = tuple[str, str]
"""A reason, and what to do."""

_REVIEW = "Review the holder (`reviewHolder`): its ledgers follow by themselves."
_NAMES = {"dateOfBirth": "date of birth", "registrationNumber": "registration number", "address.country": "country"}


def of_holder(holder: Holder) -> Told:
    """A holder that waits for a decision, or for data."""
    if holder.status is HolderStatus.QUARANTINE:
        return holder.status_reason or "It waits to be reviewed.", _REVIEW
    return _lacks(holder.missing_data), "Give what is missing (`updateHolder`): it is then screened again."


def of_ledger(ledger: Ledger) -> Told:
    """A ledger that waits for its holder."""
    reason = ledger.status_reason or "Its holder is not OK."
    if ledger.status is LedgerStatus.MISSING_DATA:
        lacking = f"{reason} {_lacks(ledger.missing_data)}"
        return lacking, "Give the holder what is missing (`updateHolder`): the ledger follows by itself."
    holder = ledger.holder
    if holder is not None and holder.status is HolderStatus.QUARANTINE:
        return f"{reason} {holder.status_reason or ''}".strip(), _REVIEW
    return reason, "Change the holder (`updateHolder`), or issue a ledger to another one."


def of_iban() -> Told:
    """A ledger whose IBAN the bank did not give."""
    return "Its bank could not give it an IBAN.", "Ask for one again (`assignIban`)."


def of_payment(work: FailedWork | None) -> Told:
    """A payment that its bank has not decided about."""
    if work is None:
        return "Its bank has not decided about it.", "See that a worker runs; it asks the bank again by itself."
    return of_work(work)


def of_work(work: FailedWork) -> Told:
    """Promised work that keeps failing, or is out of retries."""
    reason = f"{work_in_words(work.kind)}: {work.last_error}"
    if work.status is WorkStatus.DEAD:
        return reason, "It is out of retries: see to the cause, then retry it (`retryWork`)."
    return reason, "It is tried again by itself; retry it at once (`retryWork`) when the cause is gone."


def of_delivery(delivery: WebhookDelivery, attempts: Sequence[WebhookAttempt]) -> Told:
    """A message that failed at every attempt."""
    advice = "See to the receiver, then send it again (`redeliverWebhook`)."
    if not attempts:
        return f"{delivery.event_type} failed at every attempt.", advice
    last = attempts[-1]
    outcome = last.error or f"it answered {last.response_status}"
    return f"{delivery.event_type} failed at every attempt; the last one: {outcome}.", advice


def of_endpoint(endpoint: WebhookEndpoint) -> Told:
    """An endpoint that is not sent to."""
    if endpoint.status is EndpointStatus.PAUSED:
        reason = endpoint.status_reason or "It keeps failing."
        return reason, "See to the receiver: it is tried now and then, and resumed when it answers."
    reason = endpoint.status_reason or "It was switched off."
    return reason, "Enable it (`updateWebhookEndpoint`): what waits is then sent."


def _lacks(missing: Sequence[str]) -> str:
    return f"It lacks: {', '.join(_NAMES.get(name, name) for name in missing)}."
