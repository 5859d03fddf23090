"""A database restored from a copy: no consumer of a feed goes on in silence, and who reads again sees every event."""

import asyncio
import json
import shutil
import subprocess
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.db.connection import fetch
from app.db.migrate import migrate
from app.embedded.postgres import EmbeddedPostgres
from app.events.number_events import number_events
from app.main import create_app
from app.settings import LOOPBACK_NETWORKS, load_settings
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.fan_out import fan_out
from app.webhooks.deliveries.new_events import new_events
from tests.api.product.conftest import Client, Subscriber
from tests.cli.running_dev import QUAESTOR, clean_environment

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

LEASE = Lease(timedelta(seconds=30), timedelta(seconds=15))
EVENTS = """query ($after: String) { events(first: 1000, after: $after) {
    nodes { type resourceId } pageInfo { hasNextPage endCursor } } }"""
CHANGES = "query ($after: String) { ledgerChanges(after: $after) { nodes { type } pageInfo { endCursor } } }"
SUBSCRIPTIONS = (
    "subscription ($after: String) { events(after: $after) { cursor } }",
    "subscription ($after: String) { ledgerChanged(after: $after) { cursor } }",
)
ENDPOINT = """mutation { createWebhookEndpoint(input: { url: "http://127.0.0.1:9/hooks", eventTypes: ["holder.*"] }) {
    ... on WebhookSecretSuccess { endpoint { id } } } }"""


@pytest.fixture
def server(tmp_path):
    server = EmbeddedPostgres(tmp_path / "data", durable=False)
    server.start()
    yield server
    server.stop()


def settings_of(server):
    return load_settings(
        database_url=server.url,
        secret_key="a key of the settings for the tests",
        webhook_allow_http=True,
        webhook_allowed_networks=LOOPBACK_NETWORKS,
    )


@asynccontextmanager
async def serving(server, *who):
    """The API on this database, asked by a customer: `who`, or a new one."""
    made = create_app(settings_of(server))
    async with made.app.router.lifespan_context(made):
        if not who:
            opened = await open_customer("Example Ltd")
            who = opened.api_key, opened.customer_id
        yield Client(made, *who)
        await finish_noting_last_use()


def copy_of(server, folder):
    """A copy of the stopped server's files, owners and all."""
    subprocess.run(["cp", "-a", server.files, folder], check=True)
    return folder


def restored(server):
    ran = subprocess.run(
        [QUAESTOR, "restored", "--json"],
        env=clean_environment(DATABASE_URL=server.url),
        capture_output=True,
        text=True,
        check=True,
        timeout=150,
    )
    return json.loads(ran.stdout)


async def refusals(client, server, cursor):
    """What is said to who goes on from this cursor, in each of the four ways."""
    subscriber, actor = Subscriber(settings_of(server)), await client.actor()
    bodies = [await client.ask(document, after=cursor) for document in (EVENTS, CHANGES)]
    async with asyncio.timeout(120):
        bodies += [await subscriber.first(actor, document, after=cursor) for document in SUBSCRIPTIONS]
    return [body["errors"][0]["extensions"]["code"] if "errors" in body else None for body in bodies]


async def holders_told(client, after=None):
    """The ids of the holders that the feed tells were created, and its end."""
    page = (await client.data(EVENTS, after=after))["events"]
    assert not page["pageInfo"]["hasNextPage"]
    created = [event["resourceId"] for event in page["nodes"] if event["type"] == "holder.created"]
    return created, page["pageInfo"]["endCursor"]


async def holders_delivered(client):
    """Of which holders' creation there are deliveries, once all of the feed is fanned out."""
    customer_id = UUID(client.customer_id)
    await number_events(customer_id)
    while await new_events():
        await fan_out(customer_id, lease=LEASE, room=lambda _endpoint, _wanted: 0)
    rows = await fetch("SELECT resource_id FROM webhook_deliveries WHERE event_type = 'holder.created'")
    return sorted(str(row["resource_id"]) for row in rows)


async def test_refuses_the_cursors_of_what_is_gone(server, tmp_path):
    await migrate(server.url)
    async with serving(server) as client:
        who = client.api_key, client.customer_id
        await client.data(ENDPOINT)
        made = [await client.create_holder() for _ in range(3)]
        kept, early = await holders_told(client)
        assert kept == [client.customer_id, *made]
    server.stop()
    copy = copy_of(server, tmp_path / "copy")

    server.start()
    async with serving(server, *who) as client:
        lost = [await client.create_holder() for _ in range(5)]
        told, late = await holders_told(client, early)
        assert told == lost
        assert await holders_delivered(client) == sorted(made + lost)
    server.stop()
    shutil.rmtree(server.files)
    copy.rename(server.files)

    server.start()
    async with serving(server, *who) as client:
        # Nobody was told of it, and the cursor is beyond the end: that is noticed at once.
        assert await refusals(client, server, late) == ["CURSOR_EXPIRED"] * 4
        assert (await holders_told(client, early))[0] == []

        first, second = restored(server), restored(server)
        assert (first["feeds"], first["fan_outs_set_back"], second["feeds"]) == (1, 0, 1)
        assert first["epoch"] != second["epoch"]

        again = [await client.create_holder() for _ in range(8)]
        for cursor in (early, late):
            assert await refusals(client, server, cursor) == ["CURSOR_EXPIRED"] * 4
        told, end = await holders_told(client)
        assert told == kept + again
        assert await holders_delivered(client) == sorted(made + again)

        more = await client.create_holder()
        assert (await holders_told(client, end))[0] == [more]
