"""Refusals: the mistakes of callers. A refused command changes nothing.

Codes are those of `ErrorCode` in `schema.graphql`; every door translates them and adds none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.kernel.money import Money


class ErrorCode(StrEnum):
    """Stable codes of refusals; clients branch on these, never on messages."""

    VALIDATION = "VALIDATION"
    ASSET_MISMATCH = "ASSET_MISMATCH"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    INVALID_STATE = "INVALID_STATE"
    DUPLICATE_REFERENCE = "DUPLICATE_REFERENCE"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    BATCH_REFUSED = "BATCH_REFUSED"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"


Path = tuple[str, ...]


class DomainError(Exception):
    """A refusal: the caller's mistake, with a stable `code`, a `message` that says what to change, and the `path` of
    the wrong argument (`("holder_id",)`; empty if no single argument is wrong).
    """

    code: ErrorCode

    def __init__(self, message: str, *, path: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path: Path = tuple(path)


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One wrong field of several: its path, its code and what to change."""

    path: Path
    code: str
    message: str


class Invalid(DomainError):
    """An argument is malformed or out of range. `fields` lists all faults found."""

    code = ErrorCode.VALIDATION

    def __init__(self, message: str, *, path: Sequence[str] = (), fields: Sequence[FieldFault] = ()) -> None:
        super().__init__(message, path=path)
        self.fields = tuple(fields) or (FieldFault(self.path, self.code.value, message),)


class CursorExpired(DomainError):
    """The database was restored after the cursor was made: read the feed again."""

    code = ErrorCode.CURSOR_EXPIRED


class AssetMismatch(Invalid):
    """An amount or product has another asset than the ledger."""

    code = ErrorCode.ASSET_MISMATCH


class NotFound(DomainError):
    """No such object for this actor; another customer's object does not exist either."""

    code = ErrorCode.NOT_FOUND


class Forbidden(DomainError):
    """The actor lacks `required_scope`, or the environment does not allow it (then `required_scope` is None)."""

    code = ErrorCode.FORBIDDEN

    def __init__(self, message: str, *, path: Sequence[str] = (), required_scope: str | None = None) -> None:
        super().__init__(message, path=path)
        self.required_scope = required_scope


class Conflict(DomainError):
    """The object's state does not allow this. `status` is its state, `existing_id` the object in the way."""

    code = ErrorCode.INVALID_STATE

    def __init__(
        self,
        message: str,
        *,
        path: Sequence[str] = (),
        status: str | None = None,
        existing_id: str | None = None,
    ) -> None:
        super().__init__(message, path=path)
        self.status = status
        self.existing_id = existing_id


class InvalidState(Conflict):
    """The status forbids it, such as assigning a ledger that has a holder."""


class DuplicateReference(Conflict):
    """The reference is taken by an object with other content."""

    code = ErrorCode.DUPLICATE_REFERENCE


class VersionConflict(Conflict):
    """`ifVersion` is no longer the object's version."""

    code = ErrorCode.VERSION_CONFLICT


class IdempotencyMismatch(DomainError):
    """The same idempotency key came with other content."""

    code = ErrorCode.IDEMPOTENCY_MISMATCH

    def __init__(
        self,
        message: str = "This idempotency key was used with other content. Use a new key for a new request.",
        *,
        path: Sequence[str] = (),
    ) -> None:
        super().__init__(message, path=path)


class LimitExceeded(DomainError):
    """Too busy or over a quota; nothing was taken. Try again after `retry_after_seconds`."""

    code = ErrorCode.LIMIT_EXCEEDED

    def __init__(self, message: str, *, retry_after_seconds: float, path: Sequence[str] = ()) -> None:
        super().__init__(message, path=path)
        self.retry_after_seconds = retry_after_seconds


class InsufficientFunds(DomainError):
    """A ledger or wallet lacks funds: `lacking_id` says which, `available` what could be spent."""

    code = ErrorCode.INSUFFICIENT_FUNDS

    def __init__(self, message: str, *, lacking_id: UUID, available: Money, path: Sequence[str] = ()) -> None:
        super().__init__(message, path=path)
        self.lacking_id = lacking_id
        self.available = available


class BatchRefused(DomainError):
    """The whole atomic batch was refused because of the item at `index`; `cause` says what was wrong with it."""

    code = ErrorCode.BATCH_REFUSED

    def __init__(self, index: int, cause: DomainError) -> None:
        super().__init__(f"Nothing was done: item {index} was refused. {cause.message}", path=cause.path)
        self.index = index
        self.cause = cause


class Unauthenticated(Exception):
    """No key, or one that is unknown, expired or revoked. It is not a verb's refusal: no verb was reached."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(Exception):
    """A command was not done, or a server refused it; the message says why and what to change."""


class NotReachable(Exception):
    """A server that is needed does not answer; the message names it and says how to start it."""
