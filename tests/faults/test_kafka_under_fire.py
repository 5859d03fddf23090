"""Each command once, each message answered, each malformed one buried, whatever is killed meanwhile.

QUAESTOR_TEST_KAFKA_COMMANDS=20000 is the long form.
"""

import asyncio
import json
import os
from collections import Counter
from random import Random

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from app.db.connection import fetch, fetchval
from broker.apache_kafka import ApacheKafka
from tests.conftest import start_broker
from tests.faults.kafka_load import (
    Producers,
    answered,
    buried,
    kill_and_restart,
    make_load,
    order_of_keys,
    read_until,
)
from tests.free_ports import free_port
from tests.workers.kafka.conftest import DoorProcess, count, start_door_process

COMMANDS = int(os.environ.get("QUAESTOR_TEST_KAFKA_COMMANDS") or 2_000)
WAVES = 5
KILLS_OF_A_WAVE = 1 if COMMANDS <= 2_000 else 3
SECONDS_MAX = 600 + COMMANDS // 10
PARTITIONS = 4
GROUP = "fire"
IN, OUT, LOST = "fire.commands", "fire.answers", "fire.commands.dlq"

pytestmark = [pytest.mark.kafka, pytest.mark.faults, pytest.mark.timeout(2 * SECONDS_MAX)]


@pytest.fixture
async def broker(tmp_path):
    """A broker of its own, since it is killed."""
    made = ApacheKafka(tmp_path, port=free_port(), controller_port=free_port())
    start_broker(made)
    admin = AIOKafkaAdminClient(bootstrap_servers=made.url)
    await admin.start()
    await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in (IN, OUT, LOST)])
    await admin.close()
    yield made
    made.stop()


class Doors:
    """Processes of the door, some of which are killed."""

    def __init__(self, database, broker):
        self._settings = {
            "DATABASE_URL": database,
            "QUAESTOR_KAFKA_BOOTSTRAP_SERVERS": broker.url,
            "QUAESTOR_KAFKA_TOPICS": f"{IN}:{OUT}:{LOST}",
            "QUAESTOR_KAFKA_GROUP": GROUP,
            "QUAESTOR_KAFKA_BATCH_SIZE_MAX": "20",
        }
        self.running: list[DoorProcess] = []
        self.lines: list[str] = []

    async def start(self):
        door = await start_door_process(**self._settings)
        self.running.append(door)
        return door

    async def kill_one(self, random):
        reading = [door for door in self.running if any("this process reads" in line for line in door.lines)]
        door = random.choice(reading or self.running)
        self.running.remove(door)
        await door.kill()
        self.lines += door.lines
        await self.start()

    async def stop_all(self):
        """SIGTERM to each; answers the exit codes."""
        codes = await asyncio.gather(*(door.stop() for door in self.running))
        self.lines += [line for door in self.running for line in door.lines]
        return codes

    async def end(self):
        for door in self.running:
            await door.kill()


async def test_does_each_command_once_and_answers_each_message(broker, database, make_actor, seed):
    await make_actor()
    random = Random(seed)
    load = make_load(random, COMMANDS)
    doors = Doors(database, broker)
    try:
        for _ in range(2):
            await doors.start()
        async with Producers(broker.url, IN) as producers:
            await send_under_fire(producers, load, doors, broker, random)
        places = {message.place for message in load}
        assert len(places) == len(load)
        answers = await read_until(
            broker.url, OUT, lambda found: places <= {answered(one) for one in found}, seconds=SECONDS_MAX
        )
        assert await doors.stop_all() == [0] * len(doors.running)
    finally:
        await doors.end()
        said = "\n".join(doors.lines)
        print(f"seed {seed}", said, sep="\n")
    assert "Traceback" not in said
    check_answers(load, answers)
    await check_effects(load)
    await check_dead_letters(broker, load)
    tell(load, answers, doors)


async def send_under_fire(producers, load, doors, broker, random):
    """A wave of messages at a time, and in each something that goes wrong while they are carried out."""
    size = -(-len(load) // WAVES)
    for number in range(WAVES):
        wave = load[number * size : (number + 1) * size]
        done = number * size
        sending = asyncio.create_task(producers.send(wave))
        try:
            for _ in range(KILLS_OF_A_WAVE):
                await until_under_way(random.randrange(1, size // KILLS_OF_A_WAVE // 4), done + len(wave))
                await doors.kill_one(random)
            if number == WAVES // 2:
                await until_under_way(1, done + len(wave))
                kill_and_restart(broker)
            if number == WAVES // 2 + 1:
                await doors.start()  # The partitions are shared out anew while all are busy.
        finally:
            await asyncio.wait_for(sending, SECONDS_MAX)


async def until_under_way(more, all_of_them):
    """Wait until so many more messages are carried out, or all that there are."""
    wanted = min(await count("message_sources") + more, all_of_them)
    async with asyncio.timeout(SECONDS_MAX):
        while await count("message_sources") < wanted:
            await asyncio.sleep(0.02)


def check_answers(load, records):
    told = {}
    for record in records:
        answer = json.loads(record.value)
        known = told.setdefault(answered(record), answer)
        assert known == answer, "an answer that comes again is the same"
    for message in load:
        answer = told[message.place]
        expected = (message.status, message.replayed, message.reference)
        assert (answer["status"], answer["replayed"], answer["account_reference"]) == expected or is_unreadable(message)
        assert answer["status"] == message.status
        assert [error["code"] for error in answer["errors"][:1]] == ([message.code] if message.code else [])
    assert set(told) == {message.place for message in load}
    assert [offsets for offsets in order_of_keys(records).values() if offsets != sorted(offsets)] == []


def is_unreadable(message):
    return message.code == "VALIDATION"


async def check_effects(load):
    new = [message for message in load if message.status == "success" and not message.replayed]
    accounts = Counter(message.reference for message in new if b'"create_account"' in message.value)
    seconds = [message.reference for message in new if b'"create_wallet"' in message.value]
    assert set(accounts.values()) == {1}
    rows = await fetch("SELECT reference FROM accounts")
    assert sorted(row["reference"] for row in rows) == sorted(accounts)
    wallets = len(accounts) + len(seconds)
    assert await count("wallets") == await count("posting_accounts") == wallets
    told = await fetch("SELECT type, count(*), count(DISTINCT resource_id) AS things FROM events GROUP BY type")
    assert {row["type"]: (row["count"], row["things"]) for row in told} == {
        "account.created": (len(accounts), len(accounts)),
        "wallet.created": (wallets, wallets),
    }
    assert await count("message_sources") == len(load)
    assert await fetchval("SELECT count(*) FROM message_answers") == 0


async def check_dead_letters(broker, load):
    wanted = {message.place for message in load if is_unreadable(message)}
    records = await read_until(
        broker.url, LOST, lambda found: wanted <= {buried(one) for one in found}, seconds=SECONDS_MAX
    )
    assert {buried(record) for record in records} == wanted
    assert all(dict(record.headers)["quaestor-reason"] for record in records)


def tell(load, answers, doors):
    kinds = Counter(
        "malformed" if is_unreadable(one) else one.code or ("replayed" if one.replayed else one.status) for one in load
    )
    again = len(answers) - len({answered(record) for record in answers})
    print(f"{len(load)} messages: {dict(kinds)}; {again} answers came again; {len(doors.running)} processes at the end")
