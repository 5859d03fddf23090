"""A real broker with topics of each test's own, and real processes of the door."""

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass, field

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from app.db.connection import fetch
from app.db.identifiers import new_id

SECRET_KEY = "a key of the settings for the tests"
PATIENCE_SECONDS = 120


@dataclass
class Topics:
    """Topics of one test, on the broker that all share."""

    broker: str
    commands: str
    answers: str
    dead_letters: str
    producer: AIOKafkaProducer
    sent: list = field(default_factory=list)

    @property
    def setting(self):
        return f"{self.commands}:{self.answers}"

    async def send(self, value, **more):
        """Send one message, a dict as JSON; answers where it stands."""
        text = json.dumps(value).encode() if isinstance(value, dict) else value
        return await self.producer.send_and_wait(self.commands, text, **more)

    async def read(self, topic, until):
        """What is in a topic, from its beginning, as soon as `until` says that it is enough."""
        found = []
        async with AIOKafkaConsumer(
            topic, bootstrap_servers=self.broker, auto_offset_reset="earliest", enable_auto_commit=False
        ) as consumer:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not until(found):
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        found += records
        return found

    async def answers_to(self, *places):
        """The answers to these messages, of each the first one."""
        wanted = {(place.partition, place.offset) for place in places}
        records = await self.read(self.answers, lambda found: wanted <= {_answered(record) for record in found})
        first = {}
        for record in records:
            first.setdefault(_answered(record), record)
        return [json.loads(first[place.partition, place.offset].value) for place in places]

    async def answer_to(self, place):
        [answer] = await self.answers_to(place)
        return answer


def _answered(record):
    request = json.loads(record.value)["request"]
    return request["partition"], request["offset"]


@pytest.fixture
async def make_topics(kafka):
    """A function that makes the topics of a door; `settings` are those of the topic that a name ends with."""
    async with (
        AIOKafkaProducer(bootstrap_servers=kafka.url, acks="all") as producer,
        contextlib.AsyncExitStack() as stack,
    ):
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.url)
        await admin.start()
        stack.push_async_callback(admin.close)

        async def make(*, partitions=1, **settings):
            name = f"test.{new_id().hex}"
            made = Topics(kafka.url, f"{name}.commands", f"{name}.answers", f"{name}.commands.dlq", producer)
            await admin.create_topics(
                [
                    NewTopic(topic, partitions, 1, topic_configs=settings.get(kind))
                    for kind, topic in (
                        ("commands", made.commands),
                        ("answers", made.answers),
                        ("dead_letters", made.dead_letters),
                    )
                ]
            )
            return made

        yield make


@pytest.fixture
async def topics(make_topics):
    return await make_topics()


class DoorProcess:
    """One process of the door, and what it says."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self):
        while line := await self.process.stderr.readline():
            self.lines.append(line.decode().rstrip())

    async def says(self, text):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(text in line for line in self.lines):
                assert self.process.returncode is None, self.lines
                await asyncio.sleep(0.01)

    async def kill(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reading

    async def stop(self):
        """SIGTERM; answers the exit code."""
        self.process.terminate()
        code = await self.process.wait()
        await self._reading
        return code


async def start_door_process(**settings):
    """Start a process of the door with these settings and no others."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("QUAESTOR_")}
    known |= {"QUAESTOR_SECRET_KEY": SECRET_KEY, "QUAESTOR_LOG_FORMAT": "console", **settings}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workers.kafka", env=known, stderr=asyncio.subprocess.PIPE
    )
    return DoorProcess(process)


@pytest.fixture
async def start_door(database, kafka):
    """A function that starts a process of the door for some topics and waits until it reads."""
    started = []

    async def start(topics, *, ready="this process reads: test.", **settings):
        known = {
            "DATABASE_URL": database,
            "QUAESTOR_KAFKA_BOOTSTRAP_SERVERS": kafka.url,
            "QUAESTOR_KAFKA_TOPICS": topics.setting,
            "QUAESTOR_KAFKA_GROUP": topics.commands,
        }
        door = await start_door_process(**{**known, **settings})
        started.append(door)
        if ready:
            await door.says(ready)
        return door

    yield start
    for door in started:
        await door.kill()
        print(*door.lines, sep="\n")


@pytest.fixture
async def customer_id(make_actor):
    return (await make_actor()).customer_id


async def count(table):
    [row] = await fetch(f"SELECT count(*) AS count FROM {table}")
    return row["count"]
