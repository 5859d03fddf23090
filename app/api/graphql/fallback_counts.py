"""What the engine left to graphql-core, as a metric."""

from prometheus_client.core import CounterMetricFamily, Metric

from app.api.graphql.execution.fallbacks import fallbacks


def fallback_counts() -> list[Metric]:
    """How often each field of the schema was left to graphql-core, by reason."""
    family = CounterMetricFamily(
        "quaestor_graphql_fallbacks",
        "Fields and values that generated code left to graphql-core, which is slower, by field and reason.",
        labels=["field", "reason"],
    )
    for (field, reason), count in sorted(fallbacks.counts.items()):
        family.add_metric([field, reason], count)
    return [family]
