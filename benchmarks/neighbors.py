"""From commit to receipt for one customer, alone and while others' endpoints hang, are dead, or have a million
deliveries due: two databases with a worker process each, of which one or the other runs, in turn.
"""

import asyncio
import os
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from time import monotonic
from uuid import UUID

import orjson
from aiohttp import web

from app.access.authenticate import authenticate
from app.access.open_customer import open_customer
from app.db.connection import open_database, pool
from app.db.identifiers import new_id
from app.db.notifications import notifications
from app.kernel.actor import Actor, Via
from app.kernel.clock import utc_now
from app.settings import LOOPBACK_NETWORKS
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.signing_secret import new_signing_key
from app.webhooks.vault import Vault
from benchmarks.host import watching_host
from benchmarks.product import (
    Process,
    Servers,
    another_database,
    checkpoint,
    done,
    free_port,
    opened_customer,
    worker,
)
from benchmarks.writing import write

RATE_PER_SECOND = 20
SIDE_SECONDS = int(os.environ.get("QUAESTOR_BENCHMARK_SECONDS", "60"))
"""How long each side is measured in all."""
TURN_SECONDS = 20
TURNS = max(SIDE_SECONDS // TURN_SECONDS, 1)
TURN_SETTLE_SECONDS = 8
"""What the beginning of a turn shows does not count. To a worker that was halted, all is due at once that would have
been due one by one meanwhile, and some of it once more five seconds later.
"""
HANGING, DEAD, BACKLOG = 20, 200, int(os.environ.get("QUAESTOR_BENCHMARK_BACKLOG", "1000000"))
DEAD_OF_CUSTOMER = 100
"""As many as a customer may have."""
KEPT_MIN = 0.5
"""If less is left of a side, nothing was measured."""
SETTLE_SECONDS = 5
SEED = 1

FILL = """
    INSERT INTO webhook_deliveries
        (customer_id, id, endpoint_id, message_id, event_id, event_type, resource_type, resource_id, feed_position,
         payload, status, attempt_count, next_attempt_at, created_at, updated_at)
    SELECT customer_id, (began || substr(replace(gen_random_uuid()::text, '-', ''), 14, 18) || '0')::uuid, endpoint_id,
           (began || substr(replace(gen_random_uuid()::text, '-', ''), 14, 18) || '0')::uuid, event_id,
           'ledger.updated', 'ledger', gen_random_uuid(), n, 'FULL',
           CASE WHEN n % 2 = 0 THEN 'PENDING' ELSE 'RETRYING' END, n % 2, at, at, now()
    FROM generate_series(1, $4::int) AS n
    CROSS JOIN LATERAL (SELECT now() - interval '3 days' + n * interval '0.2 s' AS at) AS made
    CROSS JOIN LATERAL (
        SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' AS began
    ) AS id
    CROSS JOIN (SELECT $1::uuid AS customer_id, $2::uuid AS endpoint_id, $3::uuid AS event_id) AS whose
"""
"""A delivery of each fifth of a second, each about another resource. Ids begin with the time, as the product's do."""


OTHER = os.environ.get("QUAESTOR_BENCHMARK_OTHER")
"""A folder with another version, whose worker is measured instead of ours."""
ONLY = os.environ.get("QUAESTOR_BENCHMARK_NEIGHBOR", "")
"""Part of the name of the one to measure; else all."""


def run(using: Servers) -> list[str]:
    """The figures as a table in Markdown."""
    lines = [
        "| others have | alone: p50, p95 ms | beside: p50, p95 ms | p95, times | attempts/s | suspended, due | kept |",
        "|---|---|---|---|---|---|---|",
    ]
    for what, (count, make) in NEIGHBORS.items():
        if ONLY not in what:
            continue
        with another_database(using) as one, another_database(using) as other:
            lines.append(asyncio.run(_compare(_of_redis(one, 1), _of_redis(other, 2), what, count, make)))
        print(lines[-1], file=sys.stderr, flush=True)  # Nothing of it is lost if what is measured next fails.
    return lines


def _of_redis(using: Servers, number: int) -> Servers:
    """With a database of Redis of its own: the workers must not take each other's jobs."""
    url = using.environment["REDIS_URL"]
    url += f"{'&' if '?' in url else '?'}db={number}" if url.startswith("unix:") else f"/{number}"
    return replace(using, environment={**using.environment, "REDIS_URL": url})


@dataclass
class _Receivers:
    """An endpoint that answers, and one that does until it is told to hang."""

    address: str = ""
    arrivals: list[tuple[float, float]] = field(default_factory=list)
    """When each arrived, by this process's clock, and how many ms after its event."""
    answered_by_neighbor: int = 0
    has_answered_many: asyncio.Event = field(default_factory=asyncio.Event)
    hangs: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        arrived = utc_now()
        body = orjson.loads(await request.read())
        if request.path == "/quiet":
            delay = arrived - datetime.fromisoformat(body["timestamp"])
            self.arrivals.append((monotonic(), delay.total_seconds() * 1000))
        elif self.hangs.is_set():
            await asyncio.sleep(60)
        else:
            self.answered_by_neighbor += 1
            if self.answered_by_neighbor == 200 * HANGING:
                self.has_answered_many.set()
        return web.Response(status=204)


@asynccontextmanager
async def _listening() -> AsyncIterator[_Receivers]:
    receivers = _Receivers()
    server = web.Application()
    server.router.add_post("/{path:.*}", receivers.handle)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    receivers.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receivers
    finally:
        await runner.cleanup()


Neighbor = Callable[[Servers, Actor, _Receivers], Awaitable[float]]
"""Causes a customer's trouble; returns how many events a second it goes on to write."""


@dataclass
class _Side:
    """A database with a quiet customer and a worker, and the customers beside it."""

    using: Servers
    worker: Process
    receivers: _Receivers
    quiet: Actor
    neighbors: list[Actor]
    rates: list[float]
    """How many events a second each neighbor writes."""

    async def measure(self, seconds: float) -> tuple[list[float], int]:
        """Let its worker go on, write for so long, and halt the worker again. Answers the delays in ms while the host
        left us the cores, and how many attempts there were for the neighbors meanwhile.
        """
        self.worker.go_on()
        async with self.connected(), self.noise():
            await _steady(self.quiet, self.receivers, seconds=TURN_SETTLE_SECONDS)
            before = await _attempts(self.neighbors)
            async with watching_host() as disturbed:
                arrivals = await _steady(self.quiet, self.receivers, seconds=seconds)
            attempts = await _attempts(self.neighbors) - before
        self.worker.halt()
        kept = [ms for at, ms in arrivals if not any(began <= at <= ended for began, ended in disturbed)]
        return kept, attempts

    @asynccontextmanager
    async def noise(self) -> AsyncIterator[None]:
        """The neighbors write, in a process of their own."""
        rates = [f"{one.customer_id}={rate}" for one, rate in zip(self.neighbors, self.rates, strict=True)]
        command = [sys.executable, "-m", "benchmarks.writing", self.using.database_url, *rates]
        writing = await asyncio.create_subprocess_exec(*command) if rates else None
        try:
            yield
            assert writing is None or writing.returncode is None, "the neighbors do not write any more"
        finally:
            if writing is not None and writing.returncode is None:
                writing.terminate()
                await writing.wait()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """This process's pool is that of the side's database."""
        await open_database(self.using.database_url, pool_size=10, application_name="quaestor-benchmark")
        await notifications().at(self.using.database_url, application_name="quaestor-benchmark").start()
        try:
            yield
        finally:
            await notifications().stop()
            await done()


@asynccontextmanager
async def _side(using: Servers, receivers: _Receivers, count: int, make: Neighbor) -> AsyncIterator[_Side]:
    """A side that has settled, its worker halted."""
    quiet = await _actor((await opened_customer(using.database_url)).api_key)
    neighbors = [await _actor((await open_customer(f"Neighbor {number} Ltd")).api_key) for number in range(count)]
    await _endpoints(using, quiet, [f"{receivers.address}/quiet"])
    await done()
    with worker(using, folder=OTHER) as process:
        side = _Side(using, process, receivers, quiet, neighbors, [])
        try:
            async with side.connected():
                await _steady(quiet, receivers, seconds=3)  # The worker has started, its connections are open.
                await _analyze()
                side.rates = [await make(using, neighbor, receivers) for neighbor in neighbors]
                async with side.noise():
                    await asyncio.sleep(SETTLE_SECONDS)
                await _analyze()
            process.halt()
            yield side
        finally:
            process.go_on()  # One that is halted would not end.


async def _compare(one: Servers, other: Servers, what: str, count: int, make: Neighbor) -> str:
    async with (
        _listening() as receivers,
        _side(one, receivers, 0, make) as alone,
        _side(other, receivers, count, make) as beside,
    ):
        turns = await _in_turn(alone, beside)
        async with beside.connected():
            suspended, due = await _suspended_and_due(beside.neighbors)
    if min(_kept(turns.alone_ms), _kept(turns.beside_ms)) < KEPT_MIN:
        return (
            f"| {what} | the host took the cores away too often: try again later | | | | "
            f"| {_kept(turns.alone_ms):.0%}, {_kept(turns.beside_ms):.0%} |"
        )
    p50, p95 = _percentiles(turns.alone_ms)
    then_p50, then_p95 = _percentiles(turns.beside_ms)
    return (
        f"| {what} | {p50:.1f}, {p95:.1f} | {then_p50:.1f}, {then_p95:.1f} | {then_p95 / p95:.2f} "
        f"| {turns.attempts / (TURNS * TURN_SECONDS):.0f} | {suspended:,}, {due:,} "
        f"| {_kept(turns.alone_ms):.0%}, {_kept(turns.beside_ms):.0%} |"
    )


@dataclass
class _Turns:
    """What the turns showed."""

    alone_ms: list[float] = field(default_factory=list)
    beside_ms: list[float] = field(default_factory=list)
    attempts: int = 0


async def _in_turn(alone: _Side, beside: _Side) -> _Turns:
    """Measure both sides in turn, first one first and then the other."""
    turns = _Turns()
    for number in range(TURNS):
        for side in _ordered(alone, beside, number):
            delays_ms, attempts = await side.measure(TURN_SECONDS)
            (turns.beside_ms if side is beside else turns.alone_ms).extend(delays_ms)
            turns.attempts += attempts
    return turns


def _kept(delays_ms: Sequence[float]) -> float:
    """Which share of a side's deliveries counts."""
    return len(delays_ms) / (TURNS * TURN_SECONDS * RATE_PER_SECOND)


def _ordered(alone: _Side, beside: _Side, number: int) -> tuple[_Side, _Side]:
    return (alone, beside) if number % 2 else (beside, alone)


async def _hanging(using: Servers, neighbor: Actor, receivers: _Receivers) -> float:
    """They answer at first, fast enough to be claimed far ahead."""
    await _endpoints(using, neighbor, [f"{receivers.address}/{number}" for number in range(HANGING)])
    for _ in range(400):
        await write(neighbor)
    await receivers.has_answered_many.wait()
    receivers.hangs.set()
    return 3.0


async def _dead(using: Servers, neighbor: Actor, _receivers: _Receivers) -> float:
    port = free_port()
    await _endpoints(using, neighbor, [f"http://127.0.0.1:{port}/{number}" for number in range(DEAD_OF_CUSTOMER)])
    return 1.0


async def _backlog(using: Servers, neighbor: Actor, _receivers: _Receivers) -> float:
    [endpoint_id] = await _endpoints(using, neighbor, [f"http://127.0.0.1:{free_port()}/"])
    event_id = await write(neighbor)
    await pool().execute(FILL, neighbor.customer_id, endpoint_id, event_id, BACKLOG, timeout=600)
    # A backlog comes up over days. What writing it at once leaves to the server is done before anything is measured.
    await pool().execute("VACUUM (ANALYZE) webhook_deliveries", timeout=600)
    await checkpoint(using)
    return 3.0


NEIGHBORS: dict[str, tuple[int, Neighbor]] = {
    f"{HANGING} endpoints that hang, 3 events/s": (1, _hanging),
    f"{DEAD} dead endpoints, {DEAD_OF_CUSTOMER} of each customer, who has 1 event/s": (DEAD // DEAD_OF_CUSTOMER, _dead),
    f"{BACKLOG:,} deliveries due at a dead endpoint, 3 events/s": (1, _backlog),
}
"""How many customers have this trouble, and what causes it."""


async def _actor(key: str) -> Actor:
    return await authenticate(f"API-Key {key}", Via.GRAPHQL)


async def _endpoints(using: Servers, actor: Actor, urls: list[str]) -> list[object]:
    """One is made as users make it, the others like it by SQL: there may be more than a customer may have."""
    vault = Vault(using.environment["QUAESTOR_SECRET_KEY"])
    rules = EgressRules(allows_http=True, allowed_networks=LOOPBACK_NETWORKS, allowed_ports=())
    first, _ = await create_webhook_endpoint(
        actor, CreateWebhookEndpoint(urls[0], event_types=("ledger.updated",)), vault=vault, egress=rules
    )
    ids = [first.id]
    for url in urls[1:]:
        ids.append(new_id())
        sealed = vault.seal(new_signing_key(), customer_id=actor.customer_id, endpoint_id=ids[-1])
        await pool().execute(
            """
            INSERT INTO webhook_endpoints
            SELECT (jsonb_populate_record(one, jsonb_build_object('id', $3::uuid, 'url', $4::text))).*
            FROM webhook_endpoints AS one WHERE customer_id = $1 AND id = $2
            """,
            actor.customer_id,
            first.id,
            ids[-1],
            url,
        )
        await pool().execute(
            "INSERT INTO webhook_secrets VALUES ($1, $2, $3, 'v1', $4, now())",
            actor.customer_id,
            ids[-1],
            new_id(),
            sealed,
        )
    return list(ids)


async def _steady(actor: Actor, receivers: _Receivers, *, seconds: float) -> list[tuple[float, float]]:
    """Write at an instant within each twentieth of a second that has nothing to do with what others do when."""
    receivers.arrivals.clear()
    count, start, random = int(RATE_PER_SECOND * seconds), monotonic(), Random(SEED)
    for number in range(count):
        await asyncio.sleep(max(0.0, start + (number + random.random()) / RATE_PER_SECOND - monotonic()))
        await write(actor)
    while len(receivers.arrivals) < count:
        assert monotonic() < start + seconds + 60, f"{len(receivers.arrivals)} of {count} arrived"
        await asyncio.sleep(0.01)
    return list(receivers.arrivals)


async def _attempts(actors: Sequence[Actor]) -> int:
    return int(
        await pool().fetchval("SELECT count(*) FROM webhook_attempts WHERE customer_id = ANY($1)", _ids_of(actors))
    )


async def _suspended_and_due(actors: Sequence[Actor]) -> tuple[int, int]:
    [row] = await pool().fetch(
        """
        SELECT count(*) FILTER (WHERE next_attempt_at IS NULL) AS suspended,
               count(*) FILTER (WHERE next_attempt_at <= now()) AS due
        FROM webhook_deliveries WHERE customer_id = ANY($1) AND status IN ('PENDING', 'RETRYING')
        """,
        _ids_of(actors),
        timeout=120,
    )
    return row["suspended"], row["due"]


async def _analyze() -> None:
    """As the server does by itself, a minute or two after a table began to grow."""
    await pool().execute("ANALYZE", timeout=120)


def _ids_of(actors: Sequence[Actor]) -> list[UUID]:
    return [actor.customer_id for actor in actors]


def _percentiles(delays_ms: list[float]) -> tuple[float, float]:
    return statistics.median(delays_ms), statistics.quantiles(delays_ms, n=20)[18]
