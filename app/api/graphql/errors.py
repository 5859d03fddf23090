"""Refusals as GraphQL types, and the one place that turns a `DomainError` into its type.

Resolvers have no `try`: a mutation made with `mutation(...)` answers the union member that fits.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property, wraps
from typing import Any

import strawberry
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.union import StrawberryUnion

from app.api.graphql.argument_paths import INPUT, told_path
from app.api.graphql.described import described, described_enum, described_type
from app.api.graphql.execution.resolvers import Answering
from app.api.graphql.money import Money
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.readable_answers import refuse_unreadable
from app.api.graphql.shown_in_snapshot import show_in_snapshot
from app.db.snapshot import Snapshot, current_snapshot
from app.kernel import errors as refusals
from app.kernel.errors import DomainError, Path
from app.kernel.tracing import span_within

ErrorCode = refusals.ErrorCode
described_enum(
    ErrorCode,
    "Stable codes of refusals; branch on these, never on messages. Example: `NOT_FOUND`.",
    {
        ErrorCode.VALIDATION: "An argument is malformed or out of range.",
        ErrorCode.ASSET_MISMATCH: "The amount or the product is of another asset than the ledger.",
        ErrorCode.NOT_FOUND: "No such object for this key.",
        ErrorCode.FORBIDDEN: "A scope is missing, or this environment does not allow it.",
        ErrorCode.INVALID_STATE: "The object is in no state for this.",
        ErrorCode.DUPLICATE_REFERENCE: "The reference is taken by an object with other content.",
        ErrorCode.VERSION_CONFLICT: "`ifVersion` is not the object's version any more.",
        ErrorCode.INSUFFICIENT_FUNDS: "The ledger or wallet lacks funds.",
        ErrorCode.IDEMPOTENCY_MISMATCH: "The same idempotency key came with other content.",
        ErrorCode.LIMIT_EXCEEDED: "Too busy or over a quota: try again after the delay.",
        ErrorCode.BATCH_REFUSED: "An atomic batch was refused because of one of its items.",
        ErrorCode.CURSOR_EXPIRED: "The database was restored since this cursor was told: read the feed again.",
    },
)


@strawberry.interface(
    name="Error",
    description="A refusal: nothing happened. `... on Error` also catches members that are added later.",
)
class Error:
    code: ErrorCode = described("What was wrong: `VALIDATION`.")
    message: str = described("What to change, in English: `The holder does not exist.`")
    path: list[str] | None = described('The argument to blame: `["input", "holderId"]`. Null when no single one is.')


@described_type("One bad field of several.")
class FieldError:
    path: list[str] = described('The field to blame: `["input", "address", "country"]`.')
    code: str = described("What was wrong: `VALIDATION`.")
    message: str = described("What to change, in English: `country must have two letters.`")


@described_type("An argument is malformed or out of range: VALIDATION, ASSET_MISMATCH.")
class ValidationError(Error):
    fields: list[FieldError] = described("Every fault found, at least one.")


@described_type("No such object for this key: NOT_FOUND. Another customer's object does not exist either.")
class NotFoundError(Error):
    """`NotFound`."""


@described_type("A scope is missing, or this environment does not allow it: FORBIDDEN.")
class ForbiddenError(Error):
    required_scope: str | None = described(
        "The scope that is missing: `ledgers:write`. Null when the environment forbids it."
    )


@described_type(
    "The object is in no state for this: INVALID_STATE (assigning a ledger that has a holder, closing a "
    "funded one, moving what is frozen), VERSION_CONFLICT, DUPLICATE_REFERENCE."
)
class ConflictError(Error):
    status: str | None = described("The status the object is in: `CLOSED`; or `FROZEN`.")
    existing_id: strawberry.ID | None = described(f"The object in the way: `{EXAMPLE_ID}`.")


@described_type("LIMIT_EXCEEDED: too busy or over a quota; nothing was taken. Retry after the delay.")
class LimitError(Error):
    retry_after_seconds: float = described("How long to wait, in seconds: `0.5`.")


@described_type(
    "IDEMPOTENCY_MISMATCH: the same idempotency key came with other content. "
    "The same key with the same content replays the first answer."
)
class IdempotencyError(Error):
    """`IdempotencyMismatch`."""


@described_type("INSUFFICIENT_FUNDS: what can be spent is less than this would take.")
class InsufficientFundsError(Error):
    lacking_id: strawberry.ID = described(f"The ledger or wallet that lacks funds: `{EXAMPLE_ID}`.")
    available: Money = described("What it can spend: what is posted and not held, and its overdraft limit.")


@described_type("BATCH_REFUSED: an atomic batch was refused, all of it, because of this item.")
class BatchRefusedError(Error):
    index: int = described("Which item, counted from zero: `2`.")
    cause: Error = described("What was wrong with it, as that item alone would have been answered.")


Refusal = ValidationError | NotFoundError | ForbiddenError | ConflictError | IdempotencyError | LimitError
"""How a mutation of one object can be refused."""

RefusalOfMoney = (
    ValidationError
    | NotFoundError
    | ForbiddenError
    | ConflictError
    | InsufficientFundsError
    | IdempotencyError
    | LimitError
)
"""How a mutation that moves or holds money can be refused."""

RefusalOfBatch = ValidationError | ForbiddenError | BatchRefusedError | LimitError
"""How all of a batch can be refused; its items are refused one by one."""

RefusalWithoutKey = ValidationError | NotFoundError | ForbiddenError | LimitError
"""How a mutation that takes no idempotency key can be refused."""

RefusalByState = ValidationError | NotFoundError | ForbiddenError | ConflictError | LimitError
"""The same, where the object may be in no state for it."""


def refusal_of(refusal: DomainError, within: Path) -> Error | None:
    """The refusal as its GraphQL type, or None if it has none. Its path begins with `within`."""
    told: dict[str, Any] = {
        "code": refusal.code,
        "message": refusal.message,
        "path": told_path(refusal.path, within) if refusal.path else None,
    }
    match refusal:
        case refusals.Invalid():
            faults = [
                FieldError(path=_told(fault.path, within), code=fault.code, message=fault.message)
                for fault in refusal.fields
            ]
            return ValidationError(**told, fields=faults)
        case refusals.NotFound():
            return NotFoundError(**told)
        case refusals.Forbidden():
            return ForbiddenError(**told, required_scope=refusal.required_scope)
        case refusals.Conflict():
            existing = None if refusal.existing_id is None else strawberry.ID(refusal.existing_id)
            return ConflictError(**told, status=refusal.status, existing_id=existing)
        case refusals.LimitExceeded():
            return LimitError(**told, retry_after_seconds=refusal.retry_after_seconds)
        case refusals.IdempotencyMismatch():
            return IdempotencyError(**told)
        case refusals.InsufficientFunds():
            available = Money.of(refusal.available)
            return InsufficientFundsError(
                **told, lacking_id=strawberry.ID(str(refusal.lacking_id)), available=available
            )
        case refusals.BatchRefused():
            return BatchRefusedError(**told, index=refusal.index, cause=refusal_of_item(refusal.cause))
    return None


def refusal_of_item(refusal: DomainError) -> Error:
    """The refusal of one item of a batch."""
    told = refusal_of(refusal, INPUT)
    assert told is not None, "an item is refused with a member of its result"
    return told


def _told(path: Path, within: Path) -> list[str]:
    return told_path(path, within) if path else []


class RefusedAtTop(Exception):
    """A refusal outside its field's union: it becomes a top-level error, whose path begins with `within`."""

    def __init__(self, refusal: DomainError, within: Path) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.within = within


class Refusals(Answering):
    """Answers a `DomainError` of the resolver with its type, and makes the field nullable.

    A refusal whose type is no member of the field's union stays an exception: a top-level error with its code.
    """

    refusals = DomainError

    def apply(self, field: StrawberryField) -> None:
        """Make the field nullable, so that an unexpected failure cannot erase the answers of its neighbors."""
        self._field = field
        if not isinstance(field.type, StrawberryOptional):
            field.type = StrawberryOptional(field.type)

    def answer(self, refusal: DomainError) -> Error:
        """The refusal as its type.

        :raises RefusedAtTop: where its type is no member of the field's union.
        """
        answer = refusal_of(refusal, self._within)
        if answer is None or type(answer) not in self._members:
            raise RefusedAtTop(refusal, self._within) from refusal
        return answer

    @cached_property
    def _within(self) -> Path:
        """The start of its refusals' paths: its only argument, unless that argument is itself the field to blame."""
        return INPUT if any(argument.python_name == "input" for argument in self._field.arguments) else ()

    @cached_property
    def _members(self) -> frozenset[Any]:
        """The members of the field's union, cached: refusals can come thousands of times a second."""
        return frozenset(_members(self._field.type))


def _members(declared: Any) -> tuple[Any, ...]:
    while True:
        match declared:
            case StrawberryOptional():
                declared = declared.of_type
            case LazyType():
                declared = declared.resolve_type()
            case StrawberryUnion():
                return declared.types
            case _:
                return ()


Resolver = Callable[..., Awaitable[Any]]


def mutation(description: str) -> Callable[[Resolver], Any]:
    """Like `strawberry.mutation`, for resolvers that let their refusals escape: `@mutation("…")`."""
    declare = strawberry.mutation(description=description, extensions=[Refusals()])

    def make(resolver: Resolver) -> Any:
        return declare(_afresh(resolver))

    return make


def _afresh(resolver: Resolver) -> Resolver:
    """The resolver, wrapped so that nothing read before it is answered after it, not even to a second mutation of the
    same ledger in one request. Its answer is read in its own snapshot, begun after its commit.
    """

    @wraps(resolver)
    async def answer(*source: Any, **arguments: Any) -> Any:
        with span_within(resolver.__name__):
            info = arguments.get("info")
            if info is None:
                return await resolver(*source, **arguments)
            try:
                refuse_unreadable(info)
                info.context.forget()
                snapshot = current_snapshot()
                if snapshot is None:
                    return await resolver(*source, **arguments)
                outcome = await _carried_out_once(info, snapshot, lambda: resolver(*source, **arguments))
                if isinstance(outcome, Exception):
                    raise outcome
            except DomainError:
                info.context.was_refused = True
                raise
            await show_in_snapshot(outcome, info.context)
            return outcome

    return answer


async def _carried_out_once(info: strawberry.Info, snapshot: Snapshot, carry_out: Callable[[], Awaitable[Any]]) -> Any:
    """What the mutation returns or raises. Its answer may be built again; the mutation itself never runs again."""
    outcomes, name = info.context.outcomes, info.path.key
    if name in outcomes:
        await snapshot.end()
        return outcomes[name]
    async with snapshot.suspended():
        try:
            outcomes[name] = await carry_out()
        except Exception as failure:  # noqa: BLE001 - the caller raises it
            outcomes[name] = failure
    return outcomes[name]


def refusal_extensions(refusal: DomainError, within: Path = ()) -> Mapping[str, Any]:
    """The extensions of a refusal's top-level error: code, path and what the client can act on."""
    extensions: dict[str, Any] = {"code": refusal.code.value, "path": _told(refusal.path, within)}
    match refusal:
        case refusals.Forbidden():
            extensions["requiredScope"] = refusal.required_scope
        case refusals.Conflict():
            extensions |= {"status": refusal.status, "existingId": refusal.existing_id}
        case refusals.LimitExceeded():
            extensions["retryAfterSeconds"] = refusal.retry_after_seconds
        case refusals.Invalid():
            extensions["fields"] = [
                {"path": _told(fault.path, within), "code": fault.code, "message": fault.message}
                for fault in refusal.fields
            ]
    return extensions
