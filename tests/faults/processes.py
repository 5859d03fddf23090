"""Our processes and servers, each of which a test may kill."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.db.migrate import migrate
from app.embedded.child import Child, Launch
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.redis import EmbeddedRedis
from app.embedded.server import EmbeddedServer
from app.embedded.supervisor import Supervisor

START_SECONDS_MAX = 60
SETTINGS = {
    "QUAESTOR_SECRET_KEY": "a key that only the tests of faults use",
    "QUAESTOR_WEBHOOK_ALLOW_HTTP": "true",
    "QUAESTOR_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "QUAESTOR_WORK_LEASE_SECONDS": "3",
    "QUAESTOR_SIMULATOR_DELAY_SECONDS": "0.2",
    "QUAESTOR_LOG_FORMAT": "console",
    "PYTHONUNBUFFERED": "1",
}


class OwnProcess:
    """An API or a worker. It ends with this process, however that ends."""

    def __init__(self, name: str, module: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self._launch = Launch(name, (sys.executable, "-m", *module), environment)
        self._log = log
        self._child: Child | None = None

    def start(self, **settings: str) -> None:
        """Start it; what `settings` change stays changed."""
        self._launch = replace(self._launch, environment={**self._launch.environment, **settings})
        with self._log.open("ab") as output:
            self._child = Child(self._launch, output=output)

    def kill(self) -> None:
        """Kill -9; nothing happens if it does not run."""
        if self._child is not None:
            child, self._child = self._child, None
            os.kill(child.pid, signal.SIGKILL)
            assert child.wait(60) == -signal.SIGKILL, f"{self._launch.name} had ended by itself"

    def freeze(self) -> None:
        """Stop it where it stands, as a machine does that swaps or is moved; nothing happens if it does not run."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if no time had passed; nothing happens if it does not run."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._child is not None:
            os.kill(self._child.pid, number)


class Servers:
    """PostgreSQL and the Redis-compatible server, started again when they die, as `quaestor dev` does it."""

    def __init__(self, folder: Path, *, disk: Path | None = None) -> None:
        self._supervisor = Supervisor(lambda name, line: self.lines.append(f"{name}: {line}"))
        self.lines: list[str] = []
        self.postgres = EmbeddedPostgres(disk or folder)
        self.redis = EmbeddedRedis(folder)

    async def start(self) -> None:
        for server in (self.postgres, self.redis):
            server.prepare()
            self._supervisor.keep(server)
        await self._supervisor.until_accepting(self.postgres, self.redis)

    async def kill(self, server: EmbeddedServer) -> None:
        """Kill -9, as soon as it runs; it is started again."""
        await self._supervisor.until_accepting(server)
        os.kill(self._supervisor._running[server.name].pid, signal.SIGKILL)

    async def stop(self, server: EmbeddedServer) -> None:
        """End it, until it is started by hand."""
        await self._supervisor.end(server)

    async def start_again(self, server: EmbeddedServer) -> None:
        """Start one that was stopped, and wait until it accepts its clients."""
        await asyncio.to_thread(server.prepare)
        self._supervisor.keep(server)
        await self._supervisor.until_accepting(server)

    async def end(self) -> None:
        await self._supervisor.stop()


class Product:
    """APIs and workers on `servers`; `address_of` them, and start, kill and start again each one."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self._folder = folder
        self._sockets: list[socket.socket] = []
        self.servers = servers
        self.processes: list[OwnProcess] = []
        self.addresses: list[str] = []

    @property
    def database_url(self) -> str:
        return self.servers.postgres.url

    def start_worker(self, **settings: str) -> OwnProcess:
        """Start a worker, with Redis unless `settings` say otherwise (`REDIS_URL=""` is none)."""
        environment = {"REDIS_URL": self.servers.redis.url, **settings}
        return self._start("worker", ("workers.main",), {name: it for name, it in environment.items() if it})

    def start_kafka(self, **settings: str) -> OwnProcess:
        """Start a process of the door of Kafka."""
        return self._start("kafka", ("workers.kafka",), settings)

    def start_api(self, **settings: str) -> OwnProcess:
        """Start an API on a port that stays reserved for it while it is dead."""
        reserved = socket.socket()
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        self._sockets.append(reserved)
        port = reserved.getsockname()[1]
        self.addresses.append(f"http://127.0.0.1:{port}")
        environment = {"QUAESTOR_PORT": str(port), **settings}
        return self._start("api", ("app.cli.main", "serve", "--reuse-port"), environment)

    async def until_ready(self) -> None:
        """Wait until every API answers that it is ready."""
        async with httpx.AsyncClient(trust_env=False) as client:
            for address in self.addresses:
                await until_ready(client, address)

    def logs(self) -> str:
        """What everything has said."""
        said = [f"== {log.name}\n{log.read_text(errors='replace')}" for log in sorted(self._folder.glob("*.log"))]
        return "\n".join(["== servers", *self.servers.lines, *said])

    def end(self) -> None:
        for process in self.processes:
            process.kill()
        for reserved in self._sockets:
            reserved.close()

    def _start(self, kind: str, module: tuple[str, ...], environment: Mapping[str, str]) -> OwnProcess:
        name = f"{kind}-{len(self.processes) + 1}"
        known = {**SETTINGS, "DATABASE_URL": self.database_url, **environment}
        process = OwnProcess(name, module, known, self._folder / f"{name}.log")
        self.processes.append(process)
        process.start()
        return process


@asynccontextmanager
async def product(
    folder: Path, *, disk: Path | None = None, migrates: Callable[[str], Awaitable[object]] = migrate
) -> AsyncIterator[Product]:
    """Servers with our schema and nothing in it, and no process yet. Nothing is left of it in the end.

    `disk` is a folder for PostgreSQL alone; `migrates` brings the schema to what the processes need, given the
    database's URL.
    """
    with without_settings():
        servers = Servers(folder, disk=disk)
        made = Product(folder, servers)
        try:
            await servers.start()
            await migrates(servers.postgres.url)
            yield made
            assert "should not happen" not in made.logs()
        except BaseException:
            print(made.logs())
            raise
        finally:
            made.end()
            await servers.end()


@contextmanager
def without_settings() -> Iterator[None]:
    """Nothing of our environment leads a process to another server."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("QUAESTOR_", "DATABASE_", "REDIS_"))]:
            patch.delenv(name)
        yield


async def until_ready(client: httpx.AsyncClient, address: str) -> None:
    """Wait until this API answers that it is ready."""
    async with asyncio.timeout(START_SECONDS_MAX):
        while not await _is_ready(client, address):
            await asyncio.sleep(0.05)


async def _is_ready(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/readyz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
