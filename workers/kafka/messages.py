"""Messages as they are read, and letters as they are sent: answers and dead letters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from aiokafka import ConsumerRecord

from app.idempotency.message_answers import Answer
from app.idempotency.message_sources import Place
from workers.kafka.answers import Request, shortened
from workers.kafka.read_command import Asked, read_command

REASON_HEADER_BYTES_MAX = 1_000


@dataclass(slots=True)
class Message:
    """A message and what it asks for. `is_buried` is true once the dead letters have a copy."""

    record: ConsumerRecord
    place: Place
    request: Request
    asked: Asked
    is_buried: bool = False

    @property
    def request_id(self) -> str:
        """Its id in events and logs."""
        return f"{self.request.topic}/{self.request.partition}/{self.request.offset}"

    @property
    def answer_key(self) -> bytes:
        """The account's reference; without one the message's own key; without that its place."""
        if self.asked.account_reference is not None:
            return self.asked.account_reference.encode(errors="replace")
        return self.record.key or self.request_id.encode()


def read_message(record: ConsumerRecord) -> Message:
    """Read a record as a message."""
    return Message(
        record,
        Place(record.offset, record.timestamp),
        Request(record.topic, record.partition, record.offset),
        read_command(record.value, record.headers),
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """A record to send to a topic. `shorten` makes its value smaller, for brokers that refuse it as too large."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    shorten: Callable[[bytes], bytes] | None = field(default=None, compare=False)

    def smaller(self) -> "Letter | None":
        """The same letter with a smaller value; None if it cannot be shortened."""
        if self.shorten is None or self.value is None:
            return None
        return replace(self, value=self.shorten(self.value), shorten=None)


def answer_letter(topic: str, answer: Answer) -> Letter:
    """The letter for an answer."""
    return Letter(topic, answer.key, answer.body, shorten=shortened)


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
    headers = [(name, value.encode(errors="replace")[:REASON_HEADER_BYTES_MAX]) for name, value in told.items()]
    # The client refuses a record with neither key nor value.
    key = message.request_id.encode() if record.key is None and record.value is None else record.key
    return Letter(topic, key, record.value, [*record.headers, *headers], shorten=lambda _value: b"")
