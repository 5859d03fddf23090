"""A broker of its own that is stopped and started, and messages that are made to hurt, with a real process."""

import asyncio
import contextlib
import json
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaProducer

from broker.apache_kafka import ApacheKafka
from tests.conftest import start_broker
from tests.free_ports import free_port
from tests.workers.kafka.test_hostile_messages import LONE, PLACES, many_faults

pytestmark = pytest.mark.kafka

PATIENCE_SECONDS = 120
ACCOUNT = {"operation": "create_account", "account_type": "group"}


@pytest.fixture
def own_broker(tmp_path):
    server = ApacheKafka(tmp_path / "kafka", port=free_port(), controller_port=free_port())
    start_broker(server)
    yield server
    with contextlib.suppress(Exception):
        server.stop()


@dataclass
class NewTopics:
    """Topics that nobody has made yet."""

    commands: str = "new.commands"
    setting: str = "new.commands:new.answers"


async def test_says_little_at_a_first_start_and_while_brokers_are_away(own_broker, customer_id, start_door):
    door = await start_door(
        NewTopics(), ready="this process reads: new.commands/0", QUAESTOR_KAFKA_BOOTSTRAP_SERVERS=own_broker.url
    )
    assert [line for line in door.lines if " error " in line or " aiokafka" in line] == []
    own_broker.stop()
    await door.says(f"the brokers {own_broker.url} cannot be used: waiting for them")
    await asyncio.sleep(8)  # So long that aiokafka's own lines would be hundreds.
    start_broker(own_broker)
    await door.says(f"the brokers {own_broker.url} answer again")
    told = [line for line in door.lines if "cannot be used" in line or "answer again" in line]
    assert len(told) <= 4, told
    assert [line for line in door.lines if " error " in line or " aiokafka" in line] == []
    assert len(door.lines) < 40, door.lines
    async with AIOKafkaProducer(bootstrap_servers=own_broker.url) as producer:
        await producer.send_and_wait("new.commands", json.dumps({**ACCOUNT, "account_reference": "a"}).encode())


async def test_no_message_ends_the_door_or_holds_another_partition_up(make_topics, customer_id, start_door):
    topics = await make_topics(partitions=2)
    door = await start_door(topics)
    hostile = [
        *(PLACES[place].replace("%s", LONE).encode() for place in PLACES),
        many_faults(4),
        many_faults(60),
        json.dumps({"account_reference": "r" * 1_000_000}).encode(),
        json.dumps({"operation": "r" * 1_000_000}).encode(),
        json.dumps({**ACCOUNT, "account_reference": "u", "u" * 1_000_000: 1}).encode(),
        b"x" * 1_048_400,
        b"[" * 500_000,
    ]
    async with AIOKafkaProducer(bootstrap_servers=topics.broker, max_request_size=5_000_000) as producer:
        bad = [await producer.send_and_wait(topics.commands, value, partition=0) for value in hostile]
    behind = [
        await topics.send({**ACCOUNT, "account_reference": f"behind-{number}"}, partition=number) for number in (0, 1)
    ]
    answers = await topics.answers_to(*bad, *behind)
    assert [answer["status"] for answer in answers] == ["error"] * len(bad) + ["success"] * 2
    assert {answer["errors"][0]["code"] for answer in answers[: len(bad)]} == {"VALIDATION"}
    buried = await topics.read(topics.dead_letters, lambda found: len(found) >= len(bad))
    assert len(buried) == len(bad)
    [short] = [one for one in buried if "quaestor-shortened" in dict(one.headers)]
    assert short.value == b"x" * 1_000
    assert door.process.returncode is None
    assert sum(map(len, door.lines)) < 20_000
    assert not any("Traceback" in line for line in door.lines)
