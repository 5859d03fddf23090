"""What clients do while things are being killed, and the proof that all of it came out right in the end."""

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import asyncpg

from app.access.open_customer import open_customer
from app.db.away import DATABASE_AWAY
from app.db.connection import close_database, open_database
from tests.faults.chance import chance_of
from tests.faults.client import Client, clients_at_work
from tests.faults.receiver import Inbox, receiver

DONE_SECONDS_MAX = 150
CLIENTS = 8
COUNT_MIN = 20
PAUSE_SECONDS_MAX = 1.5
EVENT_TYPES = ["holder.*", "ledger.*"]

PERSON = {"person": {"name": "Ada Example", "dateOfBirth": "1987-04-01"}}
REAL = {"primaryUses": ["PAYMENTS"], "assetsOwnedBy": "ME", "jurisdiction": "GB"}
GBP = {**REAL, "partnerProduct": "PayrNet-GBP-1", "asset": "GBP"}
EUR = {**REAL, "partnerProduct": "PayrNet-EUR-1", "asset": "EUR"}

ISSUED = "... on LedgerSuccess { ledger { id } replayed }"

CREATED, OK, IBAN_ASKED, IBAN_OK = (
    "ledger.created",
    "ledger.status.ok",
    "ledger.iban_status.pending",
    "ledger.iban_status.ok",
)


@dataclass(frozen=True)
class Kind:
    """A kind of ledger: how it ends, and the ways there. Each way lists its events."""

    status: str
    iban_status: str
    ways: tuple[tuple[str, ...], ...]


KINDS = {
    "pounds": Kind("OK", "OK", ((CREATED, OK, IBAN_OK),)),
    "euros": Kind("OK", "OK", ((CREATED, IBAN_ASKED, OK, IBAN_OK), (CREATED, OK, IBAN_ASKED, IBAN_OK))),
    "of a new holder": Kind(
        "OK",
        "OK",
        (
            (CREATED, OK, IBAN_OK),
            (CREATED, "ledger.status.error", "ledger.status.pending", OK, IBAN_OK),
        ),
    ),
    "gold": Kind("OK", "NOT_REQUESTED", ((CREATED, OK),)),
    "declined": Kind("DECLINED", "NOT_REQUESTED", ((CREATED, "ledger.status.declined"),)),
}


@dataclass
class Story:
    """A customer that issues ledgers, and gets webhooks."""

    client: Client
    inbox: Inbox
    database_url: str
    random: Random
    """For the test: when and what it kills."""
    pauses: Random
    """Those of its clients."""
    there_before: frozenset[str]
    """Ledgers of others."""
    holder_id: str = ""
    issued: dict[str, str] = field(default_factory=dict)
    """Kind by ledger."""
    keys: dict[str, str] = field(default_factory=dict)
    """Ledger by idempotency key."""

    @asynccontextmanager
    async def issuing(self) -> AsyncIterator[None]:
        """Issue ledgers of all kinds while the block runs, several clients side by side, each with pauses."""
        first = len(self.issued)
        orders = enumerate(itertools.cycle(KINDS), first)
        async with clients_at_work(
            CLIENTS,
            lambda: self._issue_one(*next(orders)),
            is_enough=lambda: len(self.issued) >= first + COUNT_MIN,
            pause=lambda: self.pauses.uniform(0, PAUSE_SECONDS_MAX),
        ):
            yield

    async def prove_all_done(self) -> None:
        """Wait until nothing is under way, then check everything that was promised."""
        await until_nothing_is_under_way(self.database_url)
        await self._prove_ledgers()
        await self._prove_events()
        await self._prove_keys()
        await _prove_database(self.database_url, self.there_before | set(self.issued))
        assert self.inbox.faults == []

    async def _issue_one(self, number: int, kind: str) -> None:
        order, key = {"metadata": {"number": number}}, f"order-{number}"
        if kind == "gold":
            issued = await self.client.mutate(
                "issueVirtualLedger", ISSUED, asset="gold", idempotencyKey=key, holderId=self.holder_id, **order
            )
        elif kind == "euros":
            issued = await self._issue(EUR | order, key, self.holder_id)
            await self.client.mutate("assignIban", ISSUED, ledgerId=issued["ledger"]["id"], idempotencyKey=key)
        elif kind == "of a new holder":
            issued = await self._issue(GBP | order, key, await self._new_holder(key))
        elif kind == "declined":
            issued = await self._issue({**GBP, "metadata": {"simulate": "decline"}}, key, self.holder_id)
        else:
            issued = await self._issue(GBP | order, key, self.holder_id)
        self.issued[issued["ledger"]["id"]] = kind
        self.keys[key] = issued["ledger"]["id"]

    async def _issue(self, order: dict[str, Any], key: str, holder_id: str) -> dict[str, Any]:
        return await self.client.mutate("issueLedger", ISSUED, **order, idempotencyKey=key, holderId=holder_id)

    async def _new_holder(self, key: str) -> str:
        created = await self.client.mutate(
            "createHolder",
            "... on HolderSuccess { holder { id } }",
            party=PERSON,
            address={"country": "GB"},
            idempotencyKey=key,
        )
        holder_id: str = created["holder"]["id"]
        return holder_id

    async def _prove_ledgers(self) -> None:
        document = """query($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Ledger { id status ibanStatus isSettled version }
        } }"""
        ids = sorted(self.issued)
        nodes = [
            node
            for start in range(0, len(ids), 100)
            for node in (await self.client.ask(document, ids=ids[start : start + 100]))["nodes"]
        ]
        assert [node["id"] for node in nodes] == ids
        for node in nodes:
            kind = KINDS[self.issued[node["id"]]]
            assert (node["status"], node["ibanStatus"], node["isSettled"]) == (kind.status, kind.iban_status, True)

    async def _prove_events(self) -> None:
        events = await self._events()
        stories = defaultdict(list)
        for event in events:
            stories[event["resourceId"]].append(event)
        for resource_id, told in stories.items():
            types = tuple(event["type"] for event in told)
            if told[0]["resourceType"] == "ledger":
                assert types in KINDS[self.issued[resource_id]].ways
            else:
                assert types == ("holder.created", "holder.status.ok")
            # What is born OK tells of its creation and of its status, both of version 1.
            first = 1 if self.issued.get(resource_id) == "gold" else 0
            versions = [event["resourceVersion"] for event in told]
            assert versions[first:] == list(range(1, len(told) + 1 - first)), told
        assert set(self.issued) <= set(stories)
        assert self.inbox.ids == {event["id"] for event in events}
        for event in events:
            body = self.inbox.bodies[event["id"]]
            assert body["id"] == event["id"]
            assert body["type"] == event["type"]

    async def _events(self) -> list[dict[str, Any]]:
        """All about holders and ledgers, without the customer's own holder, which was there before the endpoint."""
        document = """query($after: String, $types: [String!]) {
            events(first: 500, after: $after, filter: {types: $types}) {
                nodes { id type resourceType resourceId resourceVersion } pageInfo { hasNextPage endCursor }
            }
        }"""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            answer = (await self.client.ask(document, after=page["endCursor"], types=EVENT_TYPES))["events"]
            found += answer["nodes"]
            page = answer["pageInfo"]
        own = found[0]["resourceId"]
        assert (found[0]["type"], found[0]["resourceType"]) == ("holder.created", "holder")
        return [event for event in found if event["resourceId"] != own]

    async def _prove_keys(self) -> None:
        """Each key still answers the ledger that it answered first."""
        for key, ledger_id in self.keys.items():
            if self.issued[ledger_id] == "pounds":
                number = int(key.removeprefix("order-"))
                again = await self._issue(GBP | {"metadata": {"number": number}}, key, self.holder_id)
                assert (again["ledger"]["id"], again["replayed"]) == (ledger_id, True)


@asynccontextmanager
async def story(database_url: str, addresses: list[str], *, seed: int) -> AsyncIterator[Story]:
    """A new customer with an OK holder and an endpoint at a receiver."""
    print(f"seed {seed}")
    async with customer_with_endpoint(database_url, addresses, EVENT_TYPES) as (client, inbox):
        told = Story(
            client,
            inbox,
            database_url,
            random=chance_of("faults", seed),
            pauses=chance_of("pauses", seed),
            there_before=await _ledgers(database_url),
        )
        told.holder_id = await told._new_holder("the holder")
        await _until_ok(client, told.holder_id)
        yield told


@asynccontextmanager
async def customer_with_endpoint(
    database_url: str, addresses: list[str], event_types: list[str]
) -> AsyncIterator[tuple[Client, Inbox]]:
    """A new customer's client, and what a receiver is told of these events."""
    client = Client(addresses, await new_customer(database_url))
    try:
        async with receiver() as receiving:
            inbox = receiving.inbox("all")
            made = await client.mutate(
                "createWebhookEndpoint",
                "... on WebhookSecretSuccess { secret }",
                url=inbox.url,
                eventTypes=event_types,
            )
            inbox.secret = made["secret"]
            yield client, inbox
    finally:
        await client.close()


async def new_customer(database_url: str) -> str:
    await open_database(database_url, pool_size=1, application_name="quaestor-tests")
    try:
        return (await open_customer("Example Ltd")).api_key
    finally:
        await close_database()


async def _ledgers(database_url: str) -> frozenset[str]:
    connection = await asyncpg.connect(database_url)
    try:
        return frozenset([str(row["id"]) for row in await connection.fetch("SELECT id FROM ledgers")])
    finally:
        await connection.close()


async def _until_ok(client: Client, holder_id: str) -> None:
    document = "query($id: ID!) { holder(id: $id) { status } }"
    async with asyncio.timeout(DONE_SECONDS_MAX):
        while (await client.ask(document, id=holder_id))["holder"]["status"] != "OK":
            await asyncio.sleep(0.05)


async def until_nothing_is_under_way(database_url: str) -> None:
    """Wait until no work, no event and no delivery of anybody is left to do."""
    left: Any = None
    try:
        async with asyncio.timeout(DONE_SECONDS_MAX):
            while left is None or any(left):
                await asyncio.sleep(0.1)
                left = await _left_to_do(database_url)
    except TimeoutError:
        raise AssertionError(f"never done: {left}") from None


async def _left_to_do(database_url: str) -> tuple[Any, ...] | None:
    """How much work is left of each sort; None while the database cannot be asked."""
    try:
        connection = await asyncpg.connect(database_url, timeout=5)
    except (*DATABASE_AWAY, asyncpg.PostgresError):
        return None
    try:
        row = await connection.fetchrow(
            """
            SELECT (SELECT count(*) FROM outbox_messages),
                   (SELECT count(*) FROM unnumbered_events),
                   (SELECT sum(last_position) FROM feeds JOIN webhook_fan_outs USING (customer_id))
                       - (SELECT sum(position) FROM webhook_fan_outs),
                   (SELECT count(*) FROM webhook_deliveries WHERE status <> 'DELIVERED'),
                   (SELECT string_agg(DISTINCT last_error, '; ') FROM outbox_messages)
            """
        )
    except (*DATABASE_AWAY, asyncpg.PostgresError):
        return None
    finally:
        connection.terminate()
    return tuple(row) if row is not None else None


async def times_asked(database_url: str) -> int:
    """How often the bank was asked for one thing at most: more than once where a worker died while it waited."""
    connection = await asyncpg.connect(database_url)
    try:
        asked: int = await connection.fetchval("SELECT max(ask_count) FROM simulator_requests")
    finally:
        await connection.close()
    return asked


async def until_asked_again(database_url: str) -> None:
    """Wait until the bank is asked something more, for ten seconds at most: a loaded machine may be slow to start."""
    connection = await asyncpg.connect(database_url)
    total = "SELECT coalesce(sum(ask_count), 0) FROM simulator_requests"
    try:
        before = await connection.fetchval(total)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(60):
                while await connection.fetchval(total) == before:
                    await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def _prove_database(database_url: str, ledgers: frozenset[str]) -> None:
    """What no client sees: the bank did each thing once, nothing is kept twice, and feeds have no gaps."""
    connection = await asyncpg.connect(database_url)
    try:

        async def column(sql: str) -> list[Any]:
            return [row[0] for row in await connection.fetch(sql)]

        real = "FROM ledgers WHERE NOT is_virtual AND status = 'OK'"
        assert set(await column("SELECT id::text FROM ledgers")) == ledgers
        behind_ledgers = "SELECT id::text FROM posting_accounts WHERE NOT is_system AND book <> 'WALLET'"
        assert set(await column(behind_ledgers)) == ledgers
        assert sorted(await column("SELECT ledger_id FROM simulator_accounts")) == sorted(
            await column(f"SELECT id {real}")
        )
        assert sorted(await column("SELECT ledger_id FROM simulator_ibans")) == sorted(
            await column(f"SELECT id {real} AND asset = 'EUR' AND iban IS NOT NULL")
        )
        assert await column(NUMBERS_FOR_NOBODY) == [0]
        assert await column(DIFFERENT_ACCOUNTS) == []
        assert await column(WRONG_RESERVATIONS) == []
        assert await column(FEEDS_WITH_GAPS) == []
        assert await column("SELECT count(*) - (SELECT count(*) FROM feed_entries) FROM events") == [0]
    finally:
        await connection.close()


NUMBERS_FOR_NOBODY = """
    SELECT (SELECT sum(last_account_number) FROM simulator_sort_codes)
        - (SELECT count(sort_code) FROM simulator_accounts) - (SELECT count(*) FROM simulator_ibans)
"""
DIFFERENT_ACCOUNTS = """
    SELECT ledger.id FROM ledgers AS ledger
    LEFT JOIN simulator_accounts AS account ON account.ledger_id = ledger.id
    LEFT JOIN simulator_ibans AS given ON given.ledger_id = ledger.id
    WHERE (ledger.sort_code, ledger.account_number, ledger.iban)
        IS DISTINCT FROM (account.sort_code, account.account_number, coalesce(account.iban, given.iban))
"""
WRONG_RESERVATIONS = """
    SELECT reserved.value FROM reserved_bank_identifiers AS reserved
    FULL JOIN (
        SELECT 'IBAN' AS kind, iban AS value, id FROM ledgers WHERE iban IS NOT NULL
        UNION ALL
        SELECT 'UK_BANK_ACCOUNT', sort_code || account_number, id FROM ledgers WHERE sort_code IS NOT NULL
    ) AS held ON held.kind = reserved.kind AND held.id = reserved.ledger_id
    WHERE held.id IS NULL OR reserved.ledger_id IS NULL OR held.value <> reserved.value
"""
FEEDS_WITH_GAPS = """
    SELECT feed.customer_id FROM feeds AS feed LEFT JOIN feed_entries AS entry USING (customer_id)
    GROUP BY feed.customer_id, feed.last_position
    HAVING count(entry.position) + count(*) FILTER (WHERE entry.resource_type = 'transfer') <> feed.last_position
        OR max(entry.position) <> feed.last_position
"""
