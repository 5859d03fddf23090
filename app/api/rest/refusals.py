"""Refusals as they are sent: a status, the seeds' word for it, and each fault with its field."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, NotRequired

from pydantic import ValidationError
from typing_extensions import TypedDict

from app.api.http_request import RawHeader
from app.api.masking import BAD_REQUEST, INTERNAL, TIMEOUT, UNAUTHENTICATED, UNAVAILABLE
from app.api.rest.operation import ARRAY, IDEMPOTENCY_KEY_HEADER, OBJECT
from app.kernel import errors
from app.kernel.errors import DomainError, ErrorCode, Path

METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"

STATUSES = {
    ErrorCode.VALIDATION: 422,
    ErrorCode.ASSET_MISMATCH: 422,
    ErrorCode.INSUFFICIENT_FUNDS: 422,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.INVALID_STATE: 409,
    ErrorCode.DUPLICATE_REFERENCE: 409,
    ErrorCode.VERSION_CONFLICT: 409,
    ErrorCode.IDEMPOTENCY_MISMATCH: 409,
    ErrorCode.CURSOR_EXPIRED: 409,
    ErrorCode.LIMIT_EXCEEDED: 429,
}
"""A batch has the status of what refused it."""

WORDS = {ErrorCode.INVALID_STATE.value: "invalid-state-of-entity"}
"""The seed's own word; the others are the codes, in small letters with hyphens."""

_MESSAGES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field: leave it out.",
    "string_type": "This must be text.",
    "bool_type": "This must be true or false.",
    "int_type": "This must be a whole number.",
    "list_type": "This must be a list.",
    "tuple_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
}
FAULTS_MAX = 100
SHAPES = (OBJECT, ARRAY)
_NAMES: Mapping[Path, Path] = {("idempotency_key",): (IDEMPOTENCY_KEY_HEADER,)}


class Fault(TypedDict):
    """One thing that is wrong."""

    code: str
    message: str
    path: list[str]
    status: NotRequired[str]
    existing_id: NotRequired[str]
    required_scope: NotRequired[str]


class Refusal(TypedDict):
    """Why nothing was done."""

    error: str
    errors: list[Fault]


class Told(NamedTuple):
    """A refusal as it is sent."""

    status: int
    body: Refusal
    headers: tuple[RawHeader, ...] = ()


class Misshapen(errors.Invalid):
    """The request does not have the shape that the operation takes. Its paths name the fields as they were sent."""


def misshapen(fault: ValidationError) -> Misshapen:
    """What pydantic found, in our words."""
    faults = [
        errors.FieldFault(_sent_path(one["loc"]), ErrorCode.VALIDATION.value, _message(one))
        for one in fault.errors(include_url=False, include_input=False)[:FAULTS_MAX]
    ]
    return Misshapen(faults[0].message, path=faults[0].path, fields=faults)


def _sent_path(loc: tuple[int | str, ...]) -> Path:
    """Its path in what was sent, without pydantic's names of the shapes that it tried."""
    steps = loc[1:] if loc and loc[0] in SHAPES else loc
    return tuple(str(step) for step in steps)


def _message(one: Any) -> str:
    if one["type"] == "literal_error":
        return f"There is no such value: give one of {one['ctx']['expected']}."
    if one["type"] == "too_long":
        return f"At most {one['ctx']['max_length']:,} items; these are {one['ctx']['actual_length']:,}."
    if one["type"] == "too_short":
        return "The list is empty: give at least one item."
    if one["loc"] == (OBJECT,):
        return "This must be an object, or a list of objects."
    return _MESSAGES.get(one["type"], str(one["msg"]))


def refusal_of(refusal: DomainError, names: Mapping[Path, Path]) -> Told:
    """A refusal of a verb, its fields named as they were sent, by `names`."""
    cause = refusal.cause if isinstance(refusal, errors.BatchRefused) else refusal
    renamed = {} if isinstance(cause, Misshapen) else {**_NAMES, **names}
    faults: list[Fault] = []
    if isinstance(cause, errors.Invalid):
        faults += [_fault(one.code, one.message, _renamed(one.path, renamed)) for one in cause.fields]
    else:
        faults.append(_fault(cause.code.value, cause.message, _renamed(cause.path, renamed)))
        add_details(faults[0], cause)
    headers: tuple[RawHeader, ...] = ()
    if isinstance(cause, errors.LimitExceeded):
        headers = ((b"retry-after", b"%d" % max(1, math.ceil(cause.retry_after_seconds))),)
    code = refusal.code.value
    return Told(STATUSES[cause.code], {"error": word_of(code), "errors": faults}, headers)


def request_refusal(
    status: int, message: str, code: str, *, path: Path = (), headers: tuple[RawHeader, ...] = ()
) -> Told:
    """A refusal of the request as a whole."""
    return Told(status, {"error": word_of(code), "errors": [_fault(code, message, path)]}, headers)


def word_of(code: str) -> str:
    """The seeds' word for a code: `VALIDATION` is `validation`."""
    return WORDS.get(code, code.lower().replace("_", "-"))


def _fault(code: str, message: str, path: Path) -> Fault:
    return {"code": code, "message": message, "path": list(path)}


def add_details(fault: Fault, cause: DomainError) -> None:
    """Add what a refusal knows beside its message: the object that is in the way, its status, a scope."""
    match cause:
        case errors.Conflict():
            if cause.status is not None:
                fault["status"] = cause.status
            if cause.existing_id is not None:
                fault["existing_id"] = cause.existing_id
        case errors.Forbidden() if cause.required_scope is not None:
            fault["required_scope"] = cause.required_scope


def _renamed(path: Path, names: Mapping[Path, Path]) -> Path:
    """The path with its longest beginning that has another name replaced by that name. `*` stands for an index, which
    stays.
    """
    for length in range(len(path), 0, -1):
        indexes = [step for step in path[:length] if step.isdecimal()]
        name = names.get(tuple("*" if step.isdecimal() else step for step in path[:length]))
        if name is not None:
            kept = iter(indexes)
            return (*(next(kept) if step == "*" else step for step in name), *path[length:])
    return path


CODES = tuple(
    sorted(
        {
            *(code.value for code in ErrorCode),
            BAD_REQUEST,
            UNAUTHENTICATED,
            INTERNAL,
            TIMEOUT,
            UNAVAILABLE,
            METHOD_NOT_ALLOWED,
        }
    )
)
"""Every code of a fault."""
