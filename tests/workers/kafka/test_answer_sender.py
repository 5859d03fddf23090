"""What brokers refuse, and what becomes of what comes after it. A real broker."""

import asyncio
import json

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, OutOfOrderSequenceNumber

from app.idempotency.message_answers import Answer
from app.idempotency.message_sources import Place
from tests.free_ports import free_port
from workers.kafka import answer_sender
from workers.kafka.answer_sender import AnswerSender, NotDelivered
from workers.kafka.figures import Figures, Trouble
from workers.kafka.messages import Letter, answer_letter

pytestmark = pytest.mark.kafka

SMALL = {"max.message.bytes": "2000"}


@pytest.fixture
async def sender(kafka):
    made = AnswerSender({"bootstrap_servers": kafka.url, "request_timeout_ms": 5_000}, Figures())
    yield made
    await made.stop()


def answer(reference, metadata="", wallets=1):
    account = {"account_id": "1", "account_reference": reference, "metadata": {"filler": metadata}}
    shown = [{"wallet_id": str(number), "wallet_name": "default", "metadata": {}} for number in range(wallets)]
    return json.dumps({"status": "success", "account": account, "wallets": shown, "errors": []}).encode()


def letter(topic, reference, **more):
    return answer_letter(topic, Answer(Place(0, 0), reference.encode(), answer(reference, **more)))


async def test_has_a_producer_that_one_refused_record_spoils(kafka, make_topics):
    """Why a new one is made: aiokafka's delivers nothing to that partition any more."""
    topics = await make_topics(answers=SMALL)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.url, enable_idempotence=True, request_timeout_ms=5_000, max_request_size=10**7
    )
    await producer.start()
    try:
        await producer.send_and_wait(topics.answers, b"before")
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(topics.answers, b"x" * 5_000)
        with pytest.raises((OutOfOrderSequenceNumber, TimeoutError)):
            await asyncio.wait_for(producer.send_and_wait(topics.answers, b"after"), 10)
    finally:
        await answer_sender._close(producer)


async def test_sends_in_order_and_returns_when_brokers_have_it(sender, topics):
    letters = [letter(topics.answers, f"a{number}") for number in range(500)]
    await sender.deliver(letters)
    found = await topics.read(topics.answers, lambda found: len(found) >= 500)
    assert [record.key for record in found] == [one.key for one in letters]
    assert [record.value for record in found] == [one.value for one in letters]


async def test_shortens_what_is_too_large_and_delivers_what_comes_after_it(sender, make_topics):
    topics = await make_topics(answers=SMALL)
    await sender.deliver([letter(topics.answers, "before")])
    await sender.deliver(
        [
            letter(topics.answers, "a"),
            letter(topics.answers, "large", metadata="x" * 5_000),
            letter(topics.answers, "b"),
        ]
    )
    await sender.deliver([letter(topics.answers, "after")])
    found = await topics.read(topics.answers, lambda found: any(record.key == b"after" for record in found))
    assert [record.key for record in found] == [b"before", b"a", b"large", b"b", b"after"]
    assert json.loads(found[2].value) == {
        "status": "success",
        "account": {"account_id": "1", "account_reference": "large"},
        "wallets": [{"wallet_id": "0", "wallet_name": "default"}],
        "errors": [],
        "shortened": True,
    }
    assert sender._figures.troubles == {Trouble.RECORD_REFUSED: 1}


async def test_gives_up_what_is_too_large_even_when_shortened_and_goes_on(sender, make_topics, caplog):
    topics = await make_topics(answers=SMALL)
    await sender.deliver([letter(topics.answers, "l" * 2_000), letter(topics.answers, "after")])
    [found] = await topics.read(topics.answers, lambda found: found)
    assert found.key == b"after"
    assert sender._figures.troubles[Trouble.GIVEN_UP] == 1
    [told] = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert "brokers refuse even the shortest form of a record" in told
    assert len(told) < 400


async def test_leaves_the_wallets_out_if_even_their_ids_are_too_many(sender, make_topics):
    topics = await make_topics(answers=SMALL)
    await sender.deliver([letter(topics.answers, "large", wallets=100)])
    [found] = await topics.read(topics.answers, lambda found: found)
    told = json.loads(found.value)
    assert (told["account"]["account_id"], told["wallets"], told["shortened"]) == ("1", [], True)


async def test_takes_what_a_compacted_topic_takes(sender, make_topics):
    topics = await make_topics(answers={"cleanup.policy": "compact"})
    await sender.deliver([Letter(topics.answers, None, b"{}"), letter(topics.answers, "after")])
    [found] = await topics.read(topics.answers, lambda found: found)
    assert found.key == b"after"
    assert sender._figures.troubles == {Trouble.RECORD_REFUSED: 1, Trouble.GIVEN_UP: 1}


async def test_sends_a_large_answer_where_the_topic_takes_it(sender, make_topics):
    topics = await make_topics(answers={"max.message.bytes": "8000000"})
    sent = letter(topics.answers, "large", metadata="x" * 5_000_000)
    await sender.deliver([letter(topics.answers, "a"), sent, letter(topics.answers, "b")])
    found = await topics.read(topics.answers, lambda found: len(found) == 3)
    assert [record.value for record in found][1] == sent.value


async def test_says_that_nobody_is_there(topics):
    sender = AnswerSender({"bootstrap_servers": f"127.0.0.1:{free_port()}", "request_timeout_ms": 1_000}, Figures())
    with pytest.raises(NotDelivered, match="KafkaConnectionError"):
        await sender.deliver([letter(topics.answers, "a")])
    await sender.stop()
    assert sender._figures.troubles == {Trouble.NOT_DELIVERED: 1}


async def test_is_used_by_many_at_once(sender, make_topics):
    topics = await make_topics(partitions=4, answers=SMALL)

    async def one(name):
        await sender.deliver(
            [letter(topics.answers, f"{name}-{number}", metadata="x" * 5_000 * (number == 5)) for number in range(20)]
        )

    async def until_delivered(name):
        while True:
            try:
                return await one(name)
            except NotDelivered:
                continue  # Another one's refused record spoiled the producer that all share.

    await asyncio.gather(*(until_delivered(name) for name in "abcdef"))
    found = await topics.read(topics.answers, lambda found: len({record.key for record in found}) == 120)
    assert {record.key.decode() for record in found} == {
        f"{name}-{number}" for name in "abcdef" for number in range(20)
    }
