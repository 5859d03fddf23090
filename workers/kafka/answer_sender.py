"""Send answers and dead letters, and wait until brokers have confirmed them.

The producer is idempotent: its own retries send nothing twice. But once a broker refuses a record, such a producer of
aiokafka never delivers to that partition again, since later records are refused as out of order. So after any error a
new producer is made, and everything not confirmed is sent again.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    for_code,
)

from app.kernel.part import Part
from app.kernel.tasks import within
from workers.kafka.figures import Figures, Trouble
from workers.kafka.messages import Letter

logger = logging.getLogger(__name__)

DELIVERED_WITHIN_SECONDS = 20.0
CLOSED_WITHIN_SECONDS = 2.0
BATCH_BYTES_MAX = 128 * 1024
LETTER_BYTES_MAX = 64 * 1024 * 1024
"""More than any broker takes, so that brokers decide what is too large."""
INVALID_RECORD = 87
REFUSED: tuple[type[Exception], ...] = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidTimestampError,
    for_code(INVALID_RECORD),
    TypeError,
    ValueError,
    AssertionError,
)
"""Errors for a record that brokers will never take, or the client never encode, as it is."""
KEY_SHOWN_BYTES = 100


class NotDelivered(Exception):
    """Brokers are away, or did not confirm in time. Some of it may have arrived: send all of it again."""


class AnswerSender(Part):
    """The process's producer. It is made when first needed, and made again after each error."""

    def __init__(self, access: dict[str, Any], figures: Figures) -> None:
        self._access = access
        self._figures = figures
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def deliver(self, letters: Sequence[Letter]) -> None:
        """Return once brokers have confirmed every letter. Letters of one key stay in order.

        A letter refused as too large is sent again in a smaller form. If that is refused too, it is dropped and logged.

        :raises NotDelivered: see there.
        """
        producer = await self._started()
        errors = await _send(producer, letters)
        failed = [letter for letter, error in zip(letters, errors, strict=True) if error is not None]
        if not failed:
            return
        self._discard(producer)
        if not any(isinstance(error, REFUSED) for error in errors):
            self._fail(next(error for error in errors if error is not None))
        # All letters after the refused one failed too, and perhaps some in one batch with it.
        for letter in failed:
            await self._deliver_alone(letter)

    async def let_go(self) -> None:
        """Close the producer."""
        if self._producer is not None:
            self._discard(self._producer)
        if self._closing:
            await asyncio.wait(set(self._closing))

    async def _deliver_alone(self, letter: Letter) -> None:
        smaller: Letter | None = letter
        while smaller is not None:
            producer = await self._started()
            [error] = await _send(producer, [smaller])
            if error is None:
                return
            self._discard(producer)
            if not isinstance(error, REFUSED):
                self._fail(error)
            self._figures.troubles[Trouble.RECORD_REFUSED] += 1
            logger.warning("brokers refuse a record for %s: %s; it is sent smaller, if it can be", letter.topic, error)
            smaller = _smaller(smaller)
        self._figures.troubles[Trouble.GIVEN_UP] += 1
        logger.error(
            "brokers refuse even the shortest form of a record for %s with the key %r",
            *(letter.topic, letter.key and letter.key[:KEY_SHOWN_BYTES]),
        )

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._access,
                    acks="all",
                    enable_idempotence=True,
                    max_batch_size=BATCH_BYTES_MAX,
                    max_request_size=LETTER_BYTES_MAX,
                )
                try:
                    async with asyncio.timeout(DELIVERED_WITHIN_SECONDS):
                        await producer.start()
                except (KafkaError, OSError, TimeoutError) as problem:
                    await _close(producer)
                    self._fail(problem)
                self._producer = producer
            return self._producer

    def _discard(self, producer: AIOKafkaProducer) -> None:
        """Close this producer in the background; the next letter gets a new one."""
        if self._producer is producer:
            self._producer = None
            task = asyncio.create_task(_close(producer))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _fail(self, error: BaseException) -> None:
        self._figures.troubles[Trouble.NOT_DELIVERED] += 1
        raise NotDelivered(f"{type(error).__name__}: {error}") from error


def _smaller(letter: Letter) -> Letter | None:
    try:
        return letter.smaller()
    except Exception:  # A fault of ours: the letters behind this one go on.
        logger.exception("a record for %s cannot be made smaller", letter.topic)
        return None


async def _send(producer: AIOKafkaProducer, letters: Sequence[Letter]) -> list[BaseException | None]:
    """The error of each letter; None if brokers confirmed it."""
    sent: list[asyncio.Future[Any] | Exception] = []
    try:
        async with asyncio.timeout(DELIVERED_WITHIN_SECONDS):
            for letter in letters:
                sent.append(await _begin(producer, letter))  # noqa: PERF401 - keeps those begun if time is up
            under_way = [one for one in sent if isinstance(one, asyncio.Future)]
            if under_way:
                await asyncio.wait(under_way)
    except TimeoutError:
        pass  # Letters without confirmation get an error below.
    errors = [_error_of(one) for one in sent]
    return errors + [TimeoutError("not sent")] * (len(letters) - len(sent))


async def _begin(producer: AIOKafkaProducer, letter: Letter) -> "asyncio.Future[Any] | Exception":
    try:
        future: asyncio.Future[Any] = await producer.send(
            letter.topic, value=letter.value, key=letter.key, headers=list(letter.headers)
        )
    except (KafkaError, OSError, *REFUSED) as problem:
        failed: Exception = problem
        return failed
    return future


def _error_of(sent: "asyncio.Future[Any] | Exception") -> BaseException | None:
    if isinstance(sent, Exception):
        return sent
    if not sent.done():
        # Reads the result later, or asyncio would log that nobody did.
        sent.add_done_callback(lambda future: future.cancelled() or future.exception())
        return TimeoutError(f"not confirmed within {DELIVERED_WITHIN_SECONDS:.0f} s")
    return sent.exception()


async def _close(producer: AIOKafkaProducer) -> None:
    """Close it, by force if it keeps trying to deliver."""
    try:
        await within(CLOSED_WITHIN_SECONDS, producer.stop())
    except (KafkaError, OSError, TimeoutError):
        sender = producer._sender  # noqa: SLF001 - its public interface has no way to give up
        if sender is not None and sender.sender_task is not None:
            sender.sender_task.cancel()
            await asyncio.wait({sender.sender_task}, timeout=CLOSED_WITHIN_SECONDS)
        await producer.client.close()
