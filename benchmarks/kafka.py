"""Accounts with one wallet each over Kafka, from the message to the answer, beside a raw insert of the same rows.

A real broker holds the messages before the door's one process starts, and the answers' own times tell how fast they
came: nothing polls meanwhile. The raw insert has one connection of asyncpg for each partition, the same rows of the
same tables, as many messages in a transaction, one statement for each table; nothing is decided, read, or sent. Both
begin with an empty database, in turn; each figure is the median of three.
"""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from app.db.connection import Connection
from app.db.identifiers import new_id
from benchmarks.product import Process, Servers, another_database, done, free_port, opened_customer
from broker.apache_kafka import ApacheKafka

MESSAGES = int(os.environ.get("QUAESTOR_BENCHMARK_KAFKA_MESSAGES", "8000"))
MESSAGES_FULL = 20_000
BATCH = 500
ROUNDS = 3
PARTITIONS = (1, 2)
STEADY_PER_SECOND = 200
STEADY_SECONDS = 5
WITHIN_SECONDS = 120

TABLES = {
    "accounts": "customer_id, id, type, reference, metadata, content_hash, created_at, updated_at",
    "posting_accounts": "customer_id, id, book, asset, scale, normal_side, is_open, allow_negative",
    "wallets": (
        "customer_id, id, account_id, account_reference, name, currency, accounting_type, decimal_places,"
        " allow_negative, metadata, content_hash, created_at, updated_at"
    ),
    "wallet_changes": "customer_id, wallet_id, changed_at",
    "events": (
        "customer_id, id, type, resource_type, resource_id, resource_version, body, via, actor, request_id, occurred_at"
    ),
    "unnumbered_events": "customer_id, event_id, type, resource_type, resource_id, occurred_at",
    "message_sources": "customer_id, cluster, topic, partition, message_offset, sent_at_ms",
    "message_answers": "customer_id, cluster, topic, partition, message_offset, sent_at_ms, key, body",
}
"""The tables that a message writes to, and the columns written."""
ROWS_OF_A_MESSAGE = {"events": 2, "unnumbered_events": 2}


@dataclass(slots=True)
class Topics:
    """Topics of one round."""

    broker: str
    name: str
    partitions: int

    @property
    def answers(self) -> str:
        """Where answers go."""
        return f"{self.name}.answers"


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    messages = MESSAGES_FULL if using.is_full else MESSAGES
    lines = [
        f"{messages:,} messages, each an account with one wallet, {BATCH} in a transaction:",
        "",
        "| partitions | messages/s | door's CPU ms a message | raw insert, rows of as many messages/s | of that |",
        "|---|---|---|---|---|",
    ]
    with _broker() as broker:
        for partitions in PARTITIONS:
            doors, raws, cpus = [], [], []
            for _ in range(ROUNDS):
                with another_database(using) as one, another_database(using) as other:
                    topics = Topics(broker, f"benchmark.{new_id().hex}", partitions)
                    per_second, cpu, answers = asyncio.run(_through_the_door(one, topics, messages))
                    doors.append(per_second)
                    cpus.append(cpu)
                    raws.append(asyncio.run(_raw(one, other, topics, answers)))
            door, raw = median(doors), median(raws)
            lines.append(f"| {partitions} | {door:,.0f} | {median(cpus):.2f} | {raw:,.0f} | {door / raw:.0%} |")
        with another_database(using) as one:
            lines += ["", asyncio.run(_steady(one, Topics(broker, f"benchmark.{new_id().hex}", 2)))]
    return lines


@contextmanager
def _broker() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        kafka = ApacheKafka(Path(folder), port=free_port(), controller_port=free_port())
        kafka.start()
        try:
            yield kafka.url
        finally:
            kafka.stop()


@contextmanager
def _door(using: Servers, topics: Topics) -> Iterator[Process]:
    process = Process(
        ["workers.kafka"],
        {
            **using.environment,
            "QUAESTOR_KAFKA_BOOTSTRAP_SERVERS": topics.broker,
            "QUAESTOR_KAFKA_TOPICS": f"{topics.name}:{topics.answers}",
            "QUAESTOR_KAFKA_GROUP": topics.name,
            "QUAESTOR_KAFKA_BATCH_SIZE_MAX": str(BATCH),
        },
    )
    try:
        yield process
    finally:
        process.end()


async def _through_the_door(using: Servers, topics: Topics, messages: int) -> tuple[float, float, list[ConsumerRecord]]:
    """Messages a second, CPU milliseconds a message, and the answers."""
    await opened_customer(using.database_url)
    await _make_topics(topics)
    await _send(topics, messages)
    with _door(using, topics) as door:
        await _until_answered(topics, messages)
        cpu = door.cpu_seconds()
        answers = await _read_answers(topics, messages)
    await done()
    assert all(b'"status":"success"' in record.value for record in answers)
    # The first batch of each partition pays for the start: it and its time are left out.
    times = sorted(record.timestamp for record in answers)
    skipped = BATCH * topics.partitions
    seconds = (times[-1] - times[skipped - 1]) / 1000
    return (len(times) - skipped) / seconds, cpu / messages * 1000, answers


async def _make_topics(topics: Topics) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=topics.broker)
    await admin.start()
    names = (topics.name, topics.answers, f"{topics.name}.dlq")
    await admin.create_topics([NewTopic(name, topics.partitions, 1) for name in names])
    await admin.close()


def _command(number: int) -> bytes:
    return orjson.dumps(
        {
            "operation": "create_account",
            "account_type": "group",
            "account_reference": f"customer-{number}",
            "wallets": [
                {"wallet_name": "default", "currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2}
            ],
            "metadata": {"customer_id": f"customer-{number}", "description": "Primary account"},
        }
    )


async def _send(topics: Topics, messages: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=topics.broker, acks="all", max_batch_size=100_000) as producer:
        sent = [
            await producer.send(topics.name, _command(number), partition=number % topics.partitions)
            for number in range(messages)
        ]
        await asyncio.gather(*sent)


async def _until_answered(topics: Topics, messages: int) -> None:
    partitions = [TopicPartition(topics.answers, number) for number in range(topics.partitions)]
    async with AIOKafkaConsumer(bootstrap_servers=topics.broker) as consumer, asyncio.timeout(WITHIN_SECONDS):
        consumer.assign(partitions)
        while sum((await consumer.end_offsets(partitions)).values()) < messages:  # noqa: ASYNC110 - others send
            await asyncio.sleep(0.5)


async def _read_answers(topics: Topics, messages: int) -> list[ConsumerRecord]:
    found: list[ConsumerRecord] = []
    async with (
        AIOKafkaConsumer(topics.answers, bootstrap_servers=topics.broker, auto_offset_reset="earliest") as consumer,
        asyncio.timeout(WITHIN_SECONDS),
    ):
        while len(found) < messages:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
    return found


async def _raw(source: Servers, target: Servers, topics: Topics, answers: Sequence[ConsumerRecord]) -> float:
    """Messages a second of which all rows are inserted, and nothing else is done."""
    tables = await _rows_of(source, answers)
    customer = await opened_customer(target.database_url)
    await done()
    for rows in tables.values():
        for row in rows:
            row[0] = customer.customer_id
    types = await _types(target)
    batches = [
        {
            table: rows[start * ROWS_OF_A_MESSAGE.get(table, 1) :][: BATCH * ROWS_OF_A_MESSAGE.get(table, 1)]
            for table, rows in tables.items()
        }
        for start in range(0, len(answers), BATCH)
    ]
    waiting = iter(batches)
    connections = [await asyncpg.connect(target.database_url) for _ in range(topics.partitions)]
    for connection in connections:  # As the first batches of the door, these pay for the start.
        await _insert(connection, types, next(waiting))
    begun = perf_counter()
    await asyncio.gather(*(_insert_all(connection, types, waiting) for connection in connections))
    seconds = perf_counter() - begun
    for connection in connections:
        await connection.close()
    return (len(answers) - BATCH * topics.partitions) / seconds


async def _rows_of(using: Servers, answers: Sequence[ConsumerRecord]) -> dict[str, list[list[Any]]]:
    """What the messages left, in the order in which it was written. Answers are deleted by now, but they were sent."""
    connection = await asyncpg.connect(using.database_url)
    order = {"unnumbered_events": "insertion", "message_sources": "message_offset", "wallet_changes": "wallet_id"}
    tables = {
        table: [
            list(row)
            for row in await connection.fetch(f"SELECT {columns} FROM {table} ORDER BY {order.get(table, 'id')}")
        ]
        for table, columns in TABLES.items()
        if table != "message_answers"
    }
    await connection.close()
    # Two accounts are the customer's own before the first message: none is a wallet's or an account's.
    tables["events"] = [row for row in tables["events"] if row[7] == "kafka"]
    wanted = {row[1] for row in tables["events"]}
    tables["unnumbered_events"] = [row for row in tables["unnumbered_events"] if row[1] in wanted]
    wallets = {row[1] for row in tables["wallets"]}
    tables["posting_accounts"] = [row for row in tables["posting_accounts"] if row[1] in wallets]
    by_place = {(row[3], row[4]): row for row in tables["message_sources"]}
    tables["message_answers"] = []
    for record in sorted(answers, key=lambda one: one.offset):
        request = orjson.loads(record.value)["request"]
        place = by_place[request["partition"], request["offset"]]
        tables["message_answers"].append([*place, record.key, record.value])
    return tables


async def _types(using: Servers) -> dict[str, str]:
    """An insertion of whole arrays for each table."""
    connection = await asyncpg.connect(using.database_url)
    statements = {}
    for table, columns in TABLES.items():
        names = columns.split(", ")
        rows = await connection.fetch(
            "SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = $1", table
        )
        known = {row["column_name"]: row["udt_name"] for row in rows}
        arrays = ", ".join(
            f"${number}::{'text' if known[name] == 'jsonb' else known[name]}[]" for number, name in enumerate(names, 1)
        )
        values = ", ".join(f"{name}::jsonb" if known[name] == "jsonb" else name for name in names)
        statements[table] = f"INSERT INTO {table} ({columns}) SELECT {values} FROM unnest({arrays}) AS n ({columns})"
    await connection.close()
    return statements


async def _insert_all(
    connection: Connection,
    statements: dict[str, str],
    batches: Iterator[dict[str, list[list[Any]]]],
) -> None:
    for batch in batches:
        await _insert(connection, statements, batch)


async def _insert(connection: Connection, statements: dict[str, str], batch: dict[str, list[list[Any]]]) -> None:
    async with connection.transaction():
        for table, rows in batch.items():
            await connection.execute(statements[table], *map(list, zip(*rows, strict=True)))


async def _steady(using: Servers, topics: Topics) -> str:
    """From the message to its answer, while messages come at a steady rate."""
    await opened_customer(using.database_url)
    await _make_topics(topics)
    with _door(using, topics):
        await _send(topics, BATCH)
        await _until_answered(topics, BATCH)
        begun = perf_counter()
        async with AIOKafkaProducer(bootstrap_servers=topics.broker, acks="all") as producer:
            for number in itertools.islice(itertools.count(BATCH), STEADY_PER_SECOND * STEADY_SECONDS):
                await producer.send(topics.name, _command(number), partition=number % topics.partitions)
                await asyncio.sleep(max(0, begun + (number - BATCH + 1) / STEADY_PER_SECOND - perf_counter()))
        await _until_answered(topics, BATCH + STEADY_PER_SECOND * STEADY_SECONDS)
        answers = await _read_answers(topics, BATCH + STEADY_PER_SECOND * STEADY_SECONDS)
        sent = await _sent_at(topics)
    await done()
    requests = [(orjson.loads(record.value), record.timestamp) for record in answers]
    delays = sorted(
        at - sent[answer["request"]["partition"], answer["request"]["offset"]]
        for answer, at in requests
        if int(answer["account_reference"].removeprefix("customer-")) >= BATCH
    )
    p50, p95, p99 = (delays[int(len(delays) * part)] for part in (0.5, 0.95, 0.99))
    return (
        f"At {STEADY_PER_SECOND} messages a second, from the message's time to its answer's: p50 {p50} ms,"
        f" p95 {p95} ms, p99 {p99} ms."
    )


async def _sent_at(topics: Topics) -> dict[tuple[int, int], int]:
    wanted = BATCH + STEADY_PER_SECOND * STEADY_SECONDS
    found: dict[tuple[int, int], int] = {}
    async with (
        AIOKafkaConsumer(topics.name, bootstrap_servers=topics.broker, auto_offset_reset="earliest") as consumer,
        asyncio.timeout(WITHIN_SECONDS),
    ):
        while len(found) < wanted:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found |= {(record.partition, record.offset): record.timestamp for record in records}
    return found
