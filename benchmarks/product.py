"""The product as processes on a durable embedded PostgreSQL, and what they cost in CPU."""

import asyncio
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import asyncpg
import httpx
from httpx_aiohttp import AiohttpTransport

from app.access.open_customer import OpenedCustomer, open_customer
from app.db.connection import close_database, open_database
from app.db.migrate import migrate
from app.embedded.child import Child, Launch
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.postgres_cluster import ROLE, SUPERUSER
from app.embedded.redis import EmbeddedRedis

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
START_TIMEOUT_SECONDS = 300
END_TIMEOUT_SECONDS = 20
EXECUTE_TIMEOUT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Servers:
    """PostgreSQL and the Redis-compatible server, with the environment that our processes need."""

    database_url: str
    environment: dict[str, str]
    is_full: bool = False
    """Whether there is time for all: `--full`."""


@contextmanager
def servers(*, is_full: bool = False) -> Iterator[Servers]:
    """Both servers on an empty, durable data folder."""
    with tempfile.TemporaryDirectory() as folder:
        postgres, redis = EmbeddedPostgres(Path(folder)), EmbeddedRedis(Path(folder))
        postgres.start()
        redis.start()
        try:
            asyncio.run(_migrate(postgres.url))
            yield Servers(
                postgres.url,
                {
                    **os.environ,
                    "DATABASE_URL": postgres.url,
                    "REDIS_URL": redis.url,
                    "QUAESTOR_SECRET_KEY": "a key that only benchmarks ever use",
                    "QUAESTOR_WEBHOOK_ALLOW_HTTP": "true",
                    "QUAESTOR_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
                    "QUAESTOR_SIMULATOR_DELAY_SECONDS": "0",
                    "QUAESTOR_LOG_LEVEL": "warning",
                },
                is_full,
            )
        finally:
            redis.stop()
            postgres.stop()


@contextmanager
def another_database(using: Servers) -> Iterator[Servers]:
    """The same servers with an empty database of its own, without statistics. It is deleted with their folder."""
    name = f"benchmark_{secrets.token_hex(4)}"
    url = using.database_url.replace("/quaestor?", f"/{name}?")
    asyncio.run(_execute(using.database_url, f"CREATE DATABASE {name}"))
    asyncio.run(_migrate(url))
    yield replace(using, database_url=url, environment={**using.environment, "DATABASE_URL": url})


def proved(using: Servers) -> str:
    """What `quaestor verify` says of the books that a benchmark leaves."""
    verified = subprocess.run(
        [sys.executable, "-m", "app.cli.main", "verify"],
        env=using.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if verified.returncode:
        return f"quaestor verify: {verified.stdout} {verified.stderr}"
    return "The books are proved."


async def checkpoint(using: Servers) -> None:
    """Have PostgreSQL write what it still has in memory, so that it does not do so while something is measured."""
    await _execute(using.database_url.replace(f"//{ROLE}@", f"//{SUPERUSER}@"), "CHECKPOINT")


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql, timeout=EXECUTE_TIMEOUT_SECONDS)
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    await migrate(url)


class Process:
    """One of our processes, or another program's. It ends with the benchmark, however that ends."""

    def __init__(
        self,
        arguments: list[str],
        environment: dict[str, str],
        *,
        folder: str | None = None,
        program: tuple[str, ...] = (sys.executable, "-m"),
    ) -> None:
        where = ("/usr/bin/env", "-C", folder) if folder else ()
        launch = Launch(
            name=arguments[0],
            arguments=(*where, *program, *arguments),
            environment=environment,
            stop=((signal.SIGTERM, END_TIMEOUT_SECONDS),),
            death_signal=signal.SIGTERM,
        )
        self._process = Child(launch)

    def cpu_seconds(self) -> float:
        """User and system time it has used so far."""
        return cpu_seconds_of(self._process.pid)

    def memory_bytes(self) -> int:
        """Its resident memory."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def proportional_memory_bytes(self) -> int:
        """Its resident memory, where what it shares counts by its share."""
        rollup = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text(encoding="ascii")
        [kilobytes] = [line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")]
        return int(kilobytes) * 1_024

    def forget_peak(self) -> None:
        """Let `peak_memory_bytes` begin anew."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5", encoding="ascii")

    def peak_memory_bytes(self) -> int:
        """The most resident memory that it had, since it started or since `forget_peak`."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(kilobytes) * 1_024

    def descriptors(self) -> int:
        """Its open files and sockets."""
        return sum(1 for _ in Path(f"/proc/{self._process.pid}/fd").iterdir())

    def halt(self) -> None:
        """Let it stand still until `go_on`."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run, if it was halted."""
        os.kill(self._process.pid, signal.SIGCONT)

    def end(self) -> None:
        """End it in an orderly way."""
        self._process.stop()


def cpu_seconds_of(pid: int) -> float:
    """User and system time that a process has used so far."""
    fields = _fields_of(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def cpu_seconds_of_machine() -> float:
    """What all cores together have spent on anything but waiting since the machine started."""
    name, *ticks = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    assert name == "cpu", name
    user, nice, system, _idle, _waiting, *interrupts = map(int, ticks[:8])
    return (user + nice + system + sum(interrupts)) / TICKS_PER_SECOND


def cpu_seconds_with_children(pid: int) -> float:
    """User and system time of a process and all its children, of those too that have ended."""
    ticks = sum(map(int, _fields_of(pid)[11:15]))
    for one in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # It has ended meanwhile.
            fields = _fields_of(int(one.name))
            if int(fields[1]) == pid:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def parent_of(pid: int) -> int:
    """The process that started it."""
    return int(_fields_of(pid)[1])


def _fields_of(pid: int) -> list[str]:
    """Those of /proc/…/stat that follow the name, which may have spaces in it."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()


@contextmanager
def api(using: Servers, **settings: str) -> Iterator[tuple[Process, str]]:
    """An API process and its address."""
    port = free_port()
    environment = {**using.environment, "QUAESTOR_PORT": str(port), **settings}
    process = Process(["app.cli.main", "serve"], environment)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = monotonic() + START_TIMEOUT_SECONDS
        while not _is_ready(address):
            assert monotonic() < deadline, "the API did not start"
        yield process, address
    finally:
        process.end()


@contextmanager
def worker(using: Servers, *, folder: str | None = None) -> Iterator[Process]:
    """A worker process, of the version in `folder` if there is one."""
    process = Process(["workers.main"], using.environment, folder=folder)
    try:
        yield process
    finally:
        process.end()


def client(address: str, key: str, *, connections: int = 64) -> httpx.AsyncClient:
    """A client whose own cost is small beside the server's."""
    return httpx.AsyncClient(
        base_url=address,
        transport=AiohttpTransport(limits=httpx.Limits(max_connections=connections)),
        headers={"Authorization": f"API-Key {key}", "Content-Type": "application/json"},
        timeout=60,
    )


async def opened_customer(url: str) -> OpenedCustomer:
    """A new customer; leaves the process's pool open."""
    await open_database(url, pool_size=10, application_name="quaestor-benchmark")
    return await open_customer("Benchmark Ltd")


async def done() -> None:
    """Close the process's pool."""
    await close_database()


def interpreter() -> str:
    """Which Python this is, and how it was built: figures depend on it."""
    flags = sysconfig.get_config_var("CONFIG_ARGS") or "unknown flags"
    optimized = "optimized" if "--enable-optimizations" in flags else "not optimized"
    return f"{platform.python_implementation()} {platform.python_version()} ({optimized}), {os.cpu_count()} cores"


def free_port() -> int:
    """A port of the loopback address that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=10).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
