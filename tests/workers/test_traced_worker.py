"""A worker process of its own goes on with the trace of a request, names itself in it, and in its log."""

from dataclasses import replace

import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from tests.recorded_spans import collecting, recording

pytestmark = pytest.mark.thorough

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
async def collector():
    async with collecting() as made:
        yield made


@pytest.fixture
def recorded():
    """What writes the event records it, as an API with traces does."""
    with recording():
        yield


async def test_sends_what_it_did_for_a_request(recorded, start_worker, actor, endpoint, receiver, collector):
    requested = replace(actor, traceparent=f"00-{TRACE}-{SPAN}-01")
    async with transaction() as tx:
        event_id = await record_event(tx, requested, "ledger.updated", Resource("ledger", new_id(), 1), {})
    await pool().execute("UPDATE webhook_endpoints SET url = 'http://127.0.0.1:1/' WHERE id = $1", endpoint.id)
    worker = await start_worker(
        QUAESTOR_TELEMETRY="true", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, QUAESTOR_LOG_LEVEL="info"
    )
    await collector.got(lambda spans: spans.named("webhook attempt"))
    attempt = collector.spans.named("webhook attempt")[0]
    assert (attempt.trace_id, attempt.parent_id, attempt.values["error.type"]) == (TRACE, SPAN, "connect")
    assert attempt.values["quaestor.event_id"] == str(event_id)
    assert attempt.resource["service.name"] == "quaestor-worker"
    assert attempt.resource["process.pid"] == worker.process.pid
    await worker.says(f"trace_id={TRACE}")


async def test_says_what_it_needs_and_does_not_start(start_worker):
    worker = await start_worker(
        ready=False, QUAESTOR_TELEMETRY="true", OTEL_EXPORTER_OTLP_ENDPOINT="grpc://collector:4317"
    )
    await worker.says("OTEL_EXPORTER_OTLP_ENDPOINT is 'grpc://collector:4317'")
    assert await worker.process.wait() == 2
    assert len(worker.lines) == 1
