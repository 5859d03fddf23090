"""Clients that send and receive money while things are being killed, and the proof that each payment happened once."""

import asyncio
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.faults.chance import chance_of
from tests.faults.client import AGAIN_SECONDS, Client, clients_at_work
from tests.faults.receiver import Inbox
from tests.faults.story import GBP, customer_with_endpoint, until_nothing_is_under_way

CLIENTS = 12
COUNT_MIN = 200
"""Payments, before it may end."""
LEDGERS = 4
PAUSE_SECONDS_MAX = 0.8
FUNDS, TOO_MUCH = 1_000_00, 10**12
"""Minor units: what each ledger begins with, and what none ever has."""
REFUSED = "INSUFFICIENT_FUNDS"
EVENT_TYPES = ["payment.*", "hold.*", "transfer.*"]

PAYMENT = """__typename ... on PaymentSuccess { payment { id } replayed } ... on Error { code message path }"""
SEND = f"mutation($input: SendPaymentInput!) {{ done: sendPayment(input: $input) {{ {PAYMENT} }} }}"
RECEIVE = f"mutation($input: SimulatePaymentInput!) {{ done: simulateIncomingPayment(input: $input) {{ {PAYMENT} }} }}"
GRACE = {"name": "Grace Hopper", "iban": "GB33BUKB20201555555555"}

MAGIC: dict[str, Any] = {
    "accept": None,
    "decline": "decline",
    "slow": "slow",
    "unavailable": "unavailable",
    "slow, then decline": ["slow", "decline"],
    "unavailable, then decline": ["unavailable", "decline"],
}
"""What the simulated bank is asked to do."""
WEIGHTS = (10, 3, 2, 2, 1, 1)

OUT_BEGINS = ("payment.status.pending", "hold.status.placed")
STORIES = {
    ("OUT", "ACCEPTED"): (*OUT_BEGINS, "payment.status.accepted", "hold.status.captured", "transfer.posted"),
    ("OUT", "DECLINED"): (*OUT_BEGINS, "payment.status.declined", "hold.status.released"),
    ("IN", "ACCEPTED"): ("payment.status.accepted", "transfer.posted"),
    ("IN", "DECLINED"): ("payment.status.declined",),
}
"""All events of a payment and of what carries it out, in their order, by its direction and status."""


@dataclass
class Order:
    """What is asked under one key, and what became of it."""

    direction: str
    status: str
    """How it ends; none of the statuses where it is refused."""
    ledger_id: str
    amount: int
    """Minor units."""
    sent: dict[str, Any]
    payments: set[str] = field(default_factory=set)
    """Ids that were answered."""
    first_answers: int = 0
    """How many of the answers were no replays."""
    codes: set[str] = field(default_factory=set)

    @property
    def payment_id(self) -> str:
        """The one payment of this key."""
        (payment_id,) = self.payments
        return payment_id


class Payments:
    """Ledgers at the bank, and all that was asked of them."""

    def __init__(self, client: Client, inbox: Inbox, database_url: str, *, seed: int) -> None:
        self.client = client
        self.random = chance_of("faults", seed)
        """For the test: when and what it kills."""
        self._random = chance_of("payments", seed)
        self.database_url = database_url
        self._inbox = inbox
        self._ledgers: list[str] = []
        self._declined = ""
        """A ledger that the bank has declined."""
        self._orders: list[Order] = []

    async def open_ledgers(self) -> None:
        """Issue the ledgers, and let some money arrive at each but the declined one."""
        self._declined = await self._issue({"simulate": "decline"}, "DECLINED")
        self._ledgers = await asyncio.gather(*(self._issue({}, "OK") for _ in range(LEDGERS)))
        for ledger_id in self._ledgers:
            await self._ask_all(self._receiving(ledger_id, FUNDS))

    @asynccontextmanager
    async def moving(self) -> AsyncIterator[None]:
        """Ask for payments while the block runs."""
        async with clients_at_work(
            CLIENTS,
            lambda: self._ask_all(self._any_order(), times=self._random.choice((1, 1, 1, 2, 3))),
            is_enough=lambda: len(self._orders) >= COUNT_MIN,
            pause=lambda: self._random.uniform(0, PAUSE_SECONDS_MAX),
        ):
            yield

    async def was_bank_asked_twice(self) -> bool:
        """Whether somebody died between the bank's answer and the commit, so that another had to ask for it again."""
        with suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(self.database_url)
            try:
                asked_twice: bool = await connection.fetchval(
                    """
                    SELECT count(*) > 0
                    FROM simulator_requests AS asked JOIN payments AS p ON p.id = asked.request_id
                    WHERE asked.kind = 'PAYMENT' AND asked.ask_count > 1 AND p.metadata ->> 'simulate' IS NULL
                    """
                )
            finally:
                await connection.close()
            return asked_twice
        return False

    async def prove_all_true(self) -> None:
        """Wait until every payment is settled, then check everything that was answered, moved, paid and told."""
        await until_nothing_is_under_way(self.database_url)
        await self._ask_again()
        self._prove_answers()
        connection = await asyncpg.connect(self.database_url)
        try:
            await self._prove_payments(connection)
            await self._prove_holds_and_transfers(connection)
            await self._prove_bank(connection)
        finally:
            await connection.close()
        await self._prove_balances()
        await self._prove_events()
        await self._prove_books()

    @property
    def made(self) -> list[Order]:
        """The orders that are payments."""
        return [order for order in self._orders if order.amount != TOO_MUCH]

    async def _issue(self, metadata: dict[str, Any], status: str) -> str:
        issued = await self.client.mutate("issueLedger", "... on LedgerSuccess { ledger { id } }",
                                          **GBP, metadata=metadata)  # fmt: skip
        ledger_id: str = issued["ledger"]["id"]
        asked = "query($id: ID!) { ledger(by: { id: $id }, wait: true, timeoutMs: 30000) { status } }"
        assert (await self.client.ask(asked, id=ledger_id))["ledger"]["status"] == status
        return ledger_id

    def _any_order(self) -> Order:
        ledger_id = self._random.choice(self._ledgers)
        amount = self._random.randint(1, 500)
        choice = self._random.random()
        if choice < 0.7:
            return self._sending(ledger_id, amount, self._random.choices(list(MAGIC), WEIGHTS)[0])
        if choice < 0.75:
            return self._sending(ledger_id, TOO_MUCH, "accept")
        return self._receiving(self._declined if choice < 0.8 else ledger_id, amount)

    def _sending(self, ledger_id: str, amount: int, asked: str) -> Order:
        status = REFUSED if amount == TOO_MUCH else "DECLINED" if "decline" in asked else "ACCEPTED"
        sent = {"counterparty": GRACE, "metadata": {"simulate": MAGIC[asked]}}
        return self._order("OUT", status, ledger_id, amount, sent)

    def _receiving(self, ledger_id: str, amount: int) -> Order:
        return self._order("IN", "DECLINED" if ledger_id == self._declined else "ACCEPTED", ledger_id, amount, {})

    def _order(self, direction: str, status: str, ledger_id: str, amount: int, sent: dict[str, Any]) -> Order:
        known = {
            "ledgerId": ledger_id,
            "amount": {"value": _pounds(amount), "asset": "GBP"},
            "idempotencyKey": f"order-{len(self._orders)}",
            "reference": f"Order {len(self._orders)}",
        }
        order = Order(direction, status, ledger_id, amount, {**known, **sent})
        self._orders.append(order)
        return order

    async def _ask_all(self, order: Order, times: int = 1) -> None:
        """Several callers at once with one key, each of which never gives up."""
        await asyncio.gather(*(self._ask(order) for _ in range(times)))

    async def _ask(self, order: Order) -> None:
        document = SEND if order.direction == "OUT" else RECEIVE
        while True:
            done = (await self.client.ask(document, input=order.sent))["done"]
            if done.get("code") != "LIMIT_EXCEEDED":
                break
            await asyncio.sleep(AGAIN_SECONDS)
        if "code" in done:
            order.codes.add(done["code"])
            return
        order.payments.add(done["payment"]["id"])
        order.first_answers += not done["replayed"]

    async def _ask_again(self) -> None:
        """Every key once more, of payments that are settled by now: replays, all of them."""
        before = sum(order.first_answers for order in self._orders)
        for start in range(0, len(self._orders), CLIENTS):
            await asyncio.gather(*(self._ask(order) for order in self._orders[start : start + CLIENTS]))
        assert sum(order.first_answers for order in self._orders) == before

    def _prove_answers(self) -> None:
        """One key, one payment, however many asked, and however often."""
        for order in self._orders:
            assert order.first_answers <= 1, order
            if order.status == REFUSED:
                assert (order.codes, order.payments) == ({REFUSED}, set()), order
            else:
                assert (order.codes, len(order.payments)) == (set(), 1), order
        for direction, status in STORIES:
            assert any((order.direction, order.status) == (direction, status) for order in self.made), direction
        assert len(self._orders) > len(self.made), "nothing was refused"

    async def _prove_payments(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """The payments there are, and the keys, are those that were answered, and all are settled as they should."""
        rows = await connection.fetch(
            """
            SELECT p.id::text, p.direction, p.status, p.ledger_id::text, p.amount_minor_units::bigint,
                   p.version, p.reference, k.operation, k.key
            FROM payments AS p
            LEFT JOIN idempotency_keys AS k ON k.customer_id = p.customer_id AND k.resource_id = p.id
            """
        )
        assert sorted(map(tuple, rows)) == sorted(
            (
                order.payment_id,
                order.direction,
                order.status,
                order.ledger_id,
                order.amount,
                2 if order.direction == "OUT" else 1,
                order.sent["reference"],
                "sendPayment" if order.direction == "OUT" else "simulateIncomingPayment",
                order.sent["idempotencyKey"],
            )
            for order in self.made
        )
        keys = "SELECT count(*) FROM idempotency_keys WHERE operation IN ('sendPayment', 'simulateIncomingPayment')"
        assert await connection.fetchval(keys) == len(self.made)

    async def _prove_holds_and_transfers(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Money that leaves was held once, then taken once or given back; money that arrives was credited once."""
        holds = await connection.fetch(
            "SELECT payment_id::text, debit_id::text, amount_minor_units::bigint, status FROM holds"
        )
        assert sorted(map(tuple, holds)) == sorted(
            (order.payment_id, order.ledger_id, order.amount, "CAPTURED" if order.status == "ACCEPTED" else "RELEASED")
            for order in self.made
            if order.direction == "OUT"
        )
        transfers = await connection.fetch(
            """
            SELECT t.payment_id::text, t.kind, t.amount_minor_units::bigint,
                   (CASE t.kind WHEN 'PAYMENT_OUT' THEN t.debit_id ELSE t.credit_id END)::text,
                   h.payment_id::text
            FROM transfers AS t LEFT JOIN holds AS h ON h.customer_id = t.customer_id AND h.id = t.hold_id
            """
        )
        assert sorted(map(tuple, transfers), key=str) == sorted(
            (
                (
                    order.payment_id,
                    f"PAYMENT_{order.direction}",
                    order.amount,
                    order.ledger_id,
                    order.payment_id if order.direction == "OUT" else None,
                )
                for order in self.made
                if order.status == "ACCEPTED"
            ),
            key=str,
        )

    async def _prove_bank(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """The bank paid what left the ledgers: each payment once, by the name that we know it by, and nothing else."""
        paid = await connection.fetch(
            "SELECT payment_id, ledger_id, amount_minor_units, asset, scale, partner_reference FROM simulator_payments"
        )
        left = await connection.fetch(
            """
            SELECT t.payment_id, t.debit_id, t.amount_minor_units, t.asset, t.scale, p.partner_reference
            FROM transfers AS t JOIN payments AS p ON p.customer_id = t.customer_id AND p.id = t.payment_id
            WHERE t.kind = 'PAYMENT_OUT'
            """
        )
        assert sorted(map(tuple, paid)) == sorted(map(tuple, left))

    async def _prove_balances(self) -> None:
        """Each ledger has what arrived less what left, and nothing is held any more."""
        expected: Counter[str] = Counter()
        for order in self.made:
            if order.status == "ACCEPTED":
                expected[order.ledger_id] += order.amount if order.direction == "IN" else -order.amount
        document = """query($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Ledger { id balance { posted { minorUnits } held { minorUnits } } }
        } }"""
        nodes = (await self.client.ask(document, ids=self._ledgers))["nodes"]
        found = {
            node["id"]: (int(node["balance"]["posted"]["minorUnits"]), int(node["balance"]["held"]["minorUnits"]))
            for node in nodes
        }
        assert found == {ledger_id: (expected[ledger_id], 0) for ledger_id in self._ledgers}

    async def _prove_events(self) -> None:
        """Each payment's story is told in its order, once, and the subscriber heard all of it."""
        events = await self._events()
        assert self._inbox.faults == []
        assert self._inbox.ids == {event["id"] for event in events}
        stories: dict[str, list[str]] = defaultdict(list)
        versions: dict[str, list[int]] = defaultdict(list)
        for event in events:
            body: Any = self._inbox.bodies[event["id"]]
            assert (body["id"], body["type"]) == (event["id"], event["type"])
            assert body["resource"]["id"] == event["resourceId"]
            is_payment = event["resourceType"] == "payment"
            stories[event["resourceId"] if is_payment else body["data"]["payment_id"]].append(event["type"])
            versions[event["resourceId"]].append(event["resourceVersion"])
        assert {payment_id: tuple(told) for payment_id, told in stories.items()} == {
            order.payment_id: STORIES[order.direction, order.status] for order in self.made
        }
        assert all(seen == list(range(1, len(seen) + 1)) for seen in versions.values())

    async def _events(self) -> list[dict[str, Any]]:
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
        return found

    async def _prove_books(self) -> None:
        """`quaestor verify` says so too."""
        verifying = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app.cli.main", "verify", "--json"),
            env={**os.environ, "DATABASE_URL": self.database_url},
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await verifying.communicate()
        assert verifying.returncode == 0, said.decode()
        proof = json.loads(said)
        assert (proof["proven"], proof["checked"]["payments"]) == (True, len(self.made))


@asynccontextmanager
async def payments(database_url: str, addresses: list[str], *, seed: int) -> AsyncIterator[Payments]:
    """A new customer with funded ledgers at the bank, and an endpoint at a receiver."""
    print(f"seed {seed}")
    async with customer_with_endpoint(database_url, addresses, EVENT_TYPES) as (client, inbox):
        told = Payments(client, inbox, database_url, seed=seed)
        await told.open_ledgers()
        yield told


def _pounds(minor_units: int) -> str:
    return f"{minor_units // 100}.{minor_units % 100:02}"
