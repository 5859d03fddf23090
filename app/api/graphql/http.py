"""GraphQL over HTTP at `/graphql`: POST with a JSON body, or GET for queries; the answer is JSON or a stream of events.

Follows the GraphQL-over-HTTP specification: with `application/graphql-response+json` a request error is a 400, with
`application/json` it is a 200. A GET changes nothing, so that no link can.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import strawberry
from graphql import OperationType
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from app.api.graphql.context import Context
from app.api.graphql.doorkeeper import Authenticate, Doorkeeper, KeysOutOfReach, StillAllowed
from app.api.graphql.execution.documents import RefusedDocument
from app.api.graphql.http_request import (
    BODY_BYTES_MAX,
    BODY_BYTES_WITHOUT_KEY_MAX,
    GRAPHQL_RESPONSE,
    JSON,
    Body,
    Disconnected,
    Refused,
    TooLarge,
    accepted_type,
    accepts_stream,
    read_body,
    read_headers,
    read_parameters,
)
from app.api.graphql.http_response import RawHeader, Response, json_response, preflight_response, shared_headers
from app.api.graphql.masking import INTERNAL, UNAUTHENTICATED, request_error
from app.api.graphql.operations import Answer, Operations, ReadyOperation, refused
from app.api.graphql.requests import (
    PERSISTED_QUERY_NOT_SUPPORTED,
    BadRequest,
    PersistedQueryNotSupported,
    decode_json,
    parse_request,
    request_id_from,
)
from app.api.graphql.sse import EVENT_STREAM, EventStream, event_stream, one_event_stream
from app.api.graphql.websocket import GraphQLSocket
from app.kernel.actor import Actor
from app.kernel.errors import ErrorCode, Unauthenticated
from app.kernel.request_log import CLIENT_WENT_AWAY, Request, request_log
from app.settings import Settings

PATH = "/graphql"
ORIGIN_SHOWN_MAX = 200
PATHS = (PATH, f"{PATH}/")
ASKED_ALL_THE_TIME = ("/healthz", "/readyz", "/metrics")
"""By machines, each few seconds: of no use in the log of requests."""

ALLOWED: tuple[RawHeader, ...] = ((b"allow", b"GET, POST, OPTIONS"),)
ALLOWED_TO_CHANGE: tuple[RawHeader, ...] = ((b"allow", b"POST, OPTIONS"),)
NOT_KEPT: RawHeader = (b"cache-control", b"no-store")

Headers = Mapping[str, str]


def graphql_routes(
    schema: strawberry.Schema, settings: Settings, authenticate: Authenticate, still_allowed: StillAllowed
) -> list[BaseRoute]:
    """The routes of `/graphql`: HTTP and WebSocket share documents, limits and keys."""
    operations = Operations(schema, settings)
    doorkeeper = Doorkeeper(settings, authenticate, still_allowed)
    endpoint = GraphQLEndpoint(operations, doorkeeper, settings)
    socket = GraphQLSocket(operations, doorkeeper, settings)
    return [
        *[Route(path, endpoint=endpoint) for path in PATHS],
        *[WebSocketRoute(path, endpoint=socket) for path in PATHS],
    ]


class GraphQLFirst(Starlette):
    """An application with the routes of GraphQL among others. Requests for it skip what would only look at them:
    middleware and the search for a route took as long as a small operation does.
    """

    def __init__(self, *, routes: Sequence[BaseRoute], **options: Any) -> None:
        super().__init__(routes=routes, **options)
        self.router.redirect_slashes = False  # It names the scheme that it sees: plain http behind a proxy with TLS.
        [self._graphql] = [route.app for route in routes if isinstance(route, Route) and route.path == PATH]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve whatever else the scope is of."""
        if scope["type"] == "http" and scope["path"] in PATHS:
            await self._graphql(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] not in ASKED_ALL_THE_TIME:
            await self._told(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _told(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and write the line of the request."""
        request = Request(scope["method"], scope["path"])
        status = CLIENT_WENT_AWAY

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await super().__call__(scope, receive, note_status)
        finally:
            request_log.tell(request, status)


class GraphQLEndpoint:
    """The ASGI application behind `/graphql`."""

    def __init__(self, operations: Operations, doorkeeper: Doorkeeper, settings: Settings) -> None:
        self._operations = operations
        self._doorkeeper = doorkeeper
        self._settings = settings
        # One at a time of those without a key: between two of them the requests of customers get their turn.
        self._turn_without_key = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every answer carries its request id."""
        headers = read_headers(scope["headers"])
        request_id = request_id_from(headers.get("x-request-id"))
        request = Request(scope["method"], scope["path"], request_id)
        origin = headers.get("origin")
        is_admitted = self._doorkeeper.admits_origin(origin, headers.get("host"))
        try:
            _refuse_unless(is_admitted, origin)
            response = await self._respond(scope, headers, receive, request)
        except Refused as refusal:
            media_type = accepted_type(headers.get("accept", "*/*")) or JSON
            response = json_response(refusal.status, {"errors": [refusal.error]}, media_type)
            response.raw_headers += refusal.headers
        except Disconnected:
            request_log.tell(request, CLIENT_WENT_AWAY)
            return
        if scope["method"] == "GET":
            response.raw_headers.append(NOT_KEPT)
        response.raw_headers += shared_headers(request_id, origin if is_admitted else None)
        try:
            await response(scope, receive, send)
        finally:
            request_log.tell(request, response.status_code)

    async def _respond(
        self, scope: Scope, headers: Headers, receive: Receive, request: Request
    ) -> Response | EventStream:
        method = scope["method"]
        if method == "OPTIONS":
            return preflight_response(self._settings.allowed_request_headers)
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
                await asyncio.sleep(0)  # Without it those that wait would all be answered in one step of the loop.
                return await self._introspect(scope, asked, request, media_type)
        prepared = self._prepare(scope, asked, anonymous=False)
        request.operation = prepared.operation.label if isinstance(prepared, ReadyOperation) else None
        if isinstance(prepared, Answer):
            return (
                one_event_stream(prepared, self._doorkeeper)
                if media_type == EVENT_STREAM
                else _answered(prepared, media_type)
            )
        if method == "GET" and prepared.operation.type is OperationType.MUTATION:
            raise Refused(405, "A mutation must be sent as a POST: nothing was done.", headers=ALLOWED_TO_CHANGE)
        request_id = request.request_id
        context = Context(actor.with_request(request_id) if actor else None, self._settings, request_id)
        if media_type == EVENT_STREAM or (prepared.subscribes and accepts_stream(accept)):
            return event_stream(self._operations, prepared, context, self._doorkeeper, actor)
        if prepared.subscribes:
            raise Refused(400, f"A subscription needs a WebSocket, or `Accept: {EVENT_STREAM}`.")
        return _answered(await self._operations.run(prepared, context), media_type)

    async def _introspect(self, scope: Scope, asked: Body, request: Request, media_type: str) -> Response | EventStream:
        """Answer who has no key: nothing but the schema, and not even what is wrong with the document."""
        prepared = self._prepare(scope, asked, anonymous=True)
        ready = prepared if isinstance(prepared, ReadyOperation) else None
        await self._identify(None, ready)
        request.operation = ready.operation.label if ready else None
        if ready is not None:
            answer = await self._operations.run(ready, Context(None, self._settings, request.request_id))
        else:
            assert isinstance(prepared, Answer)
            answer = prepared
        return (
            one_event_stream(answer, self._doorkeeper) if media_type == EVENT_STREAM else _answered(answer, media_type)
        )

    async def _read(self, scope: Scope, headers: Headers, receive: Receive, *, anonymous: bool) -> Body:
        if scope["method"] == "GET":
            query_string: bytes = scope["query_string"]
            return query_string
        if anonymous:
            return await self._read_little(headers, receive)
        return await read_body(headers, receive, BODY_BYTES_MAX)

    async def _read_little(self, headers: Headers, receive: Receive) -> Body:
        """The body of who has no key: an introspection is short, so a long one is something else."""
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
            error = request_error(str(unknown), PERSISTED_QUERY_NOT_SUPPORTED)
            return Answer({"errors": [error]}, executed=False)
        except BadRequest as fault:
            raise Refused(400, str(fault)) from None
        except RefusedDocument as document:
            return refused(document)

    async def _identify(self, authorization: str | None, ready: ReadyOperation | None) -> Actor | None:
        try:
            return await self._doorkeeper.identify(authorization, ready)
        except Unauthenticated as fault:
            raise Refused(401, fault.message, UNAUTHENTICATED) from None
        except KeysOutOfReach as fault:
            raise Refused(503, str(fault), INTERNAL) from None


def _refuse_unless(is_admitted: bool, origin: str | None) -> None:  # noqa: FBT001 - it is all there is to say
    if not is_admitted:
        message = f"The origin {(origin or '')[:ORIGIN_SHOWN_MAX]} is not allowed: add it to QUAESTOR_ALLOWED_ORIGINS."
        raise Refused(403, message, ErrorCode.FORBIDDEN.value)


def _answered(answer: Answer, media_type: str) -> Response:
    return json_response(200 if answer.executed or media_type == JSON else 400, answer.body, media_type)
