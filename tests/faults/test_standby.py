"""A server that follows another answers queries, and a cursor that it has not reached yet is no expired one."""

import asyncio
import logging
import subprocess
from contextlib import aclosing

import pytest

from app.db.connection import fetchval
from app.db.migrate import migrate
from app.embedded.postgres import EmbeddedPostgres
from app.events.feed_place import FeedPlace
from tests.api.product.conftest import Subscriber
from tests.faults.test_restored import EVENTS, holders_told, refusals, serving, settings_of

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

HAPPENING = "subscription ($after: String) { events(after: $after) { event { resourceId } } }"


@pytest.fixture
def primary(tmp_path):
    server = EmbeddedPostgres(tmp_path / "primary", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def standby(tmp_path):
    server = EmbeddedPostgres(tmp_path / "standby", durable=False)
    yield server
    server.stop()


def copy(primary, standby):
    """Make the standby of the stopped primary's files, owners and all."""
    standby.data_folder.mkdir()
    subprocess.run(["cp", "-a", primary.files, standby.files], check=True)
    subprocess.run(["cp", "-a", standby.files / "PG_VERSION", standby.files / "standby.signal"], check=True)


async def test_answers_queries_and_knows_that_it_may_lag(primary, standby, caplog):
    await migrate(primary.url)
    async with serving(primary) as client:
        who = client.api_key, client.customer_id
        _, early = await holders_told(client)
        made = [await client.create_holder() for _ in range(3)]
        _, end = await holders_told(client)
        waiting = await client.create_holder()
    primary.stop()
    copy(primary, standby)
    primary.start()
    async with serving(primary, *who) as client:
        told, ahead = await holders_told(client, end)
        assert told == [waiting]
    primary.stop()

    standby.start()
    caplog.set_level(logging.WARNING)
    async with serving(standby, *who) as client:
        assert await fetchval("SELECT pg_is_in_recovery()")
        assert await holders_told(client, early) == (made, end)
        page = (await client.data(EVENTS, after=ahead))["events"]
        assert page == {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": ahead}}
        assert await refusals(client, standby, FeedPlace(1, "another").cursor) == ["CURSOR_EXPIRED"] * 4

        subscriber, actor = Subscriber(settings_of(standby)), await client.actor()
        async with aclosing(subscriber.stream(actor, HAPPENING, after=early)) as answers, asyncio.timeout(120):
            seen = [(await anext(answers))["data"]["events"]["event"]["resourceId"] for _ in made]
        assert seen == made
        async with asyncio.timeout(120):
            while "sends no notifications" not in caplog.text:
                await asyncio.sleep(0.01)
    assert caplog.text.count("sends no notifications") == 1
    assert "last use" not in caplog.text
