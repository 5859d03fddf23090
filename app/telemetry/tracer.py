"""Spans of OpenTelemetry, as `app.kernel.tracing` uses them."""

import contextvars
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from app.kernel import tracing
from app.kernel.clock import utc_now
from app.kernel.errors import DomainError
from app.kernel.traceparent import TraceParent, read_traceparent, traceparent_text
from app.kernel.tracing import NO_SPAN, Kind, Value
from app.telemetry.sampling import Sampling

SAME_TRACE = timedelta(hours=1)
"""What happens later than this begins a trace of its own, with a link: whoever keeps traces has put the first away."""
LINKS_MAX = 100

_KINDS = {
    Kind.INTERNAL: SpanKind.INTERNAL,
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.CONSUMER: SpanKind.CONSUMER,
}
_NOWHERE = Context()
"""Without a span, so that what begins in it begins a trace."""
_FAILED = Status(StatusCode.ERROR)


class OpenSpan:
    """A span that is recorded."""

    __slots__ = ("_context", "_mark", "_span", "_tracer", "is_over")

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self._tracer = tracer
        self._span = span
        self._context: Context | None = None
        self._mark: contextvars.Token[tracing.Span | None] | None = None
        self.is_over = False

    @property
    def context(self) -> SpanContext:
        """What names it elsewhere."""
        return self._span.get_span_context()

    @property
    def trace_id(self) -> str:
        """Its trace's, in hexadecimal."""
        return f"{self.context.trace_id:032x}"

    @property
    def traceparent(self) -> str:
        """The header that names it."""
        return traceparent_text(self.context.trace_id, self.context.span_id)

    def child(self, name: str, kind: Kind = Kind.INTERNAL, values: Mapping[str, Value] | None = None) -> "OpenSpan":
        """A span within this one."""
        if self._context is None:
            self._context = trace.set_span_in_context(self._span, _NOWHERE)
        begun = self._tracer.start_span(name, self._context, _KINDS[kind], values)
        return OpenSpan(self._tracer, begun)

    def set(self, name: str, value: Value) -> None:
        """Add a value."""
        self._span.set_attribute(name, value)

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""
        self._span.update_name(name)

    def fail(self, kind: str) -> None:
        """Mark it as failed. What the exception says is left out: it may quote what was sent."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(_FAILED)

    def link(self, other: tracing.Span) -> None:
        """Point to another span."""
        if isinstance(other, OpenSpan) and not self.is_over:
            self._span.add_link(other.context)

    def end(self) -> None:
        """End it."""
        if not self.is_over:
            self.is_over = True
            self._span.end()

    def __enter__(self) -> Self:
        self._mark = tracing.here.set(self)
        return self

    def __exit__(
        self, raised: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._mark is not None:
            tracing.here.reset(self._mark)
            self._mark = None
        if isinstance(error, DomainError):
            self.set("quaestor.refusal", error.code.value)
        elif raised is not None:
            self.fail(raised.__name__)
        self.end()


class OpenTelemetryTracer:
    """Begins the spans that are within no other of this process."""

    def __init__(self, tracer: trace.Tracer, sampling: Sampling) -> None:
        self._tracer = tracer
        self._sampling = sampling

    def at_door(self, name: str, kind: Kind, traceparent: str | None) -> tracing.Span:
        """The span of a request from outside, if it is one of those that are recorded."""
        caller = read_traceparent(traceparent)
        return self._begin(name, kind, caller) if self._sampling.takes(caller) else NO_SPAN

    def later(self, name: str, kind: Kind, traceparent: str | None, since: datetime) -> tracing.Span:
        """The span of work that was left at `since`. What left it was recorded, so this is too."""
        cause = read_traceparent(traceparent)
        if cause is None:
            return self.at_door(name, kind, None)
        if utc_now() - since <= SAME_TRACE:
            return self._begin(name, kind, cause)
        span = OpenSpan(self._tracer, self._tracer.start_span(name, _NOWHERE, _KINDS[kind]))
        span._span.add_link(_context_of(cause))  # noqa: SLF001 - of this module
        return span

    def linked(self, name: str, spans: Iterable[tracing.Span]) -> tracing.Span:
        """A trace of its own, with links to these spans and back."""
        others = [one for one in spans if isinstance(one, OpenSpan)][:LINKS_MAX]
        links = [trace.Link(one.context) for one in others]
        span = OpenSpan(self._tracer, self._tracer.start_span(name, _NOWHERE, links=links))
        for one in others:
            one.link(span)
        return span

    def _begin(self, name: str, kind: Kind, within: TraceParent | None) -> OpenSpan:
        context = _NOWHERE
        if within is not None:
            context = trace.set_span_in_context(NonRecordingSpan(_context_of(within)), _NOWHERE)
        return OpenSpan(self._tracer, self._tracer.start_span(name, context, _KINDS[kind]))


def _context_of(other: TraceParent) -> SpanContext:
    return SpanContext(other.trace_id, other.span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
