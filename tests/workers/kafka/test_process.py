"""A real broker, real processes: commands are carried out, and each message is answered."""

import asyncio
import json
import re

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.idempotency.message_answers import Answer, keep_answers
from app.idempotency.message_sources import Partition, Place
from tests.free_ports import free_port
from tests.workers.kafka.conftest import PATIENCE_SECONDS, count
from workers.kafka.topics import cluster_of

pytestmark = pytest.mark.kafka

WALLET = {"wallet_name": "default", "currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2}


def account(reference, *wallets):
    return {
        "operation": "create_account",
        "account_type": "group",
        "account_reference": reference,
        "wallets": list(wallets),
    }


def wallet(reference, name):
    return {"operation": "create_wallet", "account_reference": reference, **WALLET, "wallet_name": name}


async def until(condition):
    """Wait until this coroutine function answers something true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():
            await asyncio.sleep(0.05)


async def test_opens_the_account_with_its_wallets_and_answers(topics, customer_id, start_door):
    await start_door(topics)
    answer = await topics.answer_to(await topics.send(account("customer123", WALLET)))
    assert (answer["status"], answer["replayed"], answer["errors"]) == ("success", False, [])
    assert await fetchval("SELECT customer_id FROM accounts WHERE reference = 'customer123'") == customer_id
    assert await fetchval("SELECT name FROM wallets") == "default"
    [record] = await topics.read(topics.answers, lambda found: found)
    assert record.key == b"customer123"


async def test_reads_what_was_sent_before_it_started_and_forgets_what_has_arrived(topics, customer_id, start_door):
    places = [await topics.send(account(f"customer{number}")) for number in range(20)]
    await start_door(topics)
    assert {answer["status"] for answer in await topics.answers_to(*places)} == {"success"}

    async def all_arrived():
        return await count("message_answers") == 0

    await until(all_arrived)
    assert await count("message_sources") == 20


async def test_reads_every_kind_of_message(topics, customer_id, start_door, kafka):
    await start_door(topics)
    headers = [("trace", b"\xff\x00"), ("Idempotency-Key", b"key-1")]
    places = [
        await topics.send(account("null-key"), key=None),
        await topics.send(None, key=b"tombstone"),
        await topics.send(account("headers"), key=b"headers", headers=headers),
        await topics.send(b"\xff", headers=headers),
        await topics.send(account("last")),
    ]
    answers = await topics.answers_to(*places)
    assert [answer["status"] for answer in answers] == ["success", "error", "success", "error", "success"]
    assert await fetchval("SELECT key FROM idempotency_keys") == "key-1"
    first, second = await topics.read(topics.dead_letters, lambda found: len(found) >= 2)
    assert (first.key, first.value, second.key, second.value) == (b"tombstone", None, None, b"\xff")
    told = dict(second.headers)
    assert (told["trace"], told["quaestor-code"]) == (b"\xff\x00", b"VALIDATION")
    assert told["quaestor-reason"] == b"The message is not in UTF-8: byte 0 is wrong."
    assert (told["quaestor-topic"], told["quaestor-partition"], told["quaestor-offset"]) == (
        topics.commands.encode(), b"0", b"3",
    )  # fmt: skip


async def test_reads_batches_however_they_are_compressed(topics, customer_id, start_door, kafka):
    places = []
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        async with AIOKafkaProducer(bootstrap_servers=kafka.url, compression_type=codec, linger_ms=50) as producer:
            texts = [json.dumps(account(f"{codec}-{number}")).encode() for number in range(10)]
            places += await asyncio.gather(*[await producer.send(topics.commands, text) for text in texts])
    await start_door(topics)
    assert {answer["status"] for answer in await topics.answers_to(*places)} == {"success"}


async def test_answers_a_message_with_neither_key_nor_value(topics, customer_id, start_door):
    batch = topics.producer.create_batch()
    batch.append(key=None, value=None, timestamp=None)
    await (await topics.producer.send_batch(batch, topics.commands, partition=0))
    await start_door(topics)
    [answer] = await topics.read(topics.answers, lambda found: found)
    [buried] = await topics.read(topics.dead_letters, lambda found: found)
    assert answer.key == buried.key == f"{topics.commands}/0/0".encode()
    assert json.loads(answer.value)["errors"][0]["message"].startswith("The message is empty")


async def test_sends_what_an_earlier_reader_had_not_sent(topics, customer_id, start_door, kafka):
    cluster = await cluster_of({"bootstrap_servers": kafka.url})
    left = Answer(Place(7, 1_700_000_000_000), b"customer123", b'{"request": {"partition": 0, "offset": 7}}')
    async with transaction() as tx:
        await keep_answers(tx, Partition(customer_id, cluster, topics.commands, 0), [left])
    await start_door(topics)
    [record] = await topics.read(topics.answers, lambda found: found)
    assert (record.key, record.value) == (left.key, left.body)


async def test_ends_in_order_and_leaves_nothing_to_do_again(topics, customer_id, start_door):
    door = await start_door(topics)
    place = await topics.send(account("customer123"))
    await topics.answer_to(place)
    assert await door.stop() == 0
    assert "the door of Kafka is closed" in door.lines[-1]
    assert await count("message_answers") == 0
    await start_door(topics)
    second = await topics.send(account("customer456"))
    await topics.answer_to(second)
    records = await topics.read(topics.answers, lambda found: len(found) >= 2)
    assert [record.key for record in records] == [b"customer123", b"customer456"]


async def test_shares_the_partitions_with_others_and_takes_over_those_of_the_killed(
    make_topics, customer_id, start_door
):
    topics = await make_topics(partitions=4)
    first = await start_door(topics)
    second = await start_door(topics)
    shares = [re.findall(r"this process reads: (.*)", line) for line in second.lines]
    assert len(next(share for share in shares if share)[0].split(", ")) == 2
    places = [await topics.send(account(f"a{number}"), partition=number % 4) for number in range(40)]
    await first.kill()
    places += [await topics.send(account(f"b{number}"), partition=number % 4) for number in range(40)]
    answers = await topics.answers_to(*places)
    assert {answer["status"] for answer in answers} == {"success"}
    assert await count("accounts") == 80


async def test_has_each_customer_in_topics_of_its_own(make_topics, make_actor, start_door):
    first, second = await make_actor(), await make_actor()
    ours, theirs = await make_topics(), await make_topics()
    setting = f"{ours.setting},{second.customer_id}={theirs.setting}"
    await start_door(ours, QUAESTOR_KAFKA_TOPICS=setting)
    places = [await topics.send(account("customer123", WALLET)) for topics in (ours, theirs)]
    answers = [await topics.answer_to(place) for topics, place in zip((ours, theirs), places, strict=True)]
    assert [answer["replayed"] for answer in answers] == [False, False]
    rows = await fetch("SELECT customer_id FROM accounts ORDER BY created_at")
    assert {row["customer_id"] for row in rows} == {first.customer_id, second.customer_id}


async def test_waits_for_the_first_customer_and_refuses_one_whom_there_is_not(topics, database, start_door, make_actor):
    stranger = await start_door(topics, ready=None, QUAESTOR_KAFKA_TOPICS=f"{new_id()}={topics.setting}")
    assert await stranger.process.wait() == 2
    door = await start_door(topics, ready="There is no customer yet: make one with `quaestor customers create NAME`.")
    await make_actor()
    assert stranger.lines == [line for line in stranger.lines if "Traceback" not in line]
    assert (await topics.answer_to(await topics.send(account("customer123"))))["status"] == "success"
    assert door.process.returncode is None


async def test_goes_on_when_the_database_was_away(topics, customer_id, start_door, database):
    door = await start_door(topics)
    await topics.answer_to(await topics.send(account("before")))
    await pool().execute("ALTER TABLE message_sources RENAME TO away")
    place = await topics.send(account("meanwhile"))
    await door.says("again in")
    await pool().execute("ALTER TABLE away RENAME TO message_sources")
    assert (await topics.answer_to(place))["status"] == "success"

    await pool().fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'quaestor-kafka%'"
    )
    assert (await topics.answer_to(await topics.send(account("after"))))["status"] == "success"


async def test_waits_for_brokers_that_are_away(topics, customer_id, start_door):
    nobody = f"127.0.0.1:{free_port()}"
    door = await start_door(
        topics, ready=f"the brokers {nobody} cannot be used", QUAESTOR_KAFKA_BOOTSTRAP_SERVERS=nobody
    )
    assert await door.stop() == 0


async def test_tells_how_far_behind_it_is_before_the_first_message(topics, customer_id, start_door):
    port = free_port()
    await start_door(topics, QUAESTOR_KAFKA_METRICS_PORT=str(port))
    wanted = f'quaestor_kafka_lag{{partition="0",topic="{topics.commands}"}} 0.0'
    async with httpx.AsyncClient(trust_env=False) as client:

        async def tells_it():
            return wanted in (await client.get(f"http://127.0.0.1:{port}/metrics")).text

        await until(tells_it)


async def test_counts_what_it_did_and_how_far_behind_it_is(topics, customer_id, start_door):
    port = free_port()
    await start_door(topics, QUAESTOR_KAFKA_METRICS_PORT=str(port))
    places = [await topics.send(it) for it in (account("customer123"), wallet("nobody", "savings"), b"{")]
    await topics.answers_to(*places)
    wanted = [
        f'quaestor_kafka_messages_total{{result="success",topic="{topics.commands}"}} 1.0',
        f'quaestor_kafka_messages_total{{result="refused",topic="{topics.commands}"}} 1.0',
        f'quaestor_kafka_messages_total{{result="no_command",topic="{topics.commands}"}} 1.0',
        f'quaestor_kafka_lag{{partition="0",topic="{topics.commands}"}} 0.0',
        'quaestor_kafka_errors_total{kind="record_refused"} 0.0',
    ]
    async with httpx.AsyncClient(trust_env=False) as client:

        async def tells_all():
            text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
            return all(line in text for line in wanted)

        await until(tells_all)
        assert (await client.get(f"http://127.0.0.1:{port}/readyz")).json() == {"status": "ok"}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
async def test_is_let_in_over_tls_with_a_password(topics, customer_id, start_door, kafka, mechanism):
    secure = kafka._secure
    await start_door(
        topics,
        QUAESTOR_KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{secure.port}",
        QUAESTOR_KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        QUAESTOR_KAFKA_SASL_MECHANISM=mechanism,
        QUAESTOR_KAFKA_SASL_USERNAME=secure.user,
        QUAESTOR_KAFKA_SASL_PASSWORD=secure.password,
        QUAESTOR_KAFKA_CA_FILE=str(kafka.files / "certificate.pem"),
    )
    assert (await topics.answer_to(await topics.send(account("customer123"))))["status"] == "success"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"SECURITY_PROTOCOL": "SASL_SSL"}, "set QUAESTOR_KAFKA_SASL_USERNAME and QUAESTOR_KAFKA_SASL_PASSWORD too."),
        ({"SASL_PASSWORD": "secret"}, "QUAESTOR_KAFKA_SECURITY_PROTOCOL is PLAINTEXT, which sends no password"),
        ({"CA_FILE": "/x.pem"}, "QUAESTOR_KAFKA_SECURITY_PROTOCOL is PLAINTEXT, which uses no certificates"),
        (
            {"SECURITY_PROTOCOL": "SSL", "CA_FILE": "/no/such.pem"},
            "QUAESTOR_KAFKA_CA_FILE is /no/such.pem, which cannot be used",
        ),
        ({"BOOTSTRAP_SERVERS": ""}, "QUAESTOR_KAFKA_BOOTSTRAP_SERVERS is not set"),
    ],
)
async def test_says_which_setting_is_wrong_and_ends(topics, start_door, settings, says):
    door = await start_door(topics, ready=None, **{f"QUAESTOR_KAFKA_{name}": it for name, it in settings.items()})
    assert await door.process.wait() == 2
    await door.kill()
    assert says in " ".join(door.lines)
    assert "secret" not in " ".join(door.lines).replace("secret key", "")


async def test_says_that_a_password_is_wrong(topics, customer_id, start_door, kafka):
    await start_door(
        topics,
        ready="SaslAuthenticationFailed",
        QUAESTOR_KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{kafka._secure.port}",
        QUAESTOR_KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        QUAESTOR_KAFKA_SASL_USERNAME="nobody",
        QUAESTOR_KAFKA_SASL_PASSWORD="wrong",
        QUAESTOR_KAFKA_CA_FILE=str(kafka.files / "certificate.pem"),
    )
