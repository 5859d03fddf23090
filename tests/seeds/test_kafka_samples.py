"""The accounts' document over Kafka: its own code, run with `kafka-python` against a running product and broker."""

import ast
import asyncio
import subprocess
import sys
import time

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
    "the endless consumer": "it is ended once it has printed",
}
"""All that is changed in what the document prints."""

PRODUCE = python_sample("from kafka import KafkaProducer", 'sent successfully!")')
CONSUME = python_sample("from kafka import KafkaConsumer", 'message.value}")')
ONBOARDING = python_sample("account_event = {", "}2.", after="1. Customer Onboarding").replace("}2.", "}")
HEAD, _, _ = PRODUCE.partition("# Example")
SEND = PRODUCE[PRODUCE.index("producer.send(") :]
PRINTED_WITHIN_SECONDS = 240
TRY_AGAIN_SECONDS = 15


@pytest.fixture
def product(kafka, tmp_path):
    """`quaestor dev`, which opens the door of Kafka by itself."""
    with running_dev(tmp_path, QUAESTOR_KAFKA_BOOTSTRAP_SERVERS=kafka.url) as running:
        yield running


class Consumer:
    """The document's consumer, as a program that goes on for ever."""

    def __init__(self, broker):
        self._code = CONSUME.replace("kafka-broker:9092", broker)
        self._start()

    def _start(self):
        self._process = subprocess.Popen([sys.executable, "-u", "-c", self._code], stdout=subprocess.PIPE, text=True)

    async def start_again(self):
        """One that began while its topic was being made was once seen to hear nothing for minutes."""
        await self.end()
        self._start()

    async def next_line(self, seconds):
        return await asyncio.wait_for(asyncio.shield(self._reading()), seconds)

    def _reading(self):
        if getattr(self, "_read", None) is None or self._read.done():
            self._read = asyncio.ensure_future(asyncio.to_thread(self._process.stdout.readline))
        return self._read

    async def end(self):
        self._process.kill()
        self._process.wait()
        await asyncio.gather(self._reading(), return_exceptions=True)
        self._process.stdout.close()
        self._read = None


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
    """What the consumer prints of a sample. It hears what comes after it is there, so the sample may have to run again:
    a command that is sent again is the same account.
    """
    deadline = time.monotonic() + PRINTED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert await run(code, broker) == "Account creation event sent successfully!\n"
        try:
            line = await consumer.next_line(TRY_AGAIN_SECONDS)
        except TimeoutError:
            await consumer.start_again()
            continue
        return ast.literal_eval(line.removeprefix("Ledger response received: "))
    raise AssertionError("nothing was printed")


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


async def test_opens_the_printed_accounts_and_prints_the_answers(product, kafka):
    consumer = Consumer(kafka.url)
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
        second = first
        while second["account_reference"] != "customer456":
            second = await answered(consumer, HEAD + ONBOARDING + SEND, kafka.url)
        assert second["status"] == "success"
        assert await what_exists(product, "customer456") == ("GROUP", {}, [("default", "EUR", "LIABILITY", 2)])
    finally:
        await consumer.end()


def test_lists_every_mending():
    assert "kafka-broker:9092" in PRODUCE
    assert "kafka-broker:9092" in CONSUME
    assert list(MENDINGS)[1:] == ["indentation", "headings", "sending", "the endless consumer"]
    assert CONSUME.endswith('for message in consumer:\n    print(f"Ledger response received: {message.value}")\n')
