import asyncio
from uuid import UUID

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from app.api.graphql.http import graphql_routes
from app.kernel.actor import Actor, Via
from app.kernel.errors import Unauthenticated
from app.settings import load_settings
from tests.api.graphql.library import SCHEMA

KEY = "API-Key k"
ACTOR = Actor(UUID(int=1), frozenset({"*"}), Via.GRAPHQL, "tester")


class Keys:
    """The door's only ways to ask about keys, in place of the database."""

    def __init__(self):
        self.revoked = False

    async def authenticate(self, authorization):
        if authorization != KEY or self.revoked:
            raise Unauthenticated("Unknown key." if authorization else "A key is needed.")
        return ACTOR

    async def still_allowed(self, actor):
        assert actor.name == "tester"
        return not self.revoked


class Client:
    """Asks an ASGI application without a socket."""

    def __init__(self, application, **headers):
        self._transport = httpx.ASGITransport(application)
        self._headers = headers

    def request(self, method, path, **options):
        async def send():
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://testserver", headers=self._headers
            ) as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())

    def post(self, path, **options):
        return self.request("POST", path, **options)


@pytest.fixture
def keys():
    return Keys()


@pytest.fixture
def make_application(keys):
    def make(**settings):
        return Starlette(
            routes=graphql_routes(SCHEMA, load_settings(**settings), keys.authenticate, keys.still_allowed)
        )

    return make


@pytest.fixture
def client(make_application):
    return Client(make_application(), Authorization=KEY)


@pytest.fixture
def ask(client):
    def ask(query, variables=None, **headers):
        return client.post("/graphql", json={"query": query, "variables": variables}, headers=headers).json()

    return ask


@pytest.fixture
async def serve(make_application):
    """A function that starts a real server on loopback with these settings; answers its address."""
    servers = []

    async def start(**settings):
        server = uvicorn.Server(
            uvicorn.Config(
                make_application(**settings), port=0, log_level="error", lifespan="off", ws="websockets-sansio"
            )
        )
        serving = asyncio.create_task(server.serve())
        servers.append((server, serving))
        while not server.started:  # uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        return f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield start
    for server, serving in servers:
        server.should_exit = True
        await serving


@pytest.fixture
async def served(serve):
    """The address of a real server on loopback."""
    return await serve()
