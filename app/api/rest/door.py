"""The ASGI application behind the REST paths: reads a request, calls its operation, and encodes the result."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pydantic import TypeAdapter, ValidationError
from starlette.types import Receive, Scope, Send

from app.api.application import DoorRoute
from app.api.deadlines import Deadlines
from app.api.doorkeeper import Authenticate, Doorkeeper, KeysOutOfReach, foreign_origin_message
from app.api.http_request import BODY_BYTES_MAX, JSON, Disconnected, Headers, Refused, read_body, read_headers
from app.api.http_response import Response, StreamedResponse, json_response, preflight_response, shared_headers
from app.api.json_body import BadRequest, decode_exact
from app.api.masking import (
    BAD_REQUEST,
    INTERNAL,
    INTERNAL_MESSAGE,
    TIMEOUT,
    UNAUTHENTICATED,
    UNAVAILABLE,
    log_failure,
    log_not_written,
    timed_out_message,
)
from app.api.request_counts import Door, request_ended
from app.api.request_ids import request_id_from
from app.api.request_spans import describe_request
from app.api.rest.operation import IDEMPOTENCY_KEY_HEADER, Answer, Asked, Download, Operation
from app.api.rest.paths import Paths
from app.api.rest.refusals import METHOD_NOT_ALLOWED, Told, misshapen, refusal_of, request_refusal
from app.db.away import BUSY, DATABASE_UNUSABLE
from app.db.not_written import NotWritten
from app.kernel.checks import refuse
from app.kernel.errors import DomainError, ErrorCode, Invalid, Unauthenticated
from app.kernel.request_log import CLIENT_WENT_AWAY, Request
from app.kernel.tracing import Kind, Span, span_at_door, span_within
from app.partners.catalog import Catalog
from app.settings import Settings

logger = logging.getLogger("quaestor.rest")

BEGINNINGS = ("/v1/", "/api/v1/")
OPERATION_TIMEOUT_SECONDS = 60.0  # `/wait` may take 50 seconds of them.
PARAMETERS_MAX = 100
AWAY_MESSAGE = "The database cannot be reached now. "
BUSY_MESSAGE = "Other requests are in the way now. "
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
KEY_HEADER = IDEMPOTENCY_KEY_HEADER.lower().encode("ascii")


def rest_routes(
    operations: Sequence[Operation], settings: Settings, catalog: Catalog, authenticate: Authenticate
) -> list[DoorRoute]:
    """The routes of the REST door."""
    door = RestDoor(operations, settings, catalog, Doorkeeper(settings, authenticate))
    return [DoorRoute(f"{beginning}{{rest:path}}", endpoint=door) for beginning in BEGINNINGS]


class RestDoor:
    """Answers every request below the REST paths."""

    def __init__(
        self, operations: Sequence[Operation], settings: Settings, catalog: Catalog, doorkeeper: Doorkeeper
    ) -> None:
        self._paths = Paths(operations)
        self._bodies = {one.name: TypeAdapter(one.body) for one in operations if one.body is not None}
        self._settings = settings
        self._catalog = catalog
        self._doorkeeper = doorkeeper
        self._deadlines = Deadlines(OPERATION_TIMEOUT_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every answer carries its request id."""
        headers = read_headers(scope["headers"])
        request_id = request_id_from(headers.get("x-request-id"))
        request = Request(scope["method"], scope["path"], request_id)
        origin = headers.get("origin")
        is_admitted = self._doorkeeper.admits_origin(origin, headers.get("host"))
        method = scope["method"] if scope["method"] in METHODS else "HTTP"
        with span_at_door(method, Kind.SERVER, headers.get("traceparent")) as span:
            request.trace_id = span.trace_id
            try:
                response = await self._respond(scope, headers, receive, request, span, is_admitted=is_admitted)
            except Disconnected:
                describe_request(span, request, CLIENT_WENT_AWAY)
                request_ended(Door.REST, request, CLIENT_WENT_AWAY)
                return
            describe_request(span, request, response.status_code)
            response.raw_headers += shared_headers(request_id, origin if is_admitted else None)
            response.raw_headers.append((b"cache-control", b"no-store"))
            try:
                await response(scope, receive, send)
            finally:
                request_ended(Door.REST, request, response.status_code)

    async def _respond(
        self, scope: Scope, headers: Headers, receive: Receive, request: Request, span: Span, *, is_admitted: bool
    ) -> Response | StreamedResponse:
        if not is_admitted:
            message = foreign_origin_message(headers["origin"])
            return _refused(request_refusal(403, message, ErrorCode.FORBIDDEN.value))
        found = self._paths.find(_sent_path(scope))
        methods = () if found is None else _methods(found.operations)
        if scope["method"] == "OPTIONS" and found is not None:
            return preflight_response(
                ", ".join(methods), (IDEMPOTENCY_KEY_HEADER.lower(), *self._settings.allowed_request_headers)
            )
        try:
            actor = await self._doorkeeper.identify(headers.get("authorization"))
        except Unauthenticated as fault:
            return _refused(request_refusal(401, fault.message, UNAUTHENTICATED))
        except KeysOutOfReach as fault:
            return _refused(request_refusal(503, str(fault), UNAVAILABLE))
        request.customer_id = actor.customer_id
        if found is None:
            return _refused(request_refusal(404, _no_such_path(scope["path"]), ErrorCode.NOT_FOUND.value))
        operation = found.operations.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if operation is None:
            allowed = ", ".join(methods)
            message = f"{scope['method'][:20]} is not answered here; these are: {allowed}."
            return _refused(
                request_refusal(405, message, METHOD_NOT_ALLOWED, headers=((b"allow", allowed.encode("ascii")),))
            )
        request.operation = operation.name
        span.rename(f"{operation.method} {operation.path}")
        if _has_two_keys(scope):
            message = f"The header `{IDEMPOTENCY_KEY_HEADER}` is there twice with different values: give it once."
            return _refused(request_refusal(400, message, BAD_REQUEST))
        asked = Asked(
            actor.with_request(request.request_id, span.traceparent),
            self._settings,
            self._catalog,
            found.names,
            _idempotency_key(headers),
            scope["path"],
            headers.get("accept"),
        )
        return await self._carry_out(operation, asked, scope, headers, receive)

    async def _carry_out(
        self, operation: Operation, asked: Asked, scope: Scope, headers: Headers, receive: Receive
    ) -> Response | StreamedResponse:
        try:
            given = await self._given(operation, scope, headers, receive)
            _refuse_without_key(operation, asked)
            with self._deadlines.start(), span_within(operation.name):
                answer = await operation.call(asked, *given)
        except DomainError as refusal:
            return _refused(refusal_of(refusal, operation.names))
        except Refused as refusal:
            return _refused(request_refusal(refusal.status, refusal.message, refusal.code, headers=refusal.headers))
        except Disconnected:
            raise
        except TimeoutError:
            message = timed_out_message(OPERATION_TIMEOUT_SECONDS)
            return _refused(request_refusal(503, message, TIMEOUT))
        except Exception as error:  # noqa: BLE001 - the edge: logged with the request id and masked
            return _refused(_failure(operation, error, asked.actor.request_id or ""))
        if isinstance(answer, Download):
            return StreamedResponse(answer.pieces, answer.media_type, answer.file_name, answer.headers)
        return self._answered(operation, asked, scope, answer)

    async def _given(self, operation: Operation, scope: Scope, headers: Headers, receive: Receive) -> Sequence[Any]:
        """The operation's body and parameters, if it has any, with their shape checked."""
        parameters = _read_parameters(scope["query_string"])
        if operation.parameters is None and parameters:
            raise Invalid("There are no parameters here: leave them out.", path=(next(iter(parameters)),))
        try:
            given = [] if operation.parameters is None else [operation.parameters.model_validate(parameters)]
            if operation.body is not None:
                given.append(await self._body(operation, headers, receive))
        except ValidationError as fault:
            raise misshapen(fault) from None
        return given

    async def _body(self, operation: Operation, headers: Headers, receive: Receive) -> Any:
        has_type = "content-type" in headers
        body = await read_body(headers if has_type else {**headers, "content-type": JSON}, receive, BODY_BYTES_MAX)
        if not body:
            if operation.needs_body:
                raise Refused(400, "The body is empty: send JSON.")
            return self._bodies[operation.name].validate_python({})
        if not has_type:
            raise Refused(415, f"The body must be sent as `Content-Type: {JSON}`.")
        try:
            return self._bodies[operation.name].validate_python(decode_exact(body))
        except BadRequest as fault:
            raise Refused(400, str(fault)) from None

    def _answered(self, operation: Operation, asked: Asked, scope: Scope, answer: Answer) -> Response:
        response = json_response(operation.status, answer.body, JSON)
        if answer.replayed:
            response.raw_headers.append((b"idempotent-replayed", b"true"))
        if answer.next_page is not None:
            parameters = {**_read_parameters(scope["query_string"]), **answer.next_page}
            link = f'<{asked.path}?{urlencode(parameters)}>; rel="next"'
            response.raw_headers.append((b"link", link.encode("ascii")))
        return response


def _sent_path(scope: Scope) -> str:
    """The path as it was sent: a slash within a name is written %2F."""
    raw: bytes | None = scope.get("raw_path")
    path: str = scope["path"]
    return path if raw is None or b"%" not in raw else raw.decode("latin-1")


def _refuse_without_key(operation: Operation, asked: Asked) -> None:
    if operation.needs_key and asked.idempotency_key is None:
        message = f"What moves money needs the header `{IDEMPOTENCY_KEY_HEADER}`: text of your choice, at most "
        refuse(message + "255 characters, and the same when the request is sent again.", ("idempotency_key",))


def _methods(operations: Mapping[str, Operation]) -> tuple[str, ...]:
    also_head = ("HEAD",) if "GET" in operations else ()
    return (*operations, *also_head, "OPTIONS")


def _no_such_path(path: str) -> str:
    return f"There is no path {path[:200]!r}: the document at /openapi.json has them all."


def _idempotency_key(headers: Headers) -> str | None:
    """The key as text: in practice, clients send a header's bytes as UTF-8."""
    sent = headers.get(IDEMPOTENCY_KEY_HEADER.lower())
    if sent is None or sent.isascii():
        return sent
    try:
        return sent.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return sent


def _has_two_keys(scope: Scope) -> bool:
    return len({value for name, value in scope["headers"] if name == KEY_HEADER}) > 1


def _read_parameters(query_string: bytes) -> dict[str, str]:
    if not query_string:
        return {}
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS_MAX)
    except ValueError:
        message = f"The address must hold at most {PARAMETERS_MAX} parameters, percent-encoded UTF-8."
        raise Refused(400, message) from None
    read = dict(pairs)
    if len(read) < len(pairs):
        raise Refused(400, "A parameter stands in the address twice: leave one of them out.")
    if any("\x00" in text for pair in pairs for text in pair):
        raise Refused(400, "The address has a NUL character (%00): text may not hold one.")
    return read


def _failure(operation: Operation, error: Exception, request_id: str) -> Told:
    """The answer to a failure that is not the caller's mistake: masked, and logged."""
    what = f"REST operation failed: {operation.name}"
    if isinstance(error, NotWritten):
        log_not_written(what, error, request_id)
        return request_refusal(503, str(error), UNAVAILABLE)
    is_away = isinstance(error, DATABASE_UNUSABLE)
    if is_away:
        logger.warning("%s: %s (request %s)", type(error).__name__, error, request_id)
        what_is_wrong = BUSY_MESSAGE if isinstance(error, BUSY) else AWAY_MESSAGE
        message = what_is_wrong + ("Ask again." if operation.method == "GET" else INTERNAL_MESSAGE)
        return request_refusal(503, message, INTERNAL)
    log_failure(what, error, request_id)
    return request_refusal(500, INTERNAL_MESSAGE, INTERNAL)


def _refused(told: Told) -> Response:
    response = json_response(told.status, told.body, JSON)
    response.raw_headers += told.headers
    return response
