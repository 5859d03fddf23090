"""Top-level errors as clients see them: the caller's mistakes in full, ours masked and logged with the request id."""

from typing import Any

from graphql import FieldNode, GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from app.api.graphql.errors import RefusedAtTop, refusal_extensions
from app.api.masking import (
    BAD_REQUEST,
    INTERNAL,
    INTERNAL_MESSAGE,
    TIMEOUT,
    UNAUTHENTICATED,
    UNAVAILABLE,
    log_failure,
    log_not_written,
)
from app.db.not_written import NotWritten
from app.kernel.errors import DomainError, Unauthenticated


def request_error(message: str, code: str = BAD_REQUEST) -> dict[str, Any]:
    """An error of the request as a whole."""
    return {"message": message, "extensions": {"code": code}}


def format_request_error(error: GraphQLError) -> dict[str, Any]:
    """An error found before execution began: syntax, validation, limits, variables."""
    return _located(error, error.message, {**(error.extensions or {}), "code": BAD_REQUEST})


def format_error(error: Exception, request_id: str) -> dict[str, Any]:
    """An error of execution. Anything but the caller's mistake or a refusal is logged and masked."""
    located = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
    cause = _cause(located)
    match cause:
        case RefusedAtTop():
            return _located(located, cause.refusal.message, dict(refusal_extensions(cause.refusal, cause.within)))
        case DomainError():
            return _located(located, cause.message, dict(refusal_extensions(cause)))
        case Unauthenticated():
            return _located(located, cause.message, {"code": UNAUTHENTICATED})
        case StrawberryInputCoercionError():
            return _located(located, str(cause), {"code": BAD_REQUEST})
        case TimeoutError():
            return _located(located, "This took too long.", {"code": TIMEOUT, "requestId": request_id})
        case None if _blames_argument(located):
            return _located(located, located.message, {"code": BAD_REQUEST})
    what = f"graphql field failed: {'.'.join(map(str, located.path or ())) or '-'}"
    if isinstance(cause, NotWritten):
        log_not_written(what, cause, request_id)
        return _located(located, str(cause), {"code": UNAVAILABLE, "requestId": request_id})
    log_failure(what, cause or located, request_id)
    return _located(located, INTERNAL_MESSAGE, {"code": INTERNAL, "requestId": request_id})


def _cause(error: GraphQLError) -> Exception | None:
    cause: Exception | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return None if type(cause) is GraphQLError else cause


def _blames_argument(error: GraphQLError) -> bool:
    """Whether an argument or a variable is to blame. An error about a value of ours that cannot be encoded points at
    its field.
    """
    return any(not isinstance(node, FieldNode) for node in error.nodes or ())


def _located(error: GraphQLError, message: str, extensions: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"message": message}
    if error.locations:
        told["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        told["path"] = list(error.path)
    told["extensions"] = extensions
    return told
