"""Real worker processes, a real Redis-compatible server, and a receiver on loopback."""

import asyncio
import contextlib
import os
import sys

import pytest
from aiohttp import web

from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.db.notifications import notifications
from app.embedded.redis import EmbeddedRedis
from app.kernel.actor import worker_actor
from app.settings import LOOPBACK_NETWORKS
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.vault import Vault

SECRET_KEY = "a key of the settings for the tests"


@pytest.fixture
async def redis(tmp_path):
    """A server that a test may stop and start."""
    server = EmbeddedRedis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def announcing(database):
    """This process tells others what it committed."""
    await notifications().at(database, application_name="quaestor-tests").start()
    yield
    await notifications().stop()


class WorkerUnderTest:
    def __init__(self, process):
        self.process = process
        self.lines = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self):
        while line := await self.process.stderr.readline():
            self.lines.append(line.decode().rstrip())

    async def says(self, text):
        async with asyncio.timeout(90):
            while not any(text in line for line in self.lines):
                await asyncio.sleep(0.01)

    async def end(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self._reading


@pytest.fixture
async def start_worker(database):
    """A function that starts a worker process and waits until it is ready."""
    started = []

    async def start(*, redis_url=None, ready=True, **environment):
        known = {name: value for name, value in os.environ.items() if not name.startswith("QUAESTOR_")}
        known |= {
            "DATABASE_URL": database,
            "QUAESTOR_SECRET_KEY": SECRET_KEY,
            "QUAESTOR_WEBHOOK_ALLOW_HTTP": "true",
            "QUAESTOR_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "QUAESTOR_LOG_FORMAT": "console",
            "QUAESTOR_SIMULATOR_DELAY_SECONDS": "0",
            **({"REDIS_URL": redis_url} if redis_url else {}),
            **environment,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workers.main", env=known, stderr=asyncio.subprocess.PIPE
        )
        worker = WorkerUnderTest(process)
        started.append(worker)
        if ready:
            await worker.says("the worker is ready")
        return worker

    yield start
    for worker in started:
        await worker.end()


class Receiver:
    def __init__(self):
        self.ids = []
        self.url = ""
        self.hold = None

    async def handle(self, request):
        self.ids.append(request.headers["webhook-id"])
        if self.hold is not None:
            await self.hold.wait()
        return web.Response()

    async def got(self, *event_ids):
        async with asyncio.timeout(90):
            while not {str(event_id) for event_id in event_ids} <= set(self.ids):
                await asyncio.sleep(0.005)


@pytest.fixture
async def receiver():
    server = web.Application()
    made = Receiver()
    server.router.add_post("/", made.handle)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/"
    yield made
    await runner.cleanup()


@pytest.fixture
async def actor(database):
    customer = await open_customer("Example Ltd")
    yield worker_actor(customer.customer_id)
    await finish_noting_last_use()


@pytest.fixture
async def endpoint(actor, receiver):
    command = CreateWebhookEndpoint(url=receiver.url, event_types=["ledger.*"])
    egress = EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=())
    made, _ = await create_webhook_endpoint(actor, command, vault=Vault(SECRET_KEY), egress=egress)
    return made
