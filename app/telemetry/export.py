"""Send traces to a collector, in a thread of its own. One that is slow or away costs traces, and nothing else."""

import asyncio
import importlib.metadata
import logging
import os
import socket
import threading
from collections.abc import Sequence
from urllib.parse import SplitResult, unquote, urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NoOpTracer

from app.kernel.outage import Outage
from app.kernel.part import Part
from app.kernel.tasks import within
from app.kernel.tracing import tracing
from app.settings import Settings, WrongSetting, this_sibling
from app.telemetry.sampling import Sampling
from app.telemetry.tracer import OpenTelemetryTracer

logger = logging.getLogger(__name__)

PATH = "/v1/traces"
PROTOCOL = "http/protobuf"
QUEUE_MAX = 4_096
"""Spans that wait to be sent; more are dropped."""
BATCH_MAX = 512
SEND_EVERY_MILLISECONDS = 1_000
ANSWERED_WITHIN_SECONDS = 5
STOPPED_WITHIN_SECONDS = 2.0
NOISY = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.attributes")
"""They log each batch that is not sent, some with a traceback; here one line says so once a minute."""


class Traces(Part):
    """Records and sends traces while its block runs.

    :raises WrongSetting: where they are to be sent is not an address, or by another protocol.
    """

    def __init__(self, settings: Settings, service: str) -> None:
        self._settings = settings
        _check_protocol(settings.otlp_protocol)
        self._address = _address(settings.otlp_endpoint)
        self._headers = _headers(settings.otlp_headers)
        self._resource = resource_of(settings, service)
        self._provider: TracerProvider | None = None

    async def start(self) -> None:
        """Record from now on."""
        for name in NOISY:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        provider = self._provider = TracerProvider(
            sampler=ALWAYS_ON,  # What is recorded is decided before, at a fraction of the cost.
            resource=self._resource,
            shutdown_on_exit=False,
        )
        provider.add_span_processor(
            BatchSpanProcessor(
                _Exporter(
                    OTLPSpanExporter(self._address, headers=self._headers, timeout=ANSWERED_WITHIN_SECONDS),
                    self._settings.otlp_endpoint,
                ),
                max_queue_size=QUEUE_MAX,
                max_export_batch_size=BATCH_MAX,
                schedule_delay_millis=SEND_EVERY_MILLISECONDS,
                export_timeout_millis=ANSWERED_WITHIN_SECONDS * 1_000,
            )
        )
        sampling = Sampling(self._settings.telemetry_sample_ratio, self._settings.telemetry_traces_per_second_max)
        tracer = provider.get_tracer("quaestor")
        if isinstance(tracer, NoOpTracer):
            logger.warning("OTEL_SDK_DISABLED is set: no traces are recorded, although QUAESTOR_TELEMETRY is true")
        else:
            tracing.tracer = OpenTelemetryTracer(tracer, sampling)

    async def let_go(self) -> None:
        """Record no more, and send what waits, if the collector takes it soon."""
        tracing.tracer = None
        provider, self._provider = self._provider, None
        if provider is None:
            return
        # A daemon: a collector that hangs must not keep the process from ending.
        loop, is_over = asyncio.get_running_loop(), asyncio.Event()

        def send_the_rest() -> None:
            provider.shutdown()
            loop.call_soon_threadsafe(is_over.set)

        threading.Thread(target=send_the_rest, name="traces", daemon=True).start()
        try:
            await within(STOPPED_WITHIN_SECONDS, is_over.wait())
        except TimeoutError:
            logger.warning("the collector of traces did not take the last ones in time: they are lost")


class _Exporter(SpanExporter):
    """OTLP, whose failures are told of once a minute."""

    def __init__(self, inner: OTLPSpanExporter, address: str) -> None:
        self._inner = inner
        self._address = address
        self._outage = Outage(logger)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them. What cannot be sent is lost."""
        try:
            result = self._inner.export(spans)
        except Exception as failure:  # noqa: BLE001 - a fault of a collector must not end the thread
            self._outage.notice("traces cannot be sent to %s, and are lost: %s", self._address, type(failure).__name__)
            return SpanExportResult.FAILURE
        if result is SpanExportResult.SUCCESS:
            self._outage.end("traces are sent to %s again", self._address)
        else:
            self._outage.notice("traces cannot be sent to %s, and are lost", self._address)
        return result

    def shutdown(self) -> None:
        """Send nothing more."""
        self._inner.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return self._inner.force_flush(timeout_millis)


def resource_of(settings: Settings, service: str) -> Resource:
    """What all spans of this process have in common; `OTEL_RESOURCE_ATTRIBUTES` adds to it."""
    sibling = this_sibling()
    return Resource.create(
        {
            "service.name": service,
            "service.version": importlib.metadata.version("quaestor"),
            "service.instance.id": f"{socket.gethostname()}/{os.getpid()}",
            "deployment.environment.name": settings.environment.value,
            "process.pid": os.getpid(),
            **({} if sibling is None else {"quaestor.process": sibling.number}),
        }
    )


def _address(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if "@" in parts.netloc:  # Logs tell the address.
        raise WrongSetting(
            "OTEL_EXPORTER_OTLP_ENDPOINT has a name or a password in it (its value is not shown): give what the "
            "collector asks for in OTEL_EXPORTER_OTLP_HEADERS, as Authorization=Basic%20…."
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_port(parts):
        raise WrongSetting(
            f"OTEL_EXPORTER_OTLP_ENDPOINT is {endpoint!r}: give the collector's address for OTLP over HTTP, as "
            "http://127.0.0.1:4318."
        )
    return endpoint.rstrip("/") + PATH


def _has_port(parts: SplitResult) -> bool:
    """Whether the port is one, or left out."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _check_protocol(protocol: str) -> None:
    if protocol != PROTOCOL:
        raise WrongSetting(
            f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}: traces are sent by {PROTOCOL}, so set it to that or leave "
            "it out, and give the collector's address for it."
        )


def _headers(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if any(not name.strip() or not equals for name, equals, _ in pairs):
        raise WrongSetting(
            "OTEL_EXPORTER_OTLP_HEADERS cannot be used (its value is not shown): write name=value,name=value."
        )
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}
