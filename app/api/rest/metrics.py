"""`/metrics` for Prometheus: what is promised, stuck and waiting, counted in the database at each scrape."""

import asyncpg
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.db.connection import fetch
from app.outbox.inspect_work import count_work


def metrics_routes() -> list[BaseRoute]:
    """The route of `/metrics`."""
    return [Route("/metrics", _metrics)]


class _Collected(Collector):
    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> list[GaugeMetricFamily]:
        """What was read for this scrape."""
        return self._families


async def _metrics(_request: Request) -> Response:
    try:
        families = [*await _work(), *await _feed_and_deliveries()]
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return PlainTextResponse("the database is not reachable\n", status_code=503)
    registry = CollectorRegistry()
    registry.register(_Collected(families))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def _work() -> list[GaugeMetricFamily]:
    count = GaugeMetricFamily("quaestor_work", "Promised work, by kind and status.", labels=["kind", "status"])
    overdue = GaugeMetricFamily(
        "quaestor_work_overdue_seconds", "For how long the oldest due work has waited.", labels=["kind", "status"]
    )
    for work in await count_work():
        count.add_metric([work.kind, work.status], work.count)
        overdue.add_metric([work.kind, work.status], work.overdue_seconds)
    return [count, overdue]


async def _feed_and_deliveries() -> list[GaugeMetricFamily]:
    unnumbered = GaugeMetricFamily("quaestor_unnumbered_events", "Committed events without position in their feed.")
    deliveries = GaugeMetricFamily("quaestor_open_deliveries", "Webhook deliveries still open.", labels=["status"])
    rows = await fetch("SELECT count(*) AS n FROM unnumbered_events")
    unnumbered.add_metric([], rows[0]["n"])
    for row in await fetch(
        "SELECT status, count(*) AS n FROM webhook_deliveries WHERE status IN ('PENDING', 'RETRYING') GROUP BY status"
    ):
        deliveries.add_metric([row["status"]], row["n"])
    return [unnumbered, deliveries]
