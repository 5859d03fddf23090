"""Each message once, whoever was given it; and each answer until it has arrived."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from app.db.connection import fetchval, pool
from app.db.transaction import transaction
from app.idempotency.message_answers import Answer, first_answers, forget_answers, keep_answers, read_answers
from app.idempotency.message_sources import Partition, Place, reserve_sources

pytestmark = pytest.mark.postgres15

PLACES = [Place(offset, 1_700_000_000_000) for offset in range(3)]


@pytest.fixture
async def partition(make_actor):
    return Partition((await make_actor()).customer_id, "cluster-1", "commands", 0)


async def reserve(partition, places):
    async with transaction(by_key=True) as tx:
        return await reserve_sources(tx, partition, places)


async def test_tells_new_messages_from_known_ones(partition):
    assert await reserve(partition, PLACES[:2]) == set(PLACES[:2])
    assert await reserve(partition, PLACES) == {PLACES[2]}
    assert await reserve(partition, PLACES) == set()


async def test_takes_for_new_what_differs_in_any_part_of_where_it_stood(partition, make_actor):
    other = (await make_actor()).customer_id
    assert await reserve(partition, PLACES[:1]) == {PLACES[0]}
    for change in ({"customer_id": other}, {"cluster": "cluster-2"}, {"topic": "other"}, {"number": 1}):
        assert await reserve(replace(partition, **change), PLACES[:1]) == {PLACES[0]}
    # The topic was made anew: its offsets begin again, but the times do not.
    assert await reserve(partition, [replace(PLACES[0], sent_at_ms=1_700_000_000_001)])


async def test_forgets_a_message_whose_transaction_failed(partition):
    with pytest.raises(RuntimeError):
        async with transaction() as tx:
            await reserve_sources(tx, partition, PLACES)
            raise RuntimeError
    assert await reserve(partition, PLACES) == set(PLACES)


async def test_gives_a_message_to_one_of_many_who_were_given_it(partition):
    found = await asyncio.gather(*(reserve(partition, PLACES) for _ in range(8)))
    assert sorted(len(new) for new in found) == [0] * 7 + [3]


def answer(place):
    return Answer(place, b"customer123", b'{"status": "success"}')


async def test_keeps_an_answer_until_it_has_arrived(partition):
    made = [answer(place) for place in PLACES]
    async with transaction(by_key=True) as tx:
        await keep_answers(tx, partition, made)
    async with transaction(by_key=True) as tx:
        assert await read_answers(tx, partition, [PLACES[2], PLACES[0], Place(9, 9)]) == [made[0], made[2]]
    assert await first_answers(partition) == made
    await forget_answers(None, partition, PLACES[:2])
    assert await first_answers(partition) == [made[2]]
    async with transaction(by_key=True) as tx:
        await forget_answers(tx, partition, PLACES[2:])
    assert await fetchval("SELECT count(*) FROM message_answers") == 0


async def test_shows_answers_of_one_partition_only(partition):
    async with transaction() as tx:
        await keep_answers(tx, partition, [answer(PLACES[0])])
    assert await first_answers(replace(partition, number=1)) == []
    await forget_answers(None, replace(partition, topic="other"), PLACES)
    assert await first_answers(partition) == [answer(PLACES[0])]


SOURCE = {
    "customer_id": "01997000-0000-7000-8000-000000000001",
    "cluster": "cluster-1",
    "topic": "commands",
    "partition": 0,
    "message_offset": 0,
    "sent_at_ms": -1,
}
ANSWER = {**SOURCE, "key": b"", "body": b"{}"}


async def insert(table, row):
    columns = ", ".join(row)
    values = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await pool().execute(f"INSERT INTO {table} ({columns}) VALUES ({values})", *row.values())


@pytest.mark.parametrize(("table", "good"), [("message_sources", SOURCE), ("message_answers", ANSWER)])
@pytest.mark.parametrize("bad", [{"topic": ""}, {"partition": -1}, {"message_offset": -1}, {"sent_at_ms": -2}], ids=str)
async def test_is_refused_by_the_database_where_it_cannot_be(database, table, good, bad):
    await insert(table, good)
    with pytest.raises(asyncpg.UniqueViolationError):
        await insert(table, good)
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(table, {**good, **bad})


async def test_refuses_an_answer_that_says_nothing(database):
    with pytest.raises(asyncpg.CheckViolationError):
        await insert("message_answers", {**ANSWER, "body": b""})
