"""The door while the database, where the keys are, is away: a real one that was stopped under an open pool."""

import json
import logging
from uuid import UUID

import httpx
import pytest
import websockets

from app.access.authenticate import authenticate
from app.access.key_format import new_key
from app.access.queries import is_still_valid
from app.api.graphql.doorkeeper import Doorkeeper
from app.db.connection import close_database, open_database
from app.db.outage import database_outage
from app.embedded.postgres import EmbeddedPostgres
from app.kernel.actor import Actor, Via
from app.settings import load_settings

AUTHORIZATION = f"API-Key {new_key(UUID(int=1))}"
AGAIN = "The database cannot be reached now, so nothing was done: ask again."


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory):
    """A server of these tests' own, which they may stop."""
    return EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False)


@pytest.fixture
async def database_away(own_postgres):
    """The process's pool, whose server was stopped after it was opened."""
    own_postgres.start()
    try:
        await open_database(own_postgres.url, pool_size=2)
    finally:
        own_postgres.stop()
    yield
    await close_database()


@pytest.fixture
def real_keys(keys, monkeypatch):
    """Keys that are looked up in the database."""

    async def via_graphql(authorization):
        return await authenticate(authorization, Via.GRAPHQL)

    monkeypatch.setattr(keys, "authenticate", via_graphql)
    return keys


async def test_asks_to_ask_again_while_no_key_can_be_looked_up(database_away, real_keys, served, caplog, monkeypatch):
    monkeypatch.setattr(database_outage, "_told_at", None)
    with caplog.at_level(logging.WARNING):
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            response = await client.post(
                f"http://{served}/graphql",
                json={"query": "mutation { lend { __typename } }"},
                headers={"Authorization": AUTHORIZATION, "X-Request-Id": "r1"},
            )
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.headers["x-request-id"] == "r1"
    assert response.json() == {"errors": [{"message": AGAIN, "extensions": {"code": "UNAVAILABLE"}}]}
    [record] = [each for each in caplog.records if each.name == "app.db.outage"]
    assert record.exc_info is None
    assert record.getMessage().startswith("an API key could not be looked up: ")


async def test_closes_a_socket_so_that_it_comes_again(database_away, real_keys, served):
    url = f"ws://{served}/graphql"
    async with websockets.connect(url, subprotocols=["graphql-transport-ws"], proxy=None) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": AUTHORIZATION}}))
        await socket.wait_closed()
    assert (socket.close_code, socket.close_reason) == (1013, AGAIN)


async def test_still_refuses_what_is_no_key(database_away, real_keys, served):
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        response = await client.post(
            f"http://{served}/graphql", json={"query": "{ who }"}, headers={"Authorization": "API-Key no"}
        )
    assert response.status_code == 401


async def test_ends_nothing_because_a_key_cannot_be_checked(database_away, keys):
    actor = Actor(UUID(int=1), frozenset({"*"}), Via.GRAPHQL, "tester", api_key_id=UUID(int=2))
    assert await Doorkeeper(load_settings(), keys.authenticate, is_still_valid).is_still_allowed(actor) is True
