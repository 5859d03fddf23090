"""Messages as they are read, and letters as they are sent: answers and dead letters."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from aiokafka import ConsumerRecord

from app.idempotency.message_answers import Answer
from app.idempotency.message_sources import Place
from app.kernel.errors import FieldFault
from app.kernel.traceparent import HEADER
from app.kernel.tracing import NO_SPAN, Kind, Span, span_at_door, tracing
from workers.kafka.answers import INTERNAL, INTERNAL_MESSAGE, Request, shortened, shortest
from workers.kafka.read_command import NOTHING, Asked, read_command

logger = logging.getLogger(__name__)

REASON_HEADER_BYTES_MAX = 1_000
KEY_BYTES_MAX = 1_000
"""A longer key of a message is not made the key of its answer, which could then be too large to send."""
VALUE_BYTES_KEPT = 1_000
"""How much of its value a dead letter keeps if all of it is too large."""


@dataclass(slots=True)
class Message:
    """A message and what it asks for. `is_buried` is true once the dead letters have a copy. `span` is what it is
    recorded in, from its reading until its answer is stored.
    """

    record: ConsumerRecord
    place: Place
    request: Request
    asked: Asked
    is_buried: bool = False
    span: Span = NO_SPAN

    @property
    def request_id(self) -> str:
        """Its id in events and logs."""
        return f"{self.request.topic}/{self.request.partition}/{self.request.offset}"

    @property
    def answer_key(self) -> bytes:
        """The account's reference; without one the message's own key; without that its place."""
        if self.asked.account_reference is not None:
            return self.asked.account_reference.encode(errors="replace")
        key: bytes | None = self.record.key
        return key if key and len(key) <= KEY_BYTES_MAX else self.request_id.encode()


def read_message(record: ConsumerRecord) -> Message:
    """Read a record as a message. Whatever goes wrong, it is a message, and says so."""
    request = Request(record.topic, record.partition, record.offset)
    try:
        asked = read_command(record.value, record.headers)
    except Exception:
        logger.exception("the message %s/%s/%s could not be read", record.topic, record.partition, record.offset)
        asked = replace(NOTHING, faults=[FieldFault((), INTERNAL, INTERNAL_MESSAGE)])
    return Message(record, Place(record.offset, record.timestamp), request, asked)


def begin_span(message: Message, customer_id: UUID) -> None:
    """Begin the span of a message, within the span that its header `traceparent` names, if it has one that is."""
    if tracing.is_on and message.span is NO_SPAN:
        name = f"kafka {message.asked.operation or 'no command'}"
        message.span = span_at_door(name, Kind.CONSUMER, _traceparent(message.record.headers))
        message.span.set("quaestor.request_id", message.request_id)
        message.span.set("quaestor.customer_id", str(customer_id))


def _traceparent(headers: Sequence[tuple[str, bytes | None]]) -> str | None:
    sent = [value for name, value in headers if name.lower() == HEADER]
    return sent[0].decode("latin-1") if len(sent) == 1 and sent[0] is not None else None


@dataclass(frozen=True, slots=True)
class Letter:
    """A record to send to a topic. `forms` make smaller ones of it, each of the one before, for brokers that refuse it
    as too large.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    forms: Sequence[Callable[["Letter"], "Letter"]] = field(default=(), compare=False)

    def smaller(self) -> "Letter | None":
        """The same letter in its next smaller form; None if there is none."""
        if not self.forms:
            return None
        return replace(self.forms[0](self), forms=self.forms[1:])


def answer_letter(topic: str, answer: Answer) -> Letter:
    """The letter for an answer, with the header `traceparent` if the message was recorded."""
    headers = [] if answer.traceparent is None else [(HEADER, answer.traceparent.encode())]
    return Letter(topic, answer.key, answer.body, headers, forms=[_with_value(shortened), _with_value(shortest)])


def _with_value(shorten: Callable[[bytes], bytes]) -> Callable[[Letter], Letter]:
    return lambda letter: letter if letter.value is None else replace(letter, value=shorten(letter.value))


def dead_letter(topic: str, message: Message, code: str, reason: str) -> Letter:
    """A copy of a message, with headers that say where it stood and what is wrong with it."""
    record = message.record
    told = {
        "quaestor-code": code,
        "quaestor-reason": reason,
        "quaestor-topic": record.topic,
        "quaestor-partition": str(record.partition),
        "quaestor-offset": str(record.offset),
        "quaestor-timestamp": str(record.timestamp),
    }
    headers = [(name, _cut(value, REASON_HEADER_BYTES_MAX)) for name, value in told.items()]
    # The client refuses a record with neither key nor value.
    place = message.request_id.encode()
    key = place if record.key is None and record.value is None else record.key
    whole = Letter(topic, key, record.value, [*record.headers, *headers])
    value = record.value or b""
    left_out = _cut(
        f"Too large to copy: this has the first {VALUE_BYTES_KEPT:,} bytes of {len(value):,}, and none of the "
        f"{len(record.headers):,} headers. The message itself is at its place.",
        REASON_HEADER_BYTES_MAX,
    )
    short_key = key if key is None or len(key) <= KEY_BYTES_MAX else place
    short = Letter(topic, short_key, value[:VALUE_BYTES_KEPT], [*headers, ("quaestor-shortened", left_out)])
    return replace(whole, forms=[lambda _: short])


def _cut(text: str, bytes_max: int) -> bytes:
    """The beginning of a text in UTF-8, without half a character at its end."""
    return text.encode(errors="replace")[:bytes_max].decode(errors="ignore").encode()
