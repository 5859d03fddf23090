"""A process's membership in the consumer group: one reader for each partition that the group gives it."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from app.kernel.part import Part
from app.kernel.tasks import run_unless, within
from app.settings import Settings
from workers.kafka.answer_sender import AnswerSender
from workers.kafka.figures import Figures
from workers.kafka.partition_reader import PartitionReader
from workers.kafka.topics import CommandTopic

logger = logging.getLogger(__name__)

SESSION_TIMEOUT_MS = 10_000
"""After a process was killed, its partitions go to others within this time."""
HEARTBEAT_MS = 2_000
REBALANCE_TIMEOUT_MS = 60_000
HANDED_OVER_WITHIN_SECONDS = 30.0
STOPPED_WITHIN_SECONDS = 3.0
LEFT_WITHIN_SECONDS = 1.0
LEFT_PATIENTLY_WITHIN_SECONDS = 20.0
"""Longer if the process goes on: a membership not yet left would count as a second member."""
FETCH_WAIT_MS = 250


class Membership(Part, ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Reads the partitions of `topics` that the group gives to this process, until `stopped` is set."""

    grace_seconds = STOPPED_WITHIN_SECONDS

    def __init__(
        self,
        settings: Settings,
        access: dict[str, Any],
        *,
        cluster: str,
        topics: Mapping[str, CommandTopic],
        sender: AnswerSender,
        figures: Figures,
        stopped: asyncio.Event,
    ) -> None:
        self._topics = topics
        self._cluster = cluster
        self._sender = sender
        self._figures = figures
        self._batch_size_max = settings.kafka_batch_size_max
        self._stopped = stopped
        self._readers: list[PartitionReader] = []
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._consumer = AIOKafkaConsumer(
            **access,
            group_id=settings.kafka_group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_TIMEOUT_MS,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )

    async def start(self) -> None:
        """Join the group.

        :raises KafkaError: brokers are away, or refuse us.
        """
        await self._consumer.start()
        self._consumer.subscribe(list(self._topics), listener=self)

    async def until_stopped(self) -> None:
        """Read until `stopped` is set.

        :raises KafkaError: a partition cannot be read.
        """
        await run_unless(self._stopped, self._until_broken())

    async def finish(self, grace_seconds: float) -> None:
        """Finish the current batches."""
        self._broken.cancel()
        await self._end_readers(grace_seconds)

    async def let_go(self) -> None:
        """Leave the group."""
        seconds = LEFT_WITHIN_SECONDS if self._stopped.is_set() else LEFT_PATIENTLY_WITHIN_SECONDS
        try:
            await within(seconds, self._consumer.stop())
        except (KafkaError, OSError, TimeoutError) as problem:
            logger.info("the group was left without its leave: %r", problem)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """The group reassigns partitions: finish the current batches first, so that nobody repeats them."""
        if revoked:
            await self._end_readers(HANDED_OVER_WITHIN_SECONDS)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Read these partitions from now on."""
        shown = ", ".join(f"{number.topic}/{number.partition}" for number in sorted(assigned)) or "none"
        logger.info("this process reads: %s", shown)
        for number in assigned:
            reader = PartitionReader(
                self._consumer,
                number,
                self._topics[number.topic],
                cluster=self._cluster,
                sender=self._sender,
                figures=self._figures,
                batch_size_max=self._batch_size_max,
                on_end=self._reader_ended,
            )
            self._readers.append(reader)
            await reader.start()

    def _reader_ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (fault := task.exception()) is None or self._broken.done():
            return
        self._broken.set_exception(fault)

    async def _end_readers(self, grace_seconds: float) -> None:
        readers, self._readers = self._readers, []
        await asyncio.gather(*(reader.stop(grace_seconds=grace_seconds) for reader in readers))

    async def _until_broken(self) -> None:
        await self._broken
