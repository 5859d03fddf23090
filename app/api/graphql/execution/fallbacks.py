"""What generated code left to graphql-core, counted by field and reason. It costs at least ten times as much."""

import logging
from collections import Counter
from enum import StrEnum

from app.api.graphql.execution.upstream import FieldDetailsList, Path
from app.api.graphql.execution.values import UnusualValue

logger = logging.getLogger(__name__)


class Reason(StrEnum):
    """Why graphql-core does it."""

    FIRST_USE = "first_use"
    """The text came for the first time: one that never comes again is not worth compiling."""
    ROOT = "root"
    """A root field of a kind that generated code does not know, or one of several root fields of a query."""
    RESOLVER = "resolver"
    """A field below the root with a resolver of its own, or in an object that generated code gave up."""
    INPUT = "input"
    """Variables or arguments that generated code does not take: most of them are mistakes of the caller."""
    VALUE = "value"
    """A value that generated code does not take, such as a refusal in place of an object."""
    FAILURE = "failure"
    """Generated code raised another exception. It may be a fault of ours: look at the debug log."""


class Fallbacks:
    """Counts them. Only fields of the schema are counted, so there are never many counts."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Reason]] = Counter()

    def note(self, field: str, reason: Reason, cause: Exception | None = None) -> None:
        """Count one, for a field such as `Query.ledgers`, or for `query` or `mutation` if it is about an operation's
        variables.
        """
        self.counts[field, reason] += 1
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("graphql-core does %s: %s", field, reason, exc_info=cause)

    def note_raised(self, field: str, cause: Exception) -> None:
        """Count one: generated code raised this instead of completing the value of a field."""
        self.note(field, Reason.VALUE if isinstance(cause, UnusualValue) else Reason.FAILURE, cause)


fallbacks = Fallbacks()
"""The counts of this process."""


def field_at(path: Path, details: FieldDetailsList) -> str:
    """The schema's field at this path, whatever its alias: `Ledger.holder`."""
    at: Path | None = path
    while at is not None and at.typename is None:  # An item of a list.
        at = at.prev
    return f"{None if at is None else at.typename}.{details[0].node.name.value}"
