"""Where every door reports a request that has ended: it is counted for `/metrics`, and its line goes to the log.

Labels are names of ours: an operation is the first field of a GraphQL document as the schema has it, or the name of a
REST operation. What clients write (names of operations, paths) never becomes a label.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from time import perf_counter

from app.api.masking import INTERNAL, TIMEOUT, UNAVAILABLE
from app.kernel.histogram import Histogram
from app.kernel.request_log import CLIENT_WENT_AWAY, Request, request_log

DURATION_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
NO_OPERATION = "none"
"""The operation of a request that was refused before it was known, and of pages and documents."""
FAULTS_OF_OURS = frozenset({INTERNAL, TIMEOUT, UNAVAILABLE})


class Door(StrEnum):
    """Where a request came in."""

    GRAPHQL = "graphql"
    WEBSOCKET = "websocket"
    REST = "rest"
    OTHER = "other"


class Outcome(StrEnum):
    """How a request ended."""

    SUCCESS = "success"
    REFUSED = "refused"
    """The caller was told what to change, or to come back later."""
    FAILED = "failed"
    """A fault of ours: an error that is masked, a database that is away, a deadline."""
    GONE = "gone"
    """The client did not wait for the answer."""


class OperationCounts:
    """The requests of one operation through one door."""

    __slots__ = ("durations", "outcomes")

    def __init__(self) -> None:
        self.outcomes: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
        self.durations = Histogram(DURATION_SECONDS)


class RequestCounts:
    """Counts since this process began."""

    def __init__(self) -> None:
        self.operations: dict[tuple[Door, str], OperationCounts] = {}

    def note(self, door: Door, operation: str | None, outcome: Outcome, seconds: float | None) -> None:
        """Count a request. `seconds` is how long it took; None for a stream, which is open as long as its client
        likes.
        """
        counts = self.operations.get(name := (door, operation or NO_OPERATION))
        if counts is None:
            counts = self.operations[name] = OperationCounts()
        counts.outcomes[outcome] += 1
        if seconds is not None:
            counts.durations.note(seconds)


request_counts = RequestCounts()
"""This process's."""


def request_ended(door: Door, request: Request, status: int) -> None:
    """Count a request, and log it. `status` is that of HTTP."""
    operation = request.operation if door is Door.REST else request.root_field
    outcome = Outcome(request.outcome) if request.outcome else outcome_of_status(status)
    request_counts.note(door, operation, outcome, None if request.is_stream else perf_counter() - request.began)
    request_log.tell(request, status)


def outcome_of_status(status: int) -> Outcome:
    """How a request ended that HTTP alone tells about."""
    if status < 400:  # noqa: PLR2004 - HTTP's
        return Outcome.SUCCESS
    if status == CLIENT_WENT_AWAY:
        return Outcome.GONE
    return Outcome.REFUSED if status < 500 else Outcome.FAILED  # noqa: PLR2004 - HTTP's


def outcome_of_errors(errors: Sequence[Mapping[str, object]]) -> Outcome:
    """How an operation of GraphQL ended that is answered with these errors, at least one."""
    codes = {extensions.get("code") for error in errors if isinstance(extensions := error.get("extensions"), Mapping)}
    return Outcome.FAILED if codes & FAULTS_OF_OURS else Outcome.REFUSED
