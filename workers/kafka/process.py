"""A process that serves Kafka. Any number of them share the partitions of the command topics."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from aiokafka.errors import KafkaError

from app.db.away import DATABASE_UNUSABLE
from app.kernel.back_off import BackOff
from app.kernel.part import Background
from app.kernel.tasks import run_unless
from app.settings import Settings, WrongSetting
from workers.kafka.access import access_of
from workers.kafka.answer_sender import AnswerSender
from workers.kafka.broker_watch import BrokerWatch
from workers.kafka.figures import Figures, Trouble
from workers.kafka.membership import Membership
from workers.kafka.topics import CommandTopic, NoCustomerYet, cluster_of, find_topics, look_for_topics
from workers.process import database_until

logger = logging.getLogger(__name__)

APPLICATION_NAME = "quaestor-kafka"
PAUSE_SECONDS_MIN = 0.5
PAUSE_SECONDS_MAX = 10.0
CALM_AFTER_SECONDS = 60.0
TELL_EVERY_SECONDS = 30.0


async def run_kafka(settings: Settings, stopped: asyncio.Event) -> None:
    """Read commands until `stopped` is set. If brokers or database are away, at the start or later, it waits.

    :raises WrongSetting: names the variable and its allowed values.
    """
    if settings.kafka_bootstrap_servers is None:
        raise WrongSetting(
            "QUAESTOR_KAFKA_BOOTSTRAP_SERVERS is not set: name the brokers, as host:9092. For one on this machine: "
            "`make kafka`."
        )
    access = access_of(settings)
    figures = Figures()
    async with database_until(stopped, settings, application_name=APPLICATION_NAME) as is_open:
        if not is_open:
            return
        watch = BrokerWatch(settings.kafka_bootstrap_servers)
        async with _operations_port(settings, figures, watch):
            with _taking_the_lines_of_aiokafka(watch):
                async with Background(_tell_of_lag(figures), watch.keep_watch()):
                    await _Door(settings, access, figures, watch).keep_open(stopped)
        logger.info("the door of Kafka is closed; what it had not begun is left to others")


class _Door:
    """Stays in the group, and joins it again after an error."""

    def __init__(self, settings: Settings, access: dict[str, Any], figures: Figures, watch: BrokerWatch) -> None:
        self._settings = settings
        self._access = access
        self._figures = figures
        self._watch = watch
        self._topics: Mapping[str, CommandTopic] = {}

    async def keep_open(self, stopped: asyncio.Event) -> None:
        """Return when `stopped` is set.

        :raises WrongSetting: a topic names a customer that does not exist.
        """
        back_off = BackOff(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX)
        loop = asyncio.get_running_loop()
        while not stopped.is_set():
            began = loop.time()
            try:
                await self._open_until(stopped)
            except NoCustomerYet as lacking:
                logger.warning("%s", lacking)
            except KafkaError as problem:
                self._not_joined(problem)
            except DATABASE_UNUSABLE as problem:
                self._figures.troubles[Trouble.JOINED_ANEW] += 1
                logger.warning(
                    "the database cannot be used, trying again in %.1f s: %s: %s",
                    *(back_off.seconds, type(problem).__name__, problem),
                )
            except (OSError, TimeoutError) as problem:
                self._not_joined(problem)
            if loop.time() - began > CALM_AFTER_SECONDS:
                back_off.reset()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), back_off.lengthen())

    def _not_joined(self, problem: Exception) -> None:
        self._figures.troubles[Trouble.JOINED_ANEW] += 1
        self._watch.notice(f"{type(problem).__name__}: {problem}")

    async def _open_until(self, stopped: asyncio.Event) -> None:
        cluster = await run_unless(stopped, self._find())
        if cluster is None:
            return
        self._watch.answer()
        self._watch.is_joined = True
        try:
            async with AnswerSender(self._access, self._figures) as sender:
                membership = Membership(
                    self._settings,
                    self._access,
                    cluster=cluster,
                    topics=self._topics,
                    sender=sender,
                    figures=self._figures,
                    stopped=stopped,
                )
                async with membership:
                    await membership.until_stopped()
        finally:
            self._watch.is_joined = False

    async def _find(self) -> str:
        """Look up customers, brokers and topics; returns the name of the cluster."""
        self._topics = await find_topics(self._settings.kafka_topics)
        cluster = await cluster_of(self._access)
        await look_for_topics(self._access, self._topics.values())
        for topic in self._topics.values():
            self._figures.expect(topic.name)
            logger.info(
                "the door of Kafka is open: %s of the customer %s, answered on %s",
                *(topic.name, topic.customer_id, topic.answers),
            )
        return cluster


@contextlib.contextmanager
def _taking_the_lines_of_aiokafka(watch: BrokerWatch) -> Iterator[None]:
    source = logging.getLogger("aiokafka")
    source.addHandler(watch)
    source.propagate = False
    try:
        yield
    finally:
        source.propagate = True
        source.removeHandler(watch)


async def _tell_of_lag(figures: Figures) -> None:
    """Log now and then how far behind this process is."""
    while True:
        await asyncio.sleep(TELL_EVERY_SECONDS)
        behind = {f"{topic}/{number}": lag for (topic, number), lag in figures.lag.items() if lag}
        if behind:
            logger.info("messages that wait: %s", ", ".join(f"{name} {lag:,}" for name, lag in sorted(behind.items())))


def _operations_port(settings: Settings, figures: Figures, watch: BrokerWatch) -> AbstractAsyncContextManager[None]:
    """Answer `/metrics`, `/healthz` and `/readyz` during the block, if a port is set."""
    if settings.kafka_metrics_port is None:
        return contextlib.nullcontext()
    from app.api.operations import metrics, operations_port  # noqa: PLC0415 - a web server, which few processes need

    listener = operations_port.listen_for_operations(
        settings.metrics_host, settings.kafka_metrics_port, "QUAESTOR_KAFKA_METRICS_PORT"
    )
    counts = metrics.process_counts(lambda: figures.collect(brokers_are_away=watch.is_away))
    return operations_port.serve_operations(settings, listener, counts)
