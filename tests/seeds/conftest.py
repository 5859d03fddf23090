"""The API on a port of its own, as the product starts it, with the demo data of each customer."""

import asyncio
import sys

import pytest
import uvicorn

from app.access.authenticate import authenticate
from app.access.open_customer import open_customer
from app.api.server.config import ServerConfig
from app.api.server.limits import Limits
from app.demo.fill_demo_data import fill_demo_data
from app.kernel.actor import Via
from app.partners.read_catalog import load_catalog
from tests.api.product.conftest import application, settings, work
from tests.needed_programs import needed

__all__ = ["application", "settings", "work"]


@pytest.fixture
async def url(application):
    """The address of the server."""
    config = ServerConfig(application, Limits(100, None), port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def key(application):
    """The key of a customer who has nothing."""
    return (await open_customer("Seed Ltd")).api_key


@pytest.fixture
async def demo_key(application, settings, work):
    """The key of a customer with the demo data, whose holders have the ids that the documents print."""
    opened = await open_customer("Railsbank")
    actor = await authenticate(f"API-Key {opened.api_key}", Via.CLI)
    await fill_demo_data(actor, catalog=load_catalog(settings))
    await work()
    return opened.api_key


async def run(*command):
    """Run a program; answers what it printed."""
    needed(command[0])
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complained = await process.communicate()
    assert process.returncode == 0, complained.decode()
    return said.decode()


async def run_python(code):
    """Run a program of Python's; answers what it printed."""
    return await run(sys.executable, "-c", code)
