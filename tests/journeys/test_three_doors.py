"""One command through GraphQL, REST and Kafka: the same rows and events, and whichever comes again is a replay."""

import asyncio
import itertools
import json
import re
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from app.access.open_customer import open_customer
from app.db.connection import fetch
from tests.journeys.three_doors import ACCOUNT, DOORS, WALLET, ThreeDoors, path_of
from tests.workers.kafka.conftest import make_topics, start_door_process, topics

__all__ = ["make_topics", "topics"]

PAGE = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text(encoding="utf-8")
CASH = {"wallet_name": "cash", "currency": "USD", "accounting_type": "ASSET", "decimal_places": 2}
POINTS = {
    "wallet_name": "points",
    "currency": "POINTS",
    "accounting_type": "LIABILITY",
    "decimal_places": 0,
    "allow_negative": True,
    "metadata": {"b": {"c": [True, None, "é"]}, "a": 1.5},
}
POUNDS = {**CASH, "wallet_name": "pounds", "currency": "GBP", "accounting_type": "LIABILITY", "overdraft_limit": 250.5}
KEPT_BY_THE_DOOR = {"message_sources", "message_answers", "api_keys"}
TOLD_BY_THE_DOOR = {"via", "actor", "request_id", "insertion"}
PAIRS = list(itertools.permutations(DOORS, 2))
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|\+00:00)")


@pytest.fixture
def open_doors(application):
    """A function that makes a customer of its own."""

    async def make(send=None):
        opened = await open_customer("Example Ltd")
        return ThreeDoors(application, opened.api_key, opened.customer_id, send)

    return make


@pytest.fixture
async def doors(open_doors):
    return await open_doors()


def plain(reference, *wallets, **more):
    return {"account_type": "group", "account_reference": reference, "wallets": list(wallets), **more}


class Rows:
    """What is stored of a customer, without what no two customers share; ids go by the names of what they are of."""

    def __init__(self, customer_id):
        self._customer_id = customer_id

    async def read(self):
        """The rows of each table, as often as they are there."""
        tables = await fetch(
            """SELECT table_name FROM information_schema.columns JOIN pg_tables ON tablename = table_name
            WHERE schemaname = 'public' AND column_name = 'customer_id'"""
        )
        names = await self._names()
        return {row[0]: await self._rows(row[0], names) for row in tables if row[0] not in KEPT_BY_THE_DOOR}

    async def _rows(self, table, names):
        found = await fetch(f"SELECT to_jsonb(t)::text FROM {table} AS t WHERE customer_id = $1", self._customer_id)
        return Counter(self._described(json.loads(row[0]), names) for row in found)

    def _described(self, row, names):
        kept = {name: value for name, value in row.items() if name not in TOLD_BY_THE_DOOR}
        if "body" in kept:
            told_cause = f'"cause":{{"via":"{row["via"]}","request_id":{json.dumps(row["request_id"])}}}'
            assert told_cause in kept["body"]
            kept["body"] = kept["body"].replace(told_cause, "")
        if kept.get("holder_id") and "reference" in kept:
            kept.pop("content_hash")  # It is of the holder's id, among others.
        text = _INSTANT.sub("an instant", json.dumps(kept, sort_keys=True))
        return _ID.sub(lambda found: names.get(found[0], "an id"), text)

    async def _names(self):
        names = {str(self._customer_id): "the customer"}
        for told in ("'account ' || reference FROM accounts", "'wallet ' || name FROM wallets", "type FROM ledgers"):
            rows = await fetch(f"SELECT id, {told} WHERE customer_id = $1", self._customer_id)
            names |= {str(row[0]): row[1] for row in rows}
        return names

    async def events(self):
        """The events' types, doors and versions, in their order."""
        rows = await fetch(
            "SELECT type, via, resource_version FROM events WHERE customer_id = $1 ORDER BY id", self._customer_id
        )
        return [tuple(row) for row in rows]


async def test_writes_the_same_rows_and_events(open_doors, work):
    written, events = {}, {}
    for door in DOORS:
        customer = await open_doors()
        holder_id = str(customer.customer_id)
        ledger_id = await customer.rest.issue(ledger_type="ledger-type-omnibus", holder_id=holder_id)
        await work()
        rows = Rows(customer.customer_id)
        before, told_before = await rows.read(), await rows.events()
        for operation, body, key in (
            (ACCOUNT, plain("plain", CASH, POINTS, metadata=POINTS["metadata"]), "key-1"),
            (ACCOUNT, plain("held", POUNDS, holder_id=holder_id, backing_ledger_id=ledger_id), None),
            (ACCOUNT, {"account_type": "chart", "account_reference": "books"}, None),
            (WALLET, {**POUNDS, "wallet_name": "later", "account_reference": "held"}, "key-2"),
        ):
            told = await customer.ask(door, operation, body, key)
            assert (told.replayed, told.faults) == (False, ())
        after = await rows.read()
        written[door] = {table: after[table] - before[table] for table in after}
        events[door] = (await rows.events())[len(told_before) :]
    assert written["graphql"] == written["rest"]
    assert written["graphql"] == written["kafka"]
    counts = {table: found.total() for table, found in written["kafka"].items() if found}
    assert counts == {
        "accounts": 3,
        "account_backings": 1,
        "wallets": 4,
        "posting_accounts": 4,
        "wallet_changes": 4,
        "events": 7,
        "unnumbered_events": 7,
        "idempotency_keys": 2,
    }
    for door in DOORS:
        assert events[door] == [
            ("account.created", door, 1),
            ("wallet.created", door, 1),
            ("wallet.created", door, 1),
            ("account.created", door, 1),
            ("wallet.created", door, 1),
            ("account.created", door, 1),
            ("wallet.created", door, 1),
        ]


@pytest.mark.parametrize(("first", "second"), PAIRS)
@pytest.mark.parametrize("key", [None, "key"])
async def test_replays_what_came_through_another_door(doors, first, second, key):
    rows = Rows(doors.customer_id)
    for operation, body in (
        (ACCOUNT, plain("a", CASH, POINTS, metadata={"a": 1.0})),
        (WALLET, {**POUNDS, "account_reference": "a", "metadata": {"a": 1.0}}),
    ):
        made = await doors.ask(first, operation, body, key)
        before = await rows.read()
        assert await doors.ask(second, operation, body, key) == type(made)(made.id, replayed=True)
        assert await rows.read() == before
        assert made.replayed is False


async def test_takes_a_whole_number_with_a_point_at_every_door(doors):
    told = [await doors.ask(door, ACCOUNT, plain("a", {**CASH, "decimal_places": 2.0})) for door in DOORS]
    assert [one.replayed for one in told] == [False, True, True]
    assert [row[0] for row in await fetch("SELECT decimal_places FROM wallets")] == [2]


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_binds_a_key_to_what_came_through_another_door(doors, first, second):
    await doors.ask(first, ACCOUNT, plain("a"), "key")
    await doors.ask(first, WALLET, {**CASH, "account_reference": "a"}, "key")
    before = await Rows(doors.customer_id).read()
    for operation, body in ((ACCOUNT, plain("b")), (WALLET, {**POUNDS, "account_reference": "a"})):
        told = await doors.ask(second, operation, body, "key")
        assert told.refusals == [("IDEMPOTENCY_MISMATCH", path_of(second, operation, ("key",)))]
    assert await Rows(doors.customer_id).read() == before


@pytest.mark.parametrize("key", [None, "key"])
async def test_opens_one_account_for_all_doors_at_once(doors, key):
    for number in range(5):
        body = plain(f"a{number}", CASH)
        told = await asyncio.gather(
            *[doors.ask(door, ACCOUNT, body, key and f"{key}{number}") for door in DOORS for _ in range(3)]
        )
        assert len({one.id for one in told}) == 1
        assert Counter(one.replayed for one in told) == {False: 1, True: 8}
    rows = await Rows(doors.customer_id).read()
    assert (rows["accounts"].total(), rows["wallets"].total()) == (5, 5)


async def test_is_one_account_by_the_page_s_examples(doors):
    [section] = re.findall(r"^## The same command through three doors\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    blocks = dict(re.findall(r"^```([a-z]+)\n(.*?)^```", section, re.MULTILINE | re.DOTALL))
    made = (await doors.graphql.data(blocks["graphql"]))["createAccount"]
    assert made["replayed"] is False
    keys = re.findall(r"Idempotency-Key: ([\w-]+)", section)
    assert keys == ["open-456", "open-456"]
    sent = json.loads(re.search(r"-d '(.*?)'", blocks["sh"], re.DOTALL)[1])
    message = json.loads(blocks["json"])
    assert message.pop("operation") == ACCOUNT
    for door, body, key in zip(("rest", "kafka"), (sent, message), keys, strict=True):
        told = await doors.ask(door, ACCOUNT, body, key)
        assert (told.id, told.replayed) == (made["account"]["id"], True)


@pytest.mark.kafka
async def test_is_one_account_through_a_broker_too(open_doors, topics, migrated_url, kafka):
    """What Kafka opened GraphQL and REST replay, and the other way round; a refusal is the same."""

    async def send(value, headers):
        return await topics.answer_to(await topics.send(value, headers=headers))

    doors = await open_doors(send)
    process = await start_door_process(
        DATABASE_URL=migrated_url,
        QUAESTOR_KAFKA_BOOTSTRAP_SERVERS=kafka.url,
        QUAESTOR_KAFKA_TOPICS=f"{doors.customer_id}={topics.setting}",
        QUAESTOR_KAFKA_GROUP=topics.commands,
    )
    try:
        for first in DOORS:
            others = [door for door in DOORS if door != first]
            body, wallet = plain(first, CASH), {**POINTS, "account_reference": first}
            for operation, command, key in ((ACCOUNT, body, first), (WALLET, wallet, None)):
                made = await doors.ask(first, operation, command, key)
                again = [await doors.ask(door, operation, command, key) for door in others]
                assert UUID(made.id)
                assert [made.replayed, *(one.replayed for one in again)] == [False, True, True]
                assert {one.id for one in again} == {made.id}
        refused = {door: await doors.ask(door, ACCOUNT, plain("kafka")) for door in DOORS}
        assert {door: one.refusals for door, one in refused.items()} == {
            door: [("DUPLICATE_REFERENCE", path_of(door, ACCOUNT, ("account_reference",)))] for door in DOORS
        }
    finally:
        await process.kill()
    events = Counter((kind, via) for kind, via, _ in await Rows(doors.customer_id).events() if "created" in kind)
    assert {one: events[one] for one in itertools.product(("account.created", "wallet.created"), DOORS)} == {
        **{("account.created", door): 1 for door in DOORS},
        **{("wallet.created", door): 2 for door in DOORS},
    }
