"""Real receivers on loopback, and a customer whose webhooks may reach them."""

import asyncio
import contextlib
import itertools
import os
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network

import orjson
import pytest
from aiohttp import web

from app.access.authenticate import authenticate
from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.db.connection import fetch, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.journal.post_transfer import PostTransfer, post_transfer
from app.kernel.actor import Via
from app.outbox.drain import drain_messages
from app.webhooks.deliveries.attempt_deliveries import DeliveryPipeline
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.send_request import Sender
from app.webhooks.deliveries.settle_deliveries import settle_deliveries
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.retry_schedule import RetrySchedule
from app.webhooks.vault import Vault
from tests.bookkeeping import gbp

# Those of other languages want their compilers: make test-languages.
collect_ignore = [] if os.environ.get("QUAESTOR_TEST_LANGUAGES") else ["languages"]

PORTS = ((80, 80), (443, 443), (8000, 9000))
EGRESS = EgressRules(
    allows_http=True, allowed_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")), allowed_ports=PORTS
)
VAULT = Vault("a key of the settings for the tests")


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return orjson.loads(self.body)


class Receiver:
    """Keeps what it gets, and answers as `answer` says: a status, or a coroutine function of the request."""

    def __init__(self):
        self.received = []
        self.answer = 200
        self.url = ""
        self.arrived = asyncio.Event()

    async def handle(self, request):
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.path, headers, await request.read()))
        self.arrived.set()
        if callable(self.answer):
            return await self.answer(request)
        return web.Response(status=self.answer)

    @property
    def types(self):
        return [received.json["type"] for received in self.received]


@contextlib.asynccontextmanager
async def listening(receiver, *, ssl_context=None):
    server = web.Application()
    server.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    receiver.url = f"{'https' if ssl_context else 'http'}://127.0.0.1:{port}/hooks"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receivers():
    """A function that starts another receiver."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(**how):
            return await stack.enter_async_context(listening(Receiver(), **how))

        yield start


@pytest.fixture
async def receiver(receivers):
    return await receivers()


@pytest.fixture
async def customer(database):
    yield await open_customer("Example Ltd")
    await finish_noting_last_use()


@pytest.fixture
async def actor(customer):
    return await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)


@pytest.fixture
async def other_actor(database):
    other = await open_customer("Other Ltd")
    yield await authenticate(f"API-Key {other.api_key}", Via.GRAPHQL)
    await finish_noting_last_use()


@pytest.fixture
def subscribe(actor):
    """A function that makes an endpoint; answers it and its secret."""

    async def make(url, *, by=None, **wanted):
        command = CreateWebhookEndpoint(url=url, **wanted)
        return await create_webhook_endpoint(by or actor, command, vault=VAULT, egress=EGRESS)

    return make


@pytest.fixture
def happen(actor):
    """A function that writes an event of a made-up object."""
    versions = itertools.count(1)

    async def write(event_type="ledger.updated", *, resource_id=None, by=None):
        noun = event_type.split(".")[0]
        async with transaction() as tx:
            about = Resource(noun, resource_id or new_id(), next(versions))
            return await record_event(tx, by or actor, event_type, about, {"name": "Zoë"}, previous={"name": "Zoe"})

    return write


@pytest.fixture
def settle(database):
    """A function that does what is promised of endpoints' deliveries; `later` also what waits for claims to end."""

    async def handle(actor, message):
        await settle_deliveries(actor, message.resource_id)

    async def run(*, later=False):
        if later:
            await pool().execute("UPDATE outbox_messages SET next_attempt_at = now() WHERE kind = 'settle_deliveries'")
        return await drain_messages(
            {"settle_deliveries": handle}, budget_seconds=60, lease=timedelta(minutes=10), concurrency=4
        )

    return run


@pytest.fixture
def fill(database):
    """A function that makes deliveries by SQL, all due; answers their ids, the oldest first."""

    async def make(endpoint, count, *, status="PENDING"):
        rows = await fetch(
            """
            INSERT INTO webhook_deliveries
                (customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id,
                 feed_position, payload, status, attempt_count, next_attempt_at, created_at, updated_at)
            SELECT $1, gen_random_uuid(), $2, message_id, message_id, 'ledger.updated', 'ledger', gen_random_uuid(),
                   $3 - n,
                   'FULL', $4, CASE $4 WHEN 'PENDING' THEN 0 ELSE 1 END,
                   CASE WHEN $4 IN ('PENDING', 'RETRYING') THEN at END, at, at
            FROM generate_series(1, $3::int) AS n
            CROSS JOIN LATERAL (
                SELECT gen_random_uuid() AS message_id, now() - n * interval '1 ms' AS at WHERE n > 0
            ) AS made
            RETURNING id, created_at
            """,
            endpoint.customer_id,
            endpoint.id,
            count,
            status,
        )
        return [row["id"] for row in sorted(rows, key=lambda row: row["created_at"])]

    return make


@pytest.fixture
def post(actor):
    """A function that moves a pound between two posting accounts; answers the transfer."""
    numbers = itertools.count()

    async def move(debit_id, credit_id):
        command = PostTransfer(
            debit_id=str(debit_id), credit_id=str(credit_id), amount=gbp("1.00"), idempotency_key=f"key-{next(numbers)}"
        )
        transfer, _ = await post_transfer(actor, command)
        return transfer

    return move


class Pipeline(DeliveryPipeline):
    """One whose every drain looks for due deliveries, however soon after the last one it comes."""

    async def drain(self, *, budget_seconds):
        self.look_for_due()
        await super().drain(budget_seconds=budget_seconds)


@pytest.fixture
async def pipelines():
    """A function that makes a pipeline."""
    made = []

    def make(*, waits=(0.0, 0.0), deadline_seconds=60.0, lease_seconds=600.0, egress=EGRESS, breaker=None):
        pipeline = Pipeline(
            sender=Sender(egress, deadline_seconds=deadline_seconds),
            vault=VAULT,
            schedule=RetrySchedule(waits),
            lease=Lease(timedelta(seconds=lease_seconds), timedelta(seconds=min(deadline_seconds, lease_seconds / 2))),
            breaker=breaker,
        )
        made.append(pipeline)
        return pipeline

    yield make
    for pipeline in made:
        await pipeline.stop(grace_seconds=0)


@pytest.fixture
def pipeline(pipelines):
    return pipelines()
