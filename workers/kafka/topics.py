"""The topics to read, and the customers they belong to."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from app.db.connection import fetch
from app.kafka_settings import TopicPair
from app.kernel.actor import Actor, Via
from app.settings import WrongSetting

logger = logging.getLogger(__name__)

SCOPES = frozenset({"accounts:read", "accounts:write"})
"""What a message may do. Anybody who may write to a customer's topic has these scopes."""
TOPIC_SECONDS_MAX = 5.0


class NoCustomerYet(Exception):
    """A topic belongs to the first customer, and there is none. The message says how to make one."""


@dataclass(frozen=True, slots=True)
class CommandTopic:
    """A topic of commands, its customer, and the topics for answers and dead letters."""

    name: str
    answers: str
    dead_letters: str
    customer_id: UUID

    def actor(self, request_id: str, traceparent: str | None = None) -> Actor:
        """The actor of a message on this topic."""
        name = f"kafka:{self.name}"
        return Actor(self.customer_id, SCOPES, Via.KAFKA, name, request_id=request_id, traceparent=traceparent)


async def find_topics(pairs: Sequence[TopicPair]) -> dict[str, CommandTopic]:
    """The topics of these pairs by name, each with its customer.

    :raises NoCustomerYet: there is no customer at all.
    :raises WrongSetting: a pair names a customer that does not exist.
    """
    rows = await fetch("SELECT customer_id FROM customers ORDER BY created_at, customer_id")
    customers: list[UUID] = [row["customer_id"] for row in rows]
    return {pair.commands: _topic_of(pair, customers) for pair in pairs}


def _topic_of(pair: TopicPair, customers: list[UUID]) -> CommandTopic:
    customer_id = pair.customer_id
    if customer_id is None:
        if not customers:
            raise NoCustomerYet("There is no customer yet: make one with `quaestor customers create NAME`.")
        customer_id = customers[0]
    elif customer_id not in customers:
        raise WrongSetting(
            f"QUAESTOR_KAFKA_TOPICS names the customer {customer_id}, whom there is not: `quaestor customers list` "
            "shows those that there are."
        )
    return CommandTopic(pair.commands, pair.answers, pair.dead_letters, customer_id)


async def cluster_of(access: dict[str, Any]) -> str:
    """The cluster's id. It tells offsets of one cluster from those of another.

    :raises KafkaError: they do not answer.
    """
    admin = AIOKafkaAdminClient(**access)
    await admin.start()
    try:
        told = await admin.describe_cluster()
    finally:
        await admin.close()
    cluster: str = told["cluster_id"]
    return cluster


async def look_for_topics(access: dict[str, Any], topics: Iterable[CommandTopic]) -> None:
    """Ask for each topic, and log those that are missing. Brokers may be set to create a topic when asked for it."""
    names = sorted({name for topic in topics for name in (topic.name, topic.answers, topic.dead_letters)})
    producer = AIOKafkaProducer(**access)
    await producer.start()
    try:
        there = await asyncio.gather(*(_is_there(producer, name) for name in names))
    finally:
        await producer.stop()
    for name, is_there in zip(names, there, strict=True):
        if not is_there:
            logger.error("there is no topic %s, and the brokers make none by themselves: make it", name)


async def _is_there(producer: AIOKafkaProducer, name: str) -> bool:
    try:
        async with asyncio.timeout(TOPIC_SECONDS_MAX):
            return bool(await producer.partitions_for(name))
    except (KafkaError, TimeoutError):
        return False
