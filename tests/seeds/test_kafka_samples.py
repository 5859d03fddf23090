"""The accounts' document over Kafka: its own code, run with `kafka-python` against a running product and broker."""

import ast
import asyncio
import subprocess
import sys

import asyncpg
import orjson
import pytest

from app.embedded.data_folder import running_servers
from tests.cli.running_dev import running_dev
from tests.seeds.samples import python_sample

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

MENDINGS = {
    "kafka-broker:9092": "the address of the broker",
    "indentation": "what stands below `for` is indented again",
    "headings": "what is glued to the last line of a sample is cut off",
    "sending": "the use case is a body alone: it is sent as the sample above it sends its own",
    "the endless consumer": "its library tells when it has its place, and it is ended once it has printed",
}
"""All that is changed in what the document prints."""

PRODUCE = python_sample("from kafka import KafkaProducer", 'sent successfully!")')
CONSUME = python_sample("from kafka import KafkaConsumer", 'message.value}")')
ONBOARDING = python_sample("account_event = {", "}2.", after="1. Customer Onboarding").replace("}2.", "}")
HEAD, _, _ = PRODUCE.partition("# Example")
SEND = PRODUCE[PRODUCE.index("producer.send(") :]
TELLS_ITS_PLACE = "import logging; logging.basicConfig(level=logging.INFO)\n"
HAS_ITS_PLACE = "Resetting offset for partition TopicPartition(topic='ledger.account.responses'"
PRINTED_WITHIN_SECONDS = 240


@pytest.fixture
def product(kafka, tmp_path):
    """`quaestor dev`, which opens the door of Kafka by itself."""
    with running_dev(tmp_path, QUAESTOR_KAFKA_BOOTSTRAP_SERVERS=kafka.url) as running:
        yield running


class Consumer:
    """The document's consumer, as a program that goes on for ever."""

    @classmethod
    async def started(cls, broker, log):
        """One that has its place in the topic. It hears only what comes after that."""
        self = cls()
        with log.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-u", "-c", TELLS_ITS_PLACE + CONSUME.replace("kafka-broker:9092", broker)),
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
            )
        try:
            async with asyncio.timeout(PRINTED_WITHIN_SECONDS):
                while HAS_ITS_PLACE not in log.read_text():
                    assert self._process.returncode is None, log.read_text()
                    await asyncio.sleep(0.05)
        except BaseException:
            await self.end()
            raise
        return self

    async def next_answer(self):
        """The next that it prints."""
        line = await asyncio.wait_for(self._process.stdout.readline(), PRINTED_WITHIN_SECONDS)
        return ast.literal_eval(line.decode().removeprefix("Ledger response received: "))

    async def end(self):
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()


async def run(code, broker):
    """Run a sample; answers what it printed."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code.replace("kafka-broker:9092", broker)],
        capture_output=True,
        text=True,
        timeout=PRINTED_WITHIN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def answered(consumer, code, broker):
    """What the consumer prints of a sample that is run once."""
    assert await run(code, broker) == "Account creation event sent successfully!\n"
    return await consumer.next_answer()


async def what_exists(product, reference):
    url = running_servers(product.data_dir).database_url
    connection = await asyncpg.connect(url)
    try:
        [account] = await connection.fetch("SELECT type, metadata FROM accounts WHERE reference = $1", reference)
        wallets = await connection.fetch(
            "SELECT name, currency, accounting_type, decimal_places FROM wallets WHERE account_reference = $1",
            reference,
        )
    finally:
        await connection.close()
    return account["type"], orjson.loads(account["metadata"]), [tuple(wallet) for wallet in wallets]


async def test_opens_the_printed_accounts_and_prints_the_answers(product, kafka, tmp_path):
    consumer = await Consumer.started(kafka.url, tmp_path / "consumer.log")
    try:
        first = await answered(consumer, PRODUCE, kafka.url)
        assert (first["status"], first["account_reference"], first["errors"]) == ("success", "customer123", [])
        assert first["request"]["topic"] == "ledger.account.creation"
        assert first["account"]["account_type"] == "group"
        assert await what_exists(product, "customer123") == (
            "GROUP",
            {"customer_id": "customer123", "description": "Customer 123 primary account"},
            [("default", "USD", "LIABILITY", 2)],
        )
        second = await answered(consumer, HEAD + ONBOARDING + SEND, kafka.url)
        assert (second["status"], second["account_reference"]) == ("success", "customer456")
        assert await what_exists(product, "customer456") == ("GROUP", {}, [("default", "EUR", "LIABILITY", 2)])
    finally:
        await consumer.end()


def test_lists_every_mending():
    assert "kafka-broker:9092" in PRODUCE
    assert "kafka-broker:9092" in CONSUME
    assert list(MENDINGS)[1:] == ["indentation", "headings", "sending", "the endless consumer"]
    assert CONSUME.endswith('for message in consumer:\n    print(f"Ledger response received: {message.value}")\n')
