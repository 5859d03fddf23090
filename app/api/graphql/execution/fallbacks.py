"""What generated code left to graphql-core, counted by field and reason: that costs ten times as much and more."""

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
    """A field at the root of a kind that generated code does not know, or one of several that a query asks for."""
    RESOLVER = "resolver"
    """A field below the root with a resolver of its own, or in an object that generated code gave up."""
    INPUT = "input"
    """Variables or arguments that generated code does not take: most of them are mistakes of the caller."""
    VALUE = "value"
    """A value that generated code does not take, such as a refusal in place of an object."""
    FAILURE = "failure"
    """Generated code raised something else than that: look at the debug log, it may be a fault of ours."""


class Fallbacks:
    """Counts them. Fields are those of the schema, so there are never many counts."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Reason]] = Counter()

    def note(self, field: str, reason: Reason, cause: Exception | None = None) -> None:
        """One more, of a field such as `Query.ledgers`; of an operation's variables, of `query` or `mutation`."""
        self.counts[field, reason] += 1
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("graphql-core does %s: %s", field, reason, exc_info=cause)

    def note_raised(self, field: str, cause: Exception) -> None:
        """One more: generated code raised this instead of completing the value of a field."""
        self.note(field, Reason.VALUE if isinstance(cause, UnusualValue) else Reason.FAILURE, cause)


fallbacks = Fallbacks()
"""Those of this process."""


def field_at(path: Path, details: FieldDetailsList) -> str:
    """Which field of the schema stands there, whatever name it is answered by: `Ledger.holder`."""
    at: Path | None = path
    while at is not None and at.typename is None:  # An item of a list.
        at = at.prev
    return f"{None if at is None else at.typename}.{details[0].node.name.value}"
