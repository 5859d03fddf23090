"""Messages that are made to hurt: whatever they hold, each gets an answer, and the ones behind it go on."""

import asyncio
import json
import logging
import time

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException

from tests.workers.kafka.conftest import count
from tests.workers.kafka.one_partition import Door, record
from workers.kafka import answers, carry_out, messages, partition_reader
from workers.kafka.answers import shortened
from workers.kafka.fields import FAULTS_MAX
from workers.kafka.figures import Done, Figures, Trouble
from workers.kafka.messages import dead_letter
from workers.kafka.partition_reader import PartitionReader
from workers.kafka.read_command import read_command
from workers.kafka.topics import CommandTopic

ACCOUNT = {"operation": "create_account", "account_type": "group", "account_reference": "customer123"}
LONE = "\\ud800"
NUL = "\\u0000"
PLACES = {
    "a reference": '{"operation":"create_account","account_type":"group","account_reference":"s%s"}',
    "the operation": '{"operation":"x%s","account_reference":"q"}',
    "a name of a wallet": '{"operation":"create_account","account_type":"group","account_reference":"q",'
    '"wallets":[{"wallet_name":"n%s","currency":"USD","accounting_type":"LIABILITY","decimal_places":2}]}',
    "the name of a field": '{"operation":"create_account","account_type":"group","account_reference":"q","x%s":1}',
    "metadata": '{"operation":"create_account","account_type":"group","account_reference":"q","metadata":{"x":"%s"}}',
    "a key of metadata": '{"operation":"create_account","account_type":"group","account_reference":"q",'
    '"metadata":{"x%s":[1]}}',
    "a key that comes twice": '{"x%s":1,"x%s":1}',
}


@pytest.fixture
def door(customer_id):
    return Door(customer_id)


@pytest.mark.parametrize("character", [LONE, NUL, "\\udfff"])
@pytest.mark.parametrize("place", PLACES)
async def test_text_that_is_none_makes_no_command(door, place, character):
    value = PLACES[place].replace("%s", character).encode()
    refused, done = await door.carry_out(value, {**ACCOUNT, "account_reference": "behind"})
    assert (refused["status"], done["status"]) == ("error", "success")
    [error] = refused["errors"]
    assert error["code"] == "VALIDATION"
    assert "comes twice" in error["message"] or "a NUL character or a lone surrogate" in error["message"]
    [(offset, code, reason)] = door.buried
    assert (offset, code, reason) == (0, "VALIDATION", error["message"])
    assert await count("accounts") == 1


async def test_takes_whole_pairs_and_a_doubled_backslash(door):
    metadata = json.dumps({"face": "\U0001f600", "path": "C:\\ud800"})
    value = json.dumps({**ACCOUNT, "metadata": None}).replace("null", metadata).encode()
    [answer] = await door.carry_out(value)
    assert answer["account"]["metadata"] == {"face": "\U0001f600", "path": "C:\\ud800"}


def broken(*_args, **_more):
    raise TypeError("a fault of ours")


@pytest.mark.parametrize(
    ("module", "name"),
    [(answers, "_answer"), (answers, "success"), (answers, "describe_account"), (carry_out, "Answer")],
)
async def test_a_fault_in_building_answers_ends_nothing(door, monkeypatch, caplog, module, name):
    real = getattr(module, name)
    bad = "the bad one"

    def sometimes(*args, **more):
        told = [getattr(one, "account_reference", None) or getattr(one, "reference", None) for one in args]
        if bad in told or (b"the bad one" in args and b'"success"' in args[2]):
            raise TypeError("a fault of ours")
        return real(*args, **more)

    monkeypatch.setattr(module, name, sometimes)
    references = ("a", bad, "b")
    told = await door.carry_out(*({**ACCOUNT, "account_reference": one} for one in references))
    assert [answer["status"] for answer in told] == ["success", "error", "success"]
    assert told[1]["errors"][0]["code"] == "INTERNAL"
    assert told[1]["request"] == {"topic": "in", "partition": 0, "offset": 1}
    assert [(offset, code) for offset, code, _ in door.buried] == [(1, "INTERNAL")]
    assert door.counted(Done.FAILED) == 1
    assert "in/0/1" in caplog.text
    assert await count("accounts") == 2


async def test_a_fault_in_reading_a_message_ends_nothing(door, monkeypatch, caplog):
    monkeypatch.setattr(messages, "read_command", broken)
    bad = record(ACCOUNT, 0)
    monkeypatch.undo()
    told = await door.batches.carry_out([bad, record(ACCOUNT, 1)])
    first, second = (json.loads(answer.body) for answer in told)
    assert (first["errors"][0]["code"], second["status"]) == ("INTERNAL", "success")
    assert [(offset, code) for offset, code, _ in door.buried] == [(0, "INTERNAL")]
    assert "the message in/0/0 could not be read" in caplog.text


def many_faults(fields, wallets=1_000):
    sent = [{f"f{number}": 1 for number in range(fields)} for _ in range(wallets)]
    return json.dumps({**ACCOUNT, "wallets": sent}).encode()


async def test_tells_the_first_faults_of_many(door):
    [answer] = await door.carry_out(many_faults(4))
    assert len(answer["errors"]) == FAULTS_MAX
    assert len(json.dumps(answer)) < 40_000
    small = json.loads(shortened(json.dumps(answer).encode()))
    assert (small["errors"], small["shortened"]) == (answer["errors"][:1], True)


def test_takes_no_longer_than_the_message_is_long():
    def seconds(value):
        begun = time.process_time()
        read_command(value, ())
        return time.process_time() - begun

    short = min(seconds(many_faults(60, 100)) for _ in range(3))
    assert min(seconds(many_faults(60, 1_600)) for _ in range(3)) < 16 * 5 * short


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (json.dumps({"account_reference": "r" * 1_000_000}), None),
        (json.dumps({**ACCOUNT, "account_reference": "r" * 1_000_000}), None),
        (json.dumps({"operation": "r" * 1_000_000}), None),
        (json.dumps({**ACCOUNT, "u" * 1_000_000: 1}), None),
        (json.dumps({"u" * 1_000_000: 1}), None),
        (json.dumps({**ACCOUNT, "account_type": "u" * 1_000_000}), None),
        (json.dumps({**ACCOUNT, "wallets": [{"currency": "u" * 1_000_000}]}), None),
        (f"{{{', '.join([json.dumps('u' * 500_000) + ': 1'] * 2)}}}", None),
        ("no JSON", b"k" * 1_000_000),
    ],
    ids=range(9),
)
async def test_echoes_nothing_long(door, caplog, value, key):
    one = record(value.encode(), 0, key=key)
    [answer] = await door.batches.carry_out([one])
    assert json.loads(answer.body)["status"] == "error"
    assert len(answer.body) < 3_000
    assert len(answer.key) < 1_000
    assert len(caplog.text) < 3_000
    [(_, _, reason)] = door.buried or [(0, "", "")]
    assert len(reason) < 3_000


def test_a_copy_that_is_too_large_says_what_it_lacks():
    one = record(b"v" * 1_048_400, 7, headers=[("trace", b"h" * 10)], key=b"k" * 2_000)
    whole = dead_letter("lost", one, "VALIDATION", "\N{EURO SIGN}" * 1_000)
    assert (whole.value, whole.key, whole.headers[0]) == (one.record.value, one.record.key, ("trace", b"h" * 10))
    assert dict(whole.headers)["quaestor-reason"].decode() == "\N{EURO SIGN}" * 333
    short = whole.smaller()
    assert (short.value, short.key) == (b"v" * 1_000, b"in/0/7")
    assert dict(short.headers)["quaestor-shortened"].decode() == (
        "Too large to copy: this has the first 1,000 bytes of 1,048,400, and none of the 1 headers. "
        "The message itself is at its place."
    )
    assert "quaestor-shortened" not in dict(whole.headers)
    assert dict(short.headers)["quaestor-offset"] == b"7"
    assert short.smaller() is None


class Consumer:
    """Hands out what it was given, one after another, or raises it."""

    def __init__(self, *given):
        self.given = list(given)

    async def getmany(self, number, **_):
        if not self.given:
            await asyncio.sleep(0.01)
            return {}
        one = self.given.pop(0)
        if isinstance(one, Exception):
            raise one
        return {number: one}

    async def position(self, _number):
        return 41

    def assignment(self):
        return ()

    async def commit(self, _offsets):
        pass


class Sender:
    """Keeps the letters."""

    def __init__(self, wanted):
        self.letters = []
        self.wanted = wanted
        self.done = asyncio.Event()

    async def deliver(self, letters):
        self.letters += letters
        if len(self.letters) >= self.wanted:
            self.done.set()


def raw(value, offset):
    return ConsumerRecord(
        topic="in", partition=0, offset=offset, timestamp=1_700_000_000_000, timestamp_type=0, key=None, value=value,
        checksum=None, serialized_key_size=0, serialized_value_size=0, headers=(),
    )  # fmt: skip


def reader_of(customer_id, consumer, sender, figures):
    topic = CommandTopic("in", "out", "lost", customer_id)
    return PartitionReader(
        consumer,
        TopicPartition("in", 0),
        topic,
        cluster="cluster",
        sender=sender,
        figures=figures,
        batch_size_max=500,
        on_end=lambda task: None,
    )


async def run_until_done(reader, sender):
    async with asyncio.timeout(60), reader:
        await sender.done.wait()


async def test_a_record_that_cannot_be_decoded_ends_nothing(customer_id, monkeypatch, caplog):
    monkeypatch.setattr(partition_reader, "PAUSE_SECONDS_MAX", 0.01)
    value = json.dumps(ACCOUNT).encode()
    consumer = Consumer(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), [raw(value, 42)])
    sender, figures = Sender(1), Figures()
    await run_until_done(reader_of(customer_id, consumer, sender, figures), sender)
    assert json.loads(sender.letters[0].value)["status"] == "success"
    assert figures.troubles == {Trouble.UNREADABLE: 1}
    assert "in/0: the record at offset 41 cannot be decoded" in caplog.text


async def test_an_error_of_the_brokers_is_the_groups(customer_id):
    sender = Sender(1)
    with pytest.raises(CorruptRecordException):
        await reader_of(customer_id, Consumer(CorruptRecordException()), sender, Figures()).run()


async def test_a_fault_of_ours_around_a_batch_is_tried_again(customer_id, monkeypatch, caplog):
    real, faults = carry_out.Batches.carry_out, [TypeError("a fault of ours")]

    async def sometimes(self, *args, **more):
        if faults:
            raise faults.pop()
        return await real(self, *args, **more)

    monkeypatch.setattr(carry_out.Batches, "carry_out", sometimes)
    sender, figures = Sender(1), Figures()
    consumer = Consumer([raw(json.dumps(ACCOUNT).encode(), 42)])
    with caplog.at_level(logging.ERROR):
        await run_until_done(reader_of(customer_id, consumer, sender, figures), sender)
    assert json.loads(sender.letters[0].value)["status"] == "success"
    assert "after a fault of ours" in caplog.text


@pytest.mark.thorough
async def test_the_loop_runs_on_while_large_messages_are_read(customer_id):
    """Else the group would take the process for dead."""
    heaviest = many_faults(60, 2_000)
    records = [raw(heaviest, number) for number in range(20)]
    beats = 0

    async def beat():
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    beating = asyncio.create_task(beat())
    await partition_reader._read_messages(records)
    beating.cancel()
    assert beats >= len(records)


async def test_works_on_large_messages_in_parts(customer_id):
    values = [json.dumps({**ACCOUNT, "account_reference": f"c{number}", "metadata": {"x": "y" * 15_000}}).encode()
              for number in range(200)]  # fmt: skip
    records = [raw(value, number) for number, value in enumerate(values)]
    parts = list(partition_reader._batches(records))
    assert [one for part in parts for one in part] == records
    assert max(sum(len(one.value) for one in part) for part in parts) <= partition_reader.BATCH_BYTES_MAX
    assert [len(part) for part in partition_reader._batches([raw(b"x" * 3_000_000, 0), raw(None, 1)])] == [1, 1]
    sender = Sender(200)
    await run_until_done(reader_of(customer_id, Consumer(records), sender, Figures()), sender)
    assert [json.loads(letter.value)["account_reference"] for letter in sender.letters] == [
        f"c{number}" for number in range(200)
    ]
