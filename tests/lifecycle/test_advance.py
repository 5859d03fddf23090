"""A row moves only through its table; each change counts one version up and writes one event."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

import orjson
import pytest

from app.db.connection import fetch, fetchrow, fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.kernel.machine import Machine
from app.lifecycle.advance import MovedMeanwhile, Noun, advance, change, mark_changed, tell


class Status(StrEnum):
    PENDING = "PENDING"
    OK = "OK"
    DECLINED = "DECLINED"


THING = Machine("thing.status", {Status.PENDING: [Status.OK, Status.DECLINED]})
CHANGES = """
CREATE TABLE thing_changes (
    customer_id uuid NOT NULL, thing_id uuid NOT NULL, changed_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, thing_id)
)
"""


def describe(row):
    return {
        "id": str(row["id"]),
        "status": row["status"],
        "status_reason": row["status_reason"],
        "metadata": row["metadata"],
        "updated_at": row["updated_at"].isoformat(),
        "version": row["version"],
    }


NOUN = Noun("thing", "holders", describe, lambda row: row["id"], has_changes=True)


@pytest.fixture(autouse=True)
async def changes(database):
    """The table that tells when things have changed."""
    await pool().execute(CHANGES)
    yield
    await pool().execute("DROP TABLE thing_changes")


async def noted():
    return [(row["thing_id"], row["changed_at"]) for row in await fetch("SELECT * FROM thing_changes")]


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def thing(actor):
    return await pool().fetchrow(
        "INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at)"
        " VALUES ($1, $2, 'ENDUSER', 'PENDING', 'PERSON', 'Ada', now(), now()) RETURNING *",
        actor.customer_id,
        new_id(),
    )


async def bodies():
    return [orjson.loads(row["body"]) for row in await fetch("SELECT body FROM events ORDER BY id")]


async def test_moves_and_tells(actor, thing):
    async with transaction() as tx:
        moved = await advance(tx, actor, NOUN, thing, THING, Status.OK, status_reason="because")

    assert dict(moved) == dict(await fetchrow("SELECT * FROM holders"))
    assert (moved["status"], moved["status_reason"], moved["version"]) == ("OK", "because", 2)
    assert moved["updated_at"] > thing["updated_at"]
    (body,) = await bodies()
    assert (body["type"], body["previous"]) == ("thing.status.ok", {"status": "PENDING"})
    assert body["data"] == describe(moved)
    assert body["resource"] == {"type": "thing", "id": str(thing["id"]), "version": 2}
    assert await fetchval("SELECT holder_id FROM events") == thing["id"]
    assert await noted() == [(thing["id"], moved["updated_at"])]


@pytest.mark.parametrize("source", Status)
@pytest.mark.parametrize("target", Status)
async def test_makes_only_the_moves_of_the_table(actor, thing, source, target):
    await pool().execute("UPDATE holders SET status = $1", source.value)
    row = await fetchrow("SELECT * FROM holders")
    allowed = {("PENDING", "OK"), ("PENDING", "DECLINED")}

    if (source.value, target.value) in allowed:
        async with transaction() as tx:
            await advance(tx, actor, NOUN, row, THING, target)
        assert await fetchval("SELECT status FROM holders") == target.value
    else:
        with pytest.raises(AssertionError, match="is not in the table"):
            async with transaction() as tx:
                await advance(tx, actor, NOUN, row, THING, target)
        assert await fetchrow("SELECT * FROM holders") == row
        assert await bodies() == []


async def test_changes_nothing_when_the_row_has_moved_meanwhile(actor, thing):
    async with transaction() as tx:
        await advance(tx, actor, NOUN, thing, THING, Status.DECLINED)
    before = await fetchrow("SELECT * FROM holders")

    with pytest.raises(MovedMeanwhile, match=str(thing["id"])):
        async with transaction() as tx:
            await advance(tx, actor, NOUN, thing, THING, Status.OK)
    assert await fetchrow("SELECT * FROM holders") == before
    assert len(await bodies()) == 1


async def test_lets_one_of_many_racing_moves_win(actor, thing):
    async def race(target):
        async with transaction() as tx:
            await advance(tx, actor, NOUN, thing, THING, target)

    outcomes = await asyncio.gather(
        *(race(target) for target in [Status.OK, Status.DECLINED] * 5), return_exceptions=True
    )
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, MovedMeanwhile) for outcome in outcomes) == 9
    assert await fetchval("SELECT version FROM holders") == 2
    assert len(await bodies()) == 1


async def test_moves_no_other_customer_s_row(actor, thing, make_actor):
    stolen = {**thing, "customer_id": (await make_actor()).customer_id}
    with pytest.raises(MovedMeanwhile):
        async with transaction() as tx:
            await advance(tx, actor, NOUN, stolen, THING, Status.OK)
    assert await fetchval("SELECT status FROM holders") == "PENDING"


async def test_changes_attributes_and_tells_what_was_replaced(actor, thing):
    async with transaction() as tx:
        changed = await change(tx, actor, NOUN, thing, "thing.updated", metadata={"a": 1}, name="Grace")

    assert (changed["metadata"], changed["name"], changed["version"]) == ({"a": 1}, "Grace", 2)
    (body,) = await bodies()
    assert (body["type"], body["previous"]) == ("thing.updated", {"metadata": {}})
    assert "Grace" not in orjson.dumps(body).decode()
    assert await noted() == [(thing["id"], changed["updated_at"])]


async def test_notes_the_later_of_two_changes(actor, thing):
    later = {**thing, "updated_at": thing["updated_at"] + timedelta(seconds=1)}
    async with transaction() as tx:
        await mark_changed(tx, NOUN, later)
        await mark_changed(tx, NOUN, thing)
    assert await noted() == [(thing["id"], later["updated_at"])]


async def test_notes_no_changes_of_a_noun_without_that_table(actor, thing):
    async with transaction() as tx:
        await change(tx, actor, replace(NOUN, has_changes=False), thing, "thing.updated", name="Grace")
    assert await noted() == []


async def test_never_sets_the_time_of_the_change_back(actor, thing):
    await pool().execute("UPDATE holders SET updated_at = '2099-01-01T00:00:00Z'")
    async with transaction() as tx:
        changed = await change(tx, actor, NOUN, thing, "thing.updated", metadata={"a": 1})
    assert changed["updated_at"].isoformat() == "2099-01-01T00:00:00+00:00"


async def test_tells_of_a_row_as_it_is(actor, thing):
    async with transaction() as tx:
        await tell(tx, actor, NOUN, "thing.created", thing)
    (body,) = await bodies()
    assert (body["type"], body["previous"], body["data"]) == ("thing.created", None, describe(thing))
    assert await fetchval("SELECT version FROM holders") == 1
