"""Read one partition in order, batch by batch, as long as the group gives it to this process."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from app.idempotency.message_answers import Answer, first_answers, forget_answers
from app.idempotency.message_sources import Partition, Place
from app.kernel.back_off import BackOff
from app.kernel.part import Part
from app.kernel.tasks import end_tasks, run_unless
from workers.kafka.answer_sender import AnswerSender, NotDelivered
from workers.kafka.carry_out import AGAIN, LANES, Batches
from workers.kafka.figures import Figures, Trouble
from workers.kafka.messages import Message, answer_letter, dead_letter, read_message
from workers.kafka.topics import CommandTopic

logger = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
COMMITTED_WITHIN_SECONDS = 3.0
POSITION_WITHIN_SECONDS = 0.5
BATCH_BYTES_MAX = 1_000_000
READ_IN_THREAD_FROM_BYTES = 50_000
READ_AT_ONCE = 100
PAUSE_SECONDS_MIN = 0.1
PAUSE_SECONDS_MAX = 5.0


class PartitionReader(Part):
    """Reads `number` with `consumer` until it is stopped. While the answers of one batch are sent, the next one is
    carried out.

    An offset is committed only after its answers have arrived, so the next reader gets every message that may be
    unanswered. The stored places of messages tell it which were carried out already.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        number: TopicPartition,
        topic: CommandTopic,
        *,
        cluster: str,
        sender: AnswerSender,
        figures: Figures,
        batch_size_max: int,
        on_end: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self._consumer = consumer
        self._number = number
        self._topic = topic
        self._partition = Partition(topic.customer_id, cluster, number.topic, number.partition)
        self._sender = sender
        self._figures = figures
        self._messages_max = LANES * batch_size_max
        self._batches = Batches(topic, self._partition, self._bury, figures)
        self._stopping = asyncio.Event()
        self._on_end = on_end
        self._task: asyncio.Task[None] | None = None
        self._arrived: list[Place] = []
        self._done_to: int | None = None
        self._sending: asyncio.Task[None] | None = None
        self._is_behind = False
        """Whether answers are not sent yet. If they cannot be, the next reader sends them, and all later ones."""

    async def start(self) -> None:
        """Run, and call `on_end` with the task once it has ended."""
        self._task = asyncio.create_task(self.run(), name=f"reader of {_shown(self._number)}")
        self._task.add_done_callback(self._on_end)

    def take_no_more(self) -> None:
        """Make `run` return after the current batch, or at once if it is waiting."""
        self._stopping.set()

    async def finish(self, grace_seconds: float) -> None:
        """Give the current batch this long."""
        await end_tasks((self._task,), grace_seconds=grace_seconds)

    async def run(self) -> None:
        """Read until stopped.

        :raises KafkaError: this partition cannot be read.
        """
        try:
            await self._insist(self._send_left_over)
            while not self._stopping.is_set():
                records = await self._readable()
                for batch in _batches(records):
                    if self._stopping.is_set():
                        break  # What is not done yet is left to the next reader.
                    await self._insist(partial(self._work, await _read_messages(batch)))
                if not records:
                    await self._sent()
                    if self._arrived:
                        await self._insist(self._forget)
                await self._note_lag()
            await self._sent()
            if self._arrived:
                with contextlib.suppress(*AGAIN):
                    await self._forget()
        finally:
            if self._sending is not None:
                self._sending.cancel()
            self._figures.lag.pop((self._number.topic, self._number.partition), None)

    async def _readable(self) -> list[Any]:
        """The next messages, as `_read`; none, after a pause, if the client cannot decode them."""
        try:
            return await self._read()
        except KafkaError:
            raise
        except Exception:
            self._figures.troubles[Trouble.UNREADABLE] += 1
            logger.exception(
                "%s: the record at offset %s cannot be decoded, and none behind it is read: pass it over, as the "
                "guide of Kafka says",
                *(_shown(self._number), await self._consumer.position(self._number)),
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PAUSE_SECONDS_MAX)
            return []

    async def _read(self) -> list[Any]:
        """The next messages; none if none came for a second, or if stopped."""
        timeout_ms = int(IDLE_SECONDS * 1000)
        reading = self._consumer.getmany(self._number, timeout_ms=timeout_ms, max_records=self._messages_max)
        # Without looking at `stopping`, this would wait while the group reassigns partitions.
        read: dict[TopicPartition, list[Any]] | None = await run_unless(self._stopping, reading)
        return [] if read is None else read.get(self._number, [])

    async def _work(self, messages: list[Message]) -> None:
        arrived = tuple(self._arrived)
        answers = await self._batches.carry_out(messages, arrived=arrived)
        del self._arrived[: len(arrived)]
        await self._sent()
        if not self._is_behind:
            self._is_behind = True
            step = partial(self._send_and_commit, answers, messages[-1].record.offset + 1)
            self._sending = asyncio.create_task(self._insist(step))

    async def _send_and_commit(self, answers: list[Answer], offset: int) -> None:
        await self._send(answers)
        self._is_behind = False
        self._done_to = offset
        await self._commit(offset)

    async def _sent(self) -> None:
        """Wait until the answers of the batch before are sent, or we are stopped before they can be."""
        if self._sending is not None:
            sending, self._sending = self._sending, None
            await sending

    async def _send_left_over(self) -> None:
        """Send the answers that an earlier reader stored and may not have sent."""
        while answers := await first_answers(self._partition):
            logger.info("%s: sending %d answers that an earlier reader left", _shown(self._number), len(answers))
            await self._send(answers)
            await self._forget()

    async def _send(self, answers: list[Answer]) -> None:
        await self._sender.deliver([answer_letter(self._topic.answers, answer) for answer in answers])
        self._arrived += [answer.place for answer in answers]

    async def _forget(self) -> None:
        """Delete answers that have arrived, when no next batch does it."""
        await forget_answers(None, self._partition, self._arrived)
        self._arrived = []

    async def _bury(self, message: Message, code: str, reason: str) -> None:
        await self._sender.deliver([dead_letter(self._topic.dead_letters, message, code, reason)])

    async def _commit(self, offset: int) -> None:
        """Commit the offset. If this fails, the messages are read again, and nothing is left to do for them."""
        try:
            async with asyncio.timeout(COMMITTED_WITHIN_SECONDS):
                await self._consumer.commit({self._number: offset})
        except (KafkaError, TimeoutError) as problem:
            logger.info("%s: the offset %d is not committed: %r", _shown(self._number), offset, problem)

    async def _insist(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do this step. While database or brokers are away, repeat it until it succeeds or we are stopped."""
        back_off = BackOff(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX)
        while True:
            try:
                return await step()
            except NotDelivered as problem:
                logger.warning(
                    "%s: answers are sent again in %.1f s: %s", _shown(self._number), back_off.seconds, problem
                )
            except KafkaError:
                raise
            except AGAIN as problem:
                self._figures.troubles[Trouble.BATCH_AGAIN] += 1
                logger.warning(
                    "%s: again in %.1f s: %s: %s",
                    _shown(self._number),
                    back_off.seconds,
                    type(problem).__name__,
                    problem,
                )
            except Exception:
                # A fault of ours: other partitions must not end with this one.
                self._figures.troubles[Trouble.BATCH_AGAIN] += 1
                logger.exception("%s: again in %.1f s, after a fault of ours", _shown(self._number), back_off.seconds)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), back_off.lengthen())
                return None

    async def _note_lag(self) -> None:
        done_to = await self._answered_to()
        if done_to is not None and self._number in self._consumer.assignment():
            end = self._consumer.last_stable_offset(self._number) or done_to
            self._figures.lag[self._number.topic, self._number.partition] = max(0, end - done_to)

    async def _answered_to(self) -> int | None:
        """Up to where everything is answered: before the first message, where reading begins; None if not known yet."""
        if self._done_to is not None or self._is_behind:
            return self._done_to
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(POSITION_WITHIN_SECONDS):
                position: int = await self._consumer.position(self._number)
                return position
        return None


def _batches(records: list[Any]) -> Iterator[list[Any]]:
    """The records in parts of about `BATCH_BYTES_MAX`, so that the work on one part is short."""
    batch: list[Any] = []
    size = 0
    for record in records:
        length = len(record.value or b"")
        if batch and size + length > BATCH_BYTES_MAX:
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch


async def _read_messages(records: list[Any]) -> list[Message]:
    """The messages. The loop runs on in between, or the group would take this process for dead: a large message is read
    in a thread.
    """
    messages = []
    for number, record in enumerate(records):
        if len(record.value or b"") > READ_IN_THREAD_FROM_BYTES:
            messages.append(await asyncio.to_thread(read_message, record))
        else:
            messages.append(read_message(record))
            if number % READ_AT_ONCE == 0:
                await asyncio.sleep(0)
    return messages


def _shown(number: TopicPartition) -> str:
    return f"{number.topic}/{number.partition}"
