"""`/metrics` for Prometheus: what is promised, stuck and waiting. It costs the same however much there is.

Rows are counted up to a limit, in the order of an index; a count that has reached the limit means at least that many.
"""

import asyncio
import hmac
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.api.operations.delivery_metrics import due_deliveries, endpoints_by_status
from app.api.operations.health import CHECKS, Readiness
from app.api.operations.pool_metrics import pool_metrics
from app.api.operations.posting_counts import posting_counts, queue_metrics
from app.api.operations.process_counts import CountsNotWritten, OneProcess, OwnMetrics, ProcessCounts, SeveralProcesses
from app.api.operations.shared import Shared
from app.api.server.refusals import Refusal, refusals
from app.db.away import DATABASE_UNUSABLE
from app.db.connection import fetch
from app.outbox.inspect_work import count_work
from app.settings import Settings, this_sibling

GOOD_FOR_SECONDS = 2.0
READ_WITHIN_SECONDS = 5.0
"""Half of what Prometheus waits for a scrape, unless told otherwise."""
COUNTED_MAX = 10_000
"""For each kind of rows."""

HOW_TO_SWITCH_ON = (
    "Metrics are off here: set QUAESTOR_METRICS_KEY, and send it as `Authorization: Bearer <key>`, "
    "or set QUAESTOR_METRICS_PORT for a port of their own.\n"
)
WRONG_KEY = "Send the key of QUAESTOR_METRICS_KEY as `Authorization: Bearer <key>`.\n"


def no_metrics() -> Iterable[Metric]:
    """For a process that counts nothing."""
    return ()


def process_counts(own: OwnMetrics = no_metrics) -> OneProcess | SeveralProcesses:
    """What this process counts, or, if it has siblings, all of them together: what every process has, and `own`."""

    def counted() -> Iterable[Metric]:
        return [_refusals(), *pool_metrics(), *posting_counts(), *queue_metrics(), *own()]

    sibling = this_sibling()
    return OneProcess(counted) if sibling is None else SeveralProcesses(sibling, counted)


def metrics_routes(
    settings: Settings, counts: ProcessCounts, readiness: Readiness | None = None, *, is_own_port: bool = False
) -> list[BaseRoute]:
    """The route of `/metrics`. With a key set, only for requests that send it; without one, only on its own port.

    While the database is away, it tells what needs no database, and that it is away.
    """
    # What is counted here is never told from memory: another process may have told a later sum meanwhile.
    shared = Shared(_read, good_for_seconds=GOOD_FOR_SECONDS)
    key = settings.metrics_key
    checks = readiness or Readiness(settings)

    async def metrics(request: Request) -> Response:
        if key is None and not is_own_port:
            return PlainTextResponse(HOW_TO_SWITCH_ON, status_code=404)
        if key is not None and not _is_key(request, key):
            return PlainTextResponse(WRONG_KEY, status_code=401, headers={"WWW-Authenticate": "Bearer"})
        faults, families = await asyncio.gather(checks.faults(), _unless_away(shared))
        try:
            told = [_checks(faults), *families, *counts.metrics(), *counts.processes()]
        except CountsNotWritten as problem:
            return PlainTextResponse(f"{problem}\n", status_code=503)
        return Response(_text(told), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", metrics)]


async def _unless_away(read: Shared[list[Metric]]) -> list[Metric]:
    """What the database says; nothing if it does not answer soon."""
    try:
        async with asyncio.timeout(READ_WITHIN_SECONDS):
            return await read.get()
    except DATABASE_UNUSABLE:  # What does not answer soon is among them.
        return []


def _is_key(request: Request, key: str) -> bool:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), key.encode())


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """What was read for this scrape."""
        return self._families


def _text(families: Iterable[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collected(families))
    return generate_latest(registry)


def _checks(faults: Mapping[str, str]) -> GaugeMetricFamily:
    """What `/readyz` says. What cannot be known is left out."""
    family = GaugeMetricFamily(
        "quaestor_check_failing",
        "1 while a check of /readyz fails, else 0. While the database cannot be asked, what needs it is left out.",
        labels=["check"],
    )
    is_asked = Readiness.can_ask(faults)
    for check, needs_database in CHECKS.items():
        if is_asked or not needs_database:
            family.add_metric([check], float(check in faults))
    return family


async def _read() -> list[Metric]:
    """What the database says: the same for all processes."""
    return [
        *await _work(),
        *await _unnumbered_events(),
        await _open_deliveries(),
        *await due_deliveries(counted_max=COUNTED_MAX),
        await endpoints_by_status(counted_max=COUNTED_MAX),
    ]


def _refusals() -> CounterMetricFamily:
    family = CounterMetricFamily(
        "quaestor_refusals",
        "Connections and requests that this process refused or ended, by reason.",
        labels=["reason"],
    )
    for reason in Refusal:
        family.add_metric([reason], refusals.counts[reason])
    return family


async def _work() -> list[GaugeMetricFamily]:
    count = GaugeMetricFamily(
        "quaestor_work",
        f"Promised work, by kind and status: of the {COUNTED_MAX} that are due first, and of as many that are dead.",
        labels=["kind", "status"],
    )
    overdue = GaugeMetricFamily(
        "quaestor_work_overdue_seconds", "For how long the oldest due work has waited.", labels=["kind", "status"]
    )
    failed = GaugeMetricFamily(
        "quaestor_work_failed_before",
        "Promised work, of that counted, that was tried and failed, by kind and status: pending work is tried again.",
        labels=["kind", "status"],
    )
    for work in await count_work(counted_max=COUNTED_MAX):
        count.add_metric([work.kind, work.status], work.count)
        overdue.add_metric([work.kind, work.status], work.overdue_seconds)
        failed.add_metric([work.kind, work.status], work.failed_count)
    return [count, overdue, failed]


async def _unnumbered_events() -> list[GaugeMetricFamily]:
    count = GaugeMetricFamily(
        "quaestor_unnumbered_events", f"Committed events without position in their feed, up to {COUNTED_MAX}."
    )
    oldest = GaugeMetricFamily(
        "quaestor_unnumbered_events_oldest_seconds", "How long ago the oldest of them happened; 0 if there is none."
    )
    [row] = await fetch(
        """
        SELECT count(*) AS count,
               coalesce(greatest(0, extract(epoch FROM now() - min(occurred_at))), 0)::float8 AS oldest_seconds
        FROM (SELECT occurred_at FROM unnumbered_events ORDER BY customer_id, insertion LIMIT $1) AS counted
        """,
        COUNTED_MAX,
    )
    count.add_metric([], row["count"])
    oldest.add_metric([], row["oldest_seconds"])
    return [count, oldest]


async def _open_deliveries() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "quaestor_open_deliveries",
        f"Webhook deliveries that are to be tried, now or later, by status, up to {COUNTED_MAX} in all.",
        labels=["status"],
    )
    rows = await fetch(
        """
        SELECT status, count(*) AS count
        FROM (
            SELECT status FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL
            ORDER BY customer_id, endpoint_id, status, next_attempt_at LIMIT $1
        ) AS counted GROUP BY status
        """,
        COUNTED_MAX,
    )
    counts = {row["status"]: row["count"] for row in rows}
    for status in ("PENDING", "RETRYING"):
        family.add_metric([status], counts.get(status, 0))
    return family
