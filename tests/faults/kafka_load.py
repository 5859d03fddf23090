"""Messages of every kind, what must come of each, and a broker that may be killed."""

import asyncio
import itertools
import json
import os
import signal
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

WALLET = {"wallet_name": "default", "currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2}
CODECS = (None, "gzip", "lz4", "zstd")
MALFORMED_SHARE, REPEATED_SHARE, NULL_KEY_SHARE, FOLLOWED_SHARE, HEADERS_SHARE = 0.01, 0.05, 0.2, 0.3, 0.1
MALFORMED = (
    b"{",
    b"[]",
    b"\xff",
    None,
    b'{"operation": "create_account", "operation": "create_account"}',
    b'{"operation": "delete_account", "account_reference": "x"}',
    b'{"operation": "create_account", "account_type": "group", "account_reference": 5}',
)


@dataclass(slots=True)
class Sent:
    """A message, what must come of it, and where it stands once it is sent. `order` counts those of one key."""

    key: bytes | None
    value: bytes | None
    reference: str | None
    status: str
    code: str | None = None
    replayed: bool = False
    headers: list = field(default_factory=list)
    place: tuple[int, int] | None = None


def account(reference, **more):
    return {
        "operation": "create_account",
        "account_type": "group",
        "account_reference": reference,
        "wallets": [WALLET],
        **more,
    }


def make_load(random, count):
    """`count` messages; of those with one key the earlier ones come to what the later ones expect."""
    made: list[Sent] = []
    keyed: list[str] = []
    numbers = itertools.count()
    while len(made) < count:
        kind = random.random()
        if kind < MALFORMED_SHARE:
            value = random.choice(MALFORMED)
            key = b"tombstone" if value is None else random.choice([None, b"bad"])
            made.append(Sent(key, value, None, "error", "VALIDATION"))
        elif kind < MALFORMED_SHARE + REPEATED_SHARE and keyed:
            made.append(_repeated(random, random.choice(keyed)))
        else:
            reference = f"customer-{next(numbers)}"
            if random.random() < NULL_KEY_SHARE:
                made.append(_sent(None, account(reference), "success"))
                continue
            keyed.append(reference)
            made.append(_sent(reference.encode(), account(reference), "success"))
            if random.random() < FOLLOWED_SHARE:
                wallet = {
                    "operation": "create_wallet",
                    "account_reference": reference,
                    **WALLET,
                    "wallet_name": "second",
                }
                made.append(_sent(reference.encode(), wallet, "success"))
        if random.random() < HEADERS_SHARE:
            made[-1].headers = [("trace", os.urandom(8))]
    return made


def _repeated(random, reference):
    if random.random() < 0.5:
        return _sent(reference.encode(), account(reference), "success", replayed=True)
    return _sent(reference.encode(), account(reference, metadata={"other": 1}), "error", "DUPLICATE_REFERENCE")


def _sent(key, body, status, code=None, *, replayed=False):
    return Sent(key, json.dumps(body).encode(), body["account_reference"], status, code, replayed)


class Producers:
    """Of each way to compress one. A key always goes through the same one, so that its order is kept."""

    def __init__(self, broker, topic):
        self._broker, self._topic = broker, topic
        self._producers = []
        self._stack = AsyncExitStack()

    async def __aenter__(self):
        for codec in CODECS:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._broker, acks="all", enable_idempotence=True, compression_type=codec, linger_ms=5
            )
            self._producers.append(await self._stack.enter_async_context(producer))
        return self

    async def __aexit__(self, *_):
        await self._stack.aclose()

    async def send(self, messages):
        """Send these and note where they stand."""
        futures = []
        for message in messages:
            producer = self._producers[hash(message.key or message.value) % len(CODECS)]
            futures.append(
                await producer.send(self._topic, message.value, key=message.key, headers=message.headers or None)
            )
            await asyncio.sleep(0)
        for message, future in zip(messages, futures, strict=True):
            told = await future
            message.place = told.partition, told.offset


async def read_until(broker, topic, is_enough, *, seconds):
    """All records of a topic, as soon as they are enough."""
    found = []
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False)
    async with consumer, asyncio.timeout(seconds):
        while not is_enough(found):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += records
    return found


def answered(record):
    """Which message a record answers."""
    request = json.loads(record.value)["request"]
    return request["partition"], request["offset"]


def buried(record):
    """Which message a dead letter is a copy of."""
    headers = dict(record.headers)
    return int(headers["quaestor-partition"]), int(headers["quaestor-offset"])


def order_of_keys(records):
    """For each key and partition of the commands, the offsets in the order in which their answers first came."""
    seen = set()
    offsets = defaultdict(list)
    for record in records:
        place = answered(record)
        if place not in seen:
            seen.add(place)
            offsets[record.key, place[0]].append(place[1])
    return offsets


def kill_and_restart(broker):
    """Kill -9, and start it again on its files."""
    os.kill(broker.pid, signal.SIGKILL)
    broker._child.wait(60)
    broker._child = None
    broker.start(timeout_seconds=300)
