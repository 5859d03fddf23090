"""An operator's bad day: whatever goes wrong, its alert fires in a real Prometheus, and is over when it is mended.

The alerts are those of `deploy/prometheus/`, thirty times as fast.
"""

import asyncio
from contextlib import asynccontextmanager
from itertools import count

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from app.outbox.drain import RETRY_SECONDS
from broker.apache_kafka import ApacheKafka
from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.conftest import start_broker
from tests.deploy.real_prometheus import check_names, needs_prometheus, real_prometheus
from tests.deploy.test_dashboard import QUERIES, as_asked
from tests.faults.client import Client
from tests.faults.processes import SETTINGS, product
from tests.faults.small_disk import fill, small_disk
from tests.faults.story import GBP, ISSUED, PERSON, new_customer
from tests.free_ports import free_port

__all__ = ["small_disk"]

pytestmark = [
    pytest.mark.faults,
    pytest.mark.kafka,
    needs_prometheus,
    pytest.mark.timeout(900),
]

COMMANDS, ANSWERS = "day.commands", "day.answers"
KAFKA_PANELS = [(title, as_asked(query)) for title, query in QUERIES if "quaestor_kafka_" in query]
POISON = """
    INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, attempt_count, next_attempt_at, created_at)
    SELECT customer_id, gen_random_uuid(), 'expire_hold', gen_random_uuid(), 'PENDING', $1, now(), now() FROM customers
"""
"""A hold that does not exist, and the last try."""


@pytest.fixture
async def broker(tmp_path):
    """A broker of its own, since it is stopped."""
    made = ApacheKafka(tmp_path, port=free_port(), controller_port=free_port())
    start_broker(made)
    admin = AIOKafkaAdminClient(bootstrap_servers=made.url)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1) for name in (COMMANDS, ANSWERS, f"{COMMANDS}.dlq")])
    await admin.close()
    yield made
    made.stop()


@asynccontextmanager
async def everything_running(folder, disk, broker):
    """The product on a small disk, with one customer, and Prometheus; all of it well."""
    ports = {"api": free_port(), "worker": free_port(), "kafka": free_port()}
    async with product(folder / "product", disk=disk / "data") as running:
        key = await new_customer(running.database_url)
        running.start_api(QUAESTOR_METRICS_PORT=str(ports["api"]))
        running.start_worker(QUAESTOR_WORKER_METRICS_PORT=str(ports["worker"]))
        running.start_kafka(
            QUAESTOR_KAFKA_METRICS_PORT=str(ports["kafka"]),
            QUAESTOR_KAFKA_BOOTSTRAP_SERVERS=broker.url,
            QUAESTOR_KAFKA_TOPICS=f"{COMMANDS}:{ANSWERS}",
        )
        await running.until_ready()
        async with real_prometheus(folder / "prometheus", {name: [port] for name, port in ports.items()}) as prometheus:
            await prometheus.until_up(3)
            await prometheus.until(
                lambda: prometheus.query(f'quaestor_kafka_messages_total{{topic="{COMMANDS}"}}'), "Kafka is read"
            )
            assert check_names(await told_at(ports["kafka"])) == ""
            yield running, key, prometheus


async def told_at(port):
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        return (await client.get(f"http://127.0.0.1:{port}/metrics")).text


async def test_an_operators_bad_day(tmp_path, small_disk, broker):
    async with everything_running(tmp_path, small_disk, broker) as (running, key, prometheus):
        for bad in (bank_down, poisoned_work, poisoned_message):
            await bad(running, key, prometheus, broker)
        for alert, way in WAYS.items():
            async with way(running, small_disk, broker):
                fired = await prometheus.until_fires(alert)
                assert fired["annotations"]["description"]
            await prometheus.until_over(alert)
        # All is as it was: work is done, and every process is scraped.
        await prometheus.until_up(3)


@asynccontextmanager
async def redis_away(running, _disk, _broker):
    await running.servers.stop(running.servers.redis)
    yield
    await running.servers.start_again(running.servers.redis)


@asynccontextmanager
async def broker_away(_running, _disk, broker):
    await asyncio.to_thread(broker.stop)
    yield
    start_broker(broker)


@asynccontextmanager
async def disk_full(_running, disk, _broker):
    filler = await asyncio.to_thread(fill, disk)
    yield
    filler.unlink()


@asynccontextmanager
async def database_away(running, _disk, _broker):
    await running.servers.stop(running.servers.postgres)
    yield
    await running.servers.start_again(running.servers.postgres)


WAYS = {
    "QuaestorRedisUnreachable": redis_away,
    "QuaestorKafkaUnreachable": broker_away,
    "QuaestorDiskFull": disk_full,
    "QuaestorDatabaseUnreachable": database_away,
}


async def bank_down(running, key, prometheus, _broker):
    """Ledgers are ordered of a bank that does not answer: each order is made three times in vain."""
    client = Client(running.addresses, key)
    made = await client.mutate(
        "createHolder", "... on HolderSuccess { holder { id } }", party=PERSON, address={"country": "GB"}
    )
    order = {**GBP, "holderId": made["holder"]["id"], "metadata": {"simulate": "unavailable"}}
    numbers = count()

    async def orders_in_vain():
        await client.mutate("issueLedger", ISSUED, **order, idempotencyKey=f"in-vain-{next(numbers)}")
        return (await prometheus.firing()).get("QuaestorBankUnavailable")

    [fired] = await prometheus.until(orders_in_vain, "the bank's alert fires")
    assert fired["labels"]["partner"] == "payrnet"
    assert fired["annotations"]["summary"] == "The bank payrnet does not answer more than half of our calls."
    await prometheus.until_over("QuaestorBankUnavailable")
    await client.close()


async def poisoned_work(running, _key, prometheus, _broker):
    """Work that can never be done is given up, and made due again."""
    connection = await asyncpg.connect(running.database_url)
    await connection.execute(POISON, len(RETRY_SECONDS))
    await connection.close()
    fired = await prometheus.until_fires("QuaestorDeadWork")
    assert fired["labels"]["kind"] == "expire_hold"
    assert fired["annotations"]["summary"] == "1 pieces of work expire_hold are out of retries."
    environment = clean_environment(**SETTINGS, DATABASE_URL=running.database_url)
    process = await asyncio.create_subprocess_exec(QUAESTOR, "work", "retry", "--all", env=environment)
    assert await process.wait() == 0
    await prometheus.until_over("QuaestorDeadWork")


async def poisoned_message(running, _key, prometheus, broker):
    """A message that is no command is buried."""
    async with AIOKafkaProducer(bootstrap_servers=broker.url, acks="all") as producer:
        await producer.send_and_wait(COMMANDS, b"no command")
    fired = await prometheus.until_fires("QuaestorKafkaBadMessages")
    assert fired["labels"]["topic"] == COMMANDS
    for title, query in KAFKA_PANELS:
        await prometheus.until(lambda query=query: prometheus.query(query), f"{title} has data: {query}")
    await prometheus.until_over("QuaestorKafkaBadMessages")
