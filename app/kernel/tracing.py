"""Traces: what this process does for one request, in spans, each within another.

Off unless a tracer is installed: then each function here costs one look at a variable. A request that no trace was
begun for costs as little, since a span is only ever begun within another one. Names and values of spans never hold what
was sent or answered: no secrets, no names of people, no text of callers.
"""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

Value = str | int | float | bool


class Kind(StrEnum):
    """On which side of a call a span stands."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    CONSUMER = "consumer"


class Span(Protocol):
    """Something that takes a while: a block (`with span:`), in which other spans begin within it."""

    @property
    def trace_id(self) -> str | None:
        """The trace's id, as logs have it; None if nothing is recorded."""

    @property
    def traceparent(self) -> str | None:
        """The header that names this span; None if nothing is recorded."""

    @property
    def is_over(self) -> bool:
        """Whether its block has ended."""

    def child(self, name: str, kind: Kind = Kind.INTERNAL, values: Mapping[str, Value] | None = None) -> "Span":
        """A span within this one."""

    def set(self, name: str, value: Value) -> None:
        """Add a value."""

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""

    def fail(self, kind: str) -> None:
        """Mark it as failed, by a kind of failure such as the name of an exception."""

    def link(self, other: "Span") -> None:
        """Point to another span, of whatever trace."""

    def end(self) -> None:
        """End it, where it is no block."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, raised: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Tracer(Protocol):
    """Begins spans that are within no other of this process."""

    def at_door(self, name: str, kind: Kind, traceparent: str | None) -> Span:
        """The span of a request from outside, whose caller may have sent a `traceparent`; `NO_SPAN` if this one is not
        recorded.
        """

    def later(self, name: str, kind: Kind, traceparent: str | None, since: datetime) -> Span:
        """The span of work that a recorded span of another process, or of earlier, has left, at `since`."""

    def linked(self, name: str, spans: Iterable[Span]) -> Span:
        """A trace of its own, of what is done for all of these together."""


class _NoSpan:
    """Records nothing."""

    __slots__ = ()
    trace_id = traceparent = None
    is_over = True

    def child(self, name: str, kind: Kind = Kind.INTERNAL, values: Mapping[str, Value] | None = None) -> Span:  # noqa: ARG002
        return self

    def set(self, name: str, value: Value) -> None:
        pass

    def rename(self, name: str) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass

    def link(self, other: Span) -> None:
        pass

    def end(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        pass


NO_SPAN: Span = _NoSpan()
"""In the place of a span that is not recorded."""


class Tracing:
    """The process's tracer, if there is one."""

    def __init__(self) -> None:
        self.tracer: Tracer | None = None

    @property
    def is_on(self) -> bool:
        """Whether anything is recorded."""
        return self.tracer is not None


tracing = Tracing()
"""Of this process."""

here: ContextVar[Span | None] = ContextVar("the span that this task is in", default=None)


def current_span() -> Span | None:
    """The recorded span that this task is in; None if there is none, or its block has ended meanwhile."""
    span = here.get()
    return None if span is None or span.is_over else span


def span_within(name: str, kind: Kind = Kind.INTERNAL) -> Span:
    """A span within the current one; `NO_SPAN` without one."""
    span = current_span()
    return NO_SPAN if span is None else span.child(name, kind)


def span_at_door(name: str, kind: Kind, traceparent: str | None) -> Span:
    """The span of a request from outside. `traceparent` is what the caller sent, however it looks."""
    tracer = tracing.tracer
    return NO_SPAN if tracer is None else tracer.at_door(name, kind, traceparent)


def span_later(name: str, kind: Kind, traceparent: str | None, since: datetime) -> Span:
    """The span of work that was left to this process at `since`, by the span that `traceparent` names if any."""
    tracer = tracing.tracer
    return NO_SPAN if tracer is None else tracer.later(name, kind, traceparent, since)


def span_for_all(name: str, callers: Iterable[Span | None]) -> Span:
    """The span of what is done for several callers together, of whom None is not recorded.

    With one recorded caller it is within that one's span. With several it begins a trace of its own, with links to
    their spans and back.
    """
    tracer = tracing.tracer
    if tracer is None:
        return NO_SPAN
    spans = list({id(one): one for one in callers if one is not None and not one.is_over}.values())
    if not spans:
        return NO_SPAN
    if len(spans) == 1:
        return spans[0].child(name)
    return tracer.linked(name, spans)


def headers_to_send() -> dict[str, str]:
    """The headers that tell another service which span its work is within: what an adapter sends to a bank, say."""
    span = current_span()
    traceparent = None if span is None else span.traceparent
    return {} if traceparent is None else {"traceparent": traceparent}
