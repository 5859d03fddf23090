"""GraphQL over HTTP at `/graphql`: POST with a JSON body, or GET for queries; the answer is JSON or a stream of events.

Follows the GraphQL-over-HTTP specification: with `application/graphql-response+json` a request error is a 400, with
`application/json` it is a 200. A GET changes nothing, so that no link can.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import strawberry
from graphql import OperationType
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import Receive, Scope, Send

from app.api.application import DoorRoute
from app.api.doorkeeper import Authenticate, KeysOutOfReach, foreign_origin_message
from app.api.graphql.context import Context
from app.api.graphql.doorkeeper import Doorkeeper, StillAllowed
from app.api.graphql.execution.documents import RefusedDocument
from app.api.graphql.http_request import (
    BODY_BYTES_WITHOUT_KEY_MAX,
    GRAPHQL_RESPONSE,
    accepted_type,
    accepts_stream,
    read_parameters,
)
from app.api.graphql.masking import request_error
from app.api.graphql.operations import Answer, Operations, ReadyOperation, refused
from app.api.graphql.requests import PERSISTED_QUERY_NOT_SUPPORTED, PersistedQueryNotSupported, parse_request
from app.api.graphql.sse import EVENT_STREAM, EventStream, event_stream, one_event_stream
from app.api.graphql.websocket import GraphQLSocket
from app.api.http_request import (
    BODY_BYTES_MAX,
    JSON,
    Body,
    Disconnected,
    Headers,
    RawHeader,
    Refused,
    TooLarge,
    read_body,
    read_headers,
)
from app.api.http_response import Response, json_response, preflight_response, shared_headers
from app.api.json_body import BadRequest, decode_json
from app.api.masking import UNAUTHENTICATED, UNAVAILABLE
from app.api.request_counts import Door, request_ended
from app.api.request_ids import request_id_from
from app.api.request_spans import describe_request
from app.kernel.actor import Actor
from app.kernel.errors import ErrorCode, Unauthenticated
from app.kernel.request_log import CLIENT_WENT_AWAY, Request
from app.kernel.tracing import Kind, Span, span_at_door
from app.settings import Settings

PATH = "/graphql"
PATHS = (PATH, f"{PATH}/")

ALLOWED: tuple[RawHeader, ...] = ((b"allow", b"GET, POST, OPTIONS"),)
ALLOWED_TO_CHANGE: tuple[RawHeader, ...] = ((b"allow", b"POST, OPTIONS"),)
NOT_KEPT: RawHeader = (b"cache-control", b"no-store")
_SPAN_NAMES = {method: f"{method} {PATH}" for method in ("GET", "POST", "OPTIONS")}
_OTHER = f"HTTP {PATH}"


def graphql_routes(
    schema: strawberry.Schema, settings: Settings, authenticate: Authenticate, still_allowed: StillAllowed
) -> list[BaseRoute]:
    """The routes of `/graphql`: HTTP and WebSocket share documents, limits and keys."""
    operations = Operations(schema, settings)
    doorkeeper = Doorkeeper(settings, authenticate, still_allowed)
    endpoint = GraphQLEndpoint(operations, doorkeeper, settings)
    socket = GraphQLSocket(operations, doorkeeper, settings)
    return [
        *[DoorRoute(path, endpoint=endpoint) for path in PATHS],
        *[WebSocketRoute(path, endpoint=socket) for path in PATHS],
    ]


class GraphQLEndpoint:
    """The ASGI application behind `/graphql`."""

    def __init__(self, operations: Operations, doorkeeper: Doorkeeper, settings: Settings) -> None:
        self._operations = operations
        self._doorkeeper = doorkeeper
        self._settings = settings
        # Requests without a key run one at a time, so that customers' requests get their turn between them.
        self._turn_without_key = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every answer carries its request id."""
        headers = read_headers(scope["headers"])
        request_id = request_id_from(headers.get("x-request-id"))
        request = Request(scope["method"], scope["path"], request_id)
        origin = headers.get("origin")
        is_admitted = self._doorkeeper.admits_origin(origin, headers.get("host"))
        # Without the sending: a stream may stay open for days.
        with span_at_door(_SPAN_NAMES.get(scope["method"], _OTHER), Kind.SERVER, headers.get("traceparent")) as span:
            request.trace_id = span.trace_id
            response = await self._answer(scope, headers, receive, request, span, is_admitted=is_admitted)
            describe_request(span, request, CLIENT_WENT_AWAY if response is None else response.status_code)
        if response is None:
            request_ended(Door.GRAPHQL, request, CLIENT_WENT_AWAY)
            return
        if scope["method"] == "GET":
            response.raw_headers.append(NOT_KEPT)
        response.raw_headers += shared_headers(request_id, origin if is_admitted else None)
        try:
            await response(scope, receive, send)
        finally:
            request_ended(Door.GRAPHQL, request, response.status_code)

    async def _answer(
        self, scope: Scope, headers: Headers, receive: Receive, request: Request, span: Span, *, is_admitted: bool
    ) -> Response | EventStream | None:
        """What to answer; None if the client has left."""
        try:
            _refuse_unless(is_admitted, headers.get("origin"))
            return await self._respond(scope, headers, receive, request, span)
        except Refused as refusal:
            media_type = accepted_type(headers.get("accept", "*/*")) or JSON
            error = request_error(refusal.message, refusal.code)
            response = json_response(
                refusal.status, {"errors": [error]}, JSON if media_type == EVENT_STREAM else media_type
            )
            response.raw_headers += refusal.headers
            return response
        except Disconnected:
            return None

    async def _respond(
        self, scope: Scope, headers: Headers, receive: Receive, request: Request, span: Span
    ) -> Response | EventStream:
        method = scope["method"]
        if method == "OPTIONS":
            return preflight_response("GET, POST", self._settings.allowed_request_headers)
        if method not in ("POST", "GET"):
            raise Refused(405, "Only GET and POST are answered here.", headers=ALLOWED)
        accept = headers.get("accept", "*/*")
        media_type = accepted_type(accept)
        if media_type is None:
            raise Refused(406, f"Answers are {GRAPHQL_RESPONSE}, {JSON} or {EVENT_STREAM}: accept one of them.")
        authorization = headers.get("authorization")
        anonymous = authorization is None and self._doorkeeper.introspection_is_open
        actor = None if anonymous else await self._identify(authorization, None)
        request.customer_id = actor.customer_id if actor else None
        asked = await self._read(scope, headers, receive, anonymous=anonymous)
        if anonymous:
            async with self._turn_without_key:
                await asyncio.sleep(0)  # Otherwise one step of the loop would answer all that wait.
                return await self._introspect(scope, asked, request, media_type)
        prepared = self._prepare(scope, asked, anonymous=False)
        if isinstance(prepared, Answer):
            return self._answer_at_once(prepared, request, media_type)
        prepared.tell_of(request)
        span.rename(prepared.operation.span_name)
        if method == "GET" and prepared.operation.type is OperationType.MUTATION:
            raise Refused(405, "A mutation must be sent as a POST: nothing was done.", headers=ALLOWED_TO_CHANGE)
        request_id = request.request_id
        asking = actor.with_request(request_id, span.traceparent) if actor else None
        context = Context(asking, self._settings, request_id)
        if media_type == EVENT_STREAM or (prepared.subscribes and accepts_stream(accept)):
            return event_stream(self._operations, prepared, context, self._doorkeeper, actor, request)
        if prepared.subscribes:
            raise Refused(400, f"A subscription needs a WebSocket, or `Accept: {EVENT_STREAM}`.")
        answer = await self._operations.run(prepared, context)
        request.outcome = answer.outcome
        return _answered(answer, media_type)

    def _answer_at_once(self, answer: Answer, request: Request, media_type: str) -> Response | EventStream:
        request.outcome = answer.outcome
        return (
            one_event_stream(answer, self._doorkeeper) if media_type == EVENT_STREAM else _answered(answer, media_type)
        )

    async def _introspect(self, scope: Scope, asked: Body, request: Request, media_type: str) -> Response | EventStream:
        """Answer a caller without a key: nothing but the schema, and not even what is wrong with the document."""
        prepared = self._prepare(scope, asked, anonymous=True)
        ready = prepared if isinstance(prepared, ReadyOperation) else None
        await self._identify(None, ready)
        if ready is not None:
            ready.tell_of(request)
            answer = await self._operations.run(ready, Context(None, self._settings, request.request_id))
        else:
            assert isinstance(prepared, Answer)
            answer = prepared
        return self._answer_at_once(answer, request, media_type)

    async def _read(self, scope: Scope, headers: Headers, receive: Receive, *, anonymous: bool) -> Body:
        if scope["method"] == "GET":
            query_string: bytes = scope["query_string"]
            return query_string
        if anonymous:
            return await self._read_little(headers, receive)
        return await read_body(headers, receive, BODY_BYTES_MAX)

    async def _read_little(self, headers: Headers, receive: Receive) -> Body:
        """The body of a caller without a key. An introspection is short, so a long body is something else."""
        try:
            return await read_body(headers, receive, BODY_BYTES_WITHOUT_KEY_MAX)
        except TooLarge:
            await self._identify(None, None)
            raise

    def _prepare(self, scope: Scope, asked: Body, *, anonymous: bool) -> ReadyOperation | Answer:
        read: Callable[[Any], Any] = read_parameters if scope["method"] == "GET" else decode_json
        try:
            return self._operations.prepare(parse_request(read(asked)), without_key=anonymous)
        except PersistedQueryNotSupported as unknown:
            return Answer.of_errors([request_error(str(unknown), PERSISTED_QUERY_NOT_SUPPORTED)])
        except BadRequest as fault:
            raise Refused(400, str(fault)) from None
        except RefusedDocument as document:
            return refused(document)

    async def _identify(self, authorization: str | None, ready: ReadyOperation | None) -> Actor | None:
        try:
            return await self._doorkeeper.identify_unless_open(authorization, ready)
        except Unauthenticated as fault:
            raise Refused(401, fault.message, UNAUTHENTICATED) from None
        except KeysOutOfReach as fault:
            raise Refused(503, str(fault), UNAVAILABLE) from None


def _refuse_unless(is_admitted: bool, origin: str | None) -> None:  # noqa: FBT001 - it is all there is to say
    if not is_admitted:
        raise Refused(403, foreign_origin_message(origin or ""), ErrorCode.FORBIDDEN.value)


def _answered(answer: Answer, media_type: str) -> Response:
    return json_response(200 if answer.executed or media_type == JSON else 400, answer.body, media_type)
