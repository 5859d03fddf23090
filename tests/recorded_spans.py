"""Spans as tests see them: recorded in this process, or sent to a collector of theirs."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from app.kernel.tracing import tracing
from app.telemetry.sampling import Sampling
from app.telemetry.tracer import OpenTelemetryTracer

PATIENCE_SECONDS = 120


@dataclass
class Seen:
    """A span that has ended."""

    name: str
    trace_id: str
    id: str
    parent_id: str | None
    kind: str
    values: dict = field(default_factory=dict)
    links: list = field(default_factory=list)
    is_failed: bool = False
    resource: dict = field(default_factory=dict)
    message: str = ""
    events: list = field(default_factory=list)


class Spans(list):
    """Those that have ended, in the order of their ends."""

    def named(self, name):
        return [one for one in self if one.name == name]

    def one(self, name):
        [found] = self.named(name)
        return found

    def below(self, span):
        """The names of the spans right within this one."""
        return [one.name for one in self if one.parent_id == span.id]

    def names_of(self, trace_id):
        return {one.name for one in self if one.trace_id == trace_id}


class _Keeping(SpanExporter):
    def __init__(self, spans):
        self._spans = spans

    def export(self, spans):
        for one in spans:
            self._spans.append(
                Seen(
                    one.name,
                    f"{one.context.trace_id:032x}",
                    f"{one.context.span_id:016x}",
                    None if one.parent is None else f"{one.parent.span_id:016x}",
                    one.kind.name.lower(),
                    dict(one.attributes),
                    [f"{link.context.span_id:016x}" for link in one.links],
                    not one.status.is_ok and not one.status.is_unset,
                    dict(one.resource.attributes),
                    one.status.description or "",
                    [event.name for event in one.events],
                )
            )
        return SpanExportResult.SUCCESS


@contextlib.contextmanager
def recording(*, ratio=1.0, traces_per_second_max=1_000_000):
    """Record during the block; yields the spans that have ended."""
    spans = Spans()
    provider = TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(_Keeping(spans)))
    tracing.tracer = OpenTelemetryTracer(provider.get_tracer("tests"), Sampling(ratio, traces_per_second_max))
    try:
        yield spans
    finally:
        tracing.tracer = None
        provider.shutdown()


class Collector:
    """Takes OTLP over HTTP, decodes it, and keeps the spans."""

    def __init__(self):
        self.spans = Spans()
        self.bodies = []
        self.headers = []
        self.url = ""
        self.status = 200
        self.hold = None
        self.asked = asyncio.Event()

    async def handle(self, request):
        body = await request.read()
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.asked.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.status == 200:
            assert request.headers["content-type"] == "application/x-protobuf"
            self.bodies.append(body)
            self.spans += _decoded(ExportTraceServiceRequest.FromString(body))
        return web.Response(status=self.status)

    async def got(self, is_enough):
        """Wait until the spans are enough."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not is_enough(self.spans):
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def collecting():
    """A collector on loopback."""
    collector = Collector()
    server = web.Application()
    server.router.add_post("/v1/traces", collector.handle)
    runner = web.AppRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    collector.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    try:
        yield collector
    finally:
        await runner.cleanup()


def _decoded(request):
    for of_resource in request.resource_spans:
        resource = _values(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for one in of_scope.spans:
                yield Seen(
                    one.name,
                    one.trace_id.hex(),
                    one.span_id.hex(),
                    one.parent_span_id.hex() or None,
                    {1: "internal", 2: "server", 3: "client", 5: "consumer"}[one.kind],
                    _values(one.attributes),
                    [link.span_id.hex() for link in one.links],
                    one.status.code == 2,
                    resource,
                    one.status.message,
                    [event.name for event in one.events],
                )


def _values(attributes):
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
