"""The connections of this process to PostgreSQL, as metrics."""

from prometheus_client.core import GaugeMetricFamily, Metric

from app.db.connection import pools_in_use


def pool_metrics() -> list[Metric]:
    """How many connections are open, how many may be, and who waits for one."""
    connections = GaugeMetricFamily(
        "quaestor_database_connections",
        "Open connections of the pools to PostgreSQL, by pool and by whether they are in use or idle now.",
        labels=["pool", "state"],
    )
    size_max = GaugeMetricFamily(
        "quaestor_database_connections_max", "How many connections a pool opens at most.", labels=["pool"]
    )
    waiting = GaugeMetricFamily(
        "quaestor_database_connections_awaited", "Tasks that wait for a connection of a pool now.", labels=["pool"]
    )
    for use in pools_in_use():
        connections.add_metric([use.name, "in_use"], use.in_use)
        connections.add_metric([use.name, "idle"], use.idle)
        size_max.add_metric([use.name], use.size_max)
        waiting.add_metric([use.name], use.waiting)
    return [connections, size_max, waiting]
