"""GraphQL over HTTP at `/graphql`: POST with a JSON body, answered as JSON or as a stream of events.

Follows the GraphQL-over-HTTP specification: with `application/graphql-response+json` a request error is a 400, with
`application/json` it is a 200. There is no GET, so that no link can ask anything.
"""

import asyncio
from typing import Any

import strawberry
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from app.api.graphql.context import Context
from app.api.graphql.doorkeeper import Authenticate, Doorkeeper, StillAllowed
from app.api.graphql.encoding import encode_json
from app.api.graphql.execution.documents import RefusedDocument
from app.api.graphql.execution.operations import Answer, Operations, ReadyOperation, refused
from app.api.graphql.masking import BAD_REQUEST, UNAUTHENTICATED, request_error
from app.api.graphql.requests import BadRequest, decode_json, parse_request, request_id_from
from app.api.graphql.sse import EVENT_STREAM, event_stream
from app.api.graphql.websocket import GraphQLSocket
from app.kernel.actor import Actor
from app.kernel.errors import ErrorCode, Unauthenticated
from app.settings import Settings

BODY_BYTES_MAX = 1_000_000
BODY_TIMEOUT_SECONDS = 30.0
PREFLIGHT_SECONDS = 600

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"


class Refused(Exception):
    """The request ends here, with this status and one error."""

    def __init__(self, status: int, message: str, code: str = BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status
        self.error = request_error(message, code)


def graphql_routes(
    schema: strawberry.Schema, settings: Settings, authenticate: Authenticate, still_allowed: StillAllowed
) -> list[BaseRoute]:
    """The routes of `/graphql`: HTTP and WebSocket share documents, limits and keys."""
    operations = Operations(schema, settings)
    doorkeeper = Doorkeeper(settings, authenticate, still_allowed)
    return [
        Route("/graphql", endpoint=GraphQLEndpoint(operations, doorkeeper, settings)),
        WebSocketRoute("/graphql", endpoint=GraphQLSocket(operations, doorkeeper, settings)),
    ]


class GraphQLEndpoint:
    """The ASGI application behind `/graphql`."""

    def __init__(self, operations: Operations, doorkeeper: Doorkeeper, settings: Settings) -> None:
        self._operations = operations
        self._doorkeeper = doorkeeper
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every answer carries its request id."""
        request = Request(scope, receive)
        request_id = request_id_from(request.headers.get("x-request-id"))
        try:
            response = await self._respond(request, request_id)
        except Refused as refusal:
            response = _json(refusal.status, {"errors": [refusal.error]}, _media_type(request) or JSON)
            if refusal.status == 405:  # noqa: PLR2004
                response.headers["Allow"] = "POST, OPTIONS"
            if refusal.status == 401:  # noqa: PLR2004
                response.headers["WWW-Authenticate"] = "API-Key"
        except ClientDisconnect:
            return
        response.headers["X-Request-Id"] = request_id
        self._share(request, response)
        await response(scope, receive, send)

    async def _respond(self, request: Request, request_id: str) -> Response:
        if not self._doorkeeper.admits_origin(request.headers):
            raise Refused(403, "This origin is not allowed: see QUAESTOR_ALLOWED_ORIGINS.", ErrorCode.FORBIDDEN.value)
        if request.method == "OPTIONS":
            return _preflight()
        if request.method != "POST":
            raise Refused(405, "Only POST is answered here.")
        media_type = _media_type(request)
        if media_type is None:
            raise Refused(406, f"Answers are {GRAPHQL_RESPONSE}, {JSON} or {EVENT_STREAM}: accept one of them.")
        authorization = request.headers.get("authorization")
        anonymous = authorization is None and self._doorkeeper.introspection_is_open
        actor = None if anonymous else await self._identify(authorization, None)
        prepared = self._prepare(await _read(request))
        ready = prepared if isinstance(prepared, ReadyOperation) else None
        if anonymous:  # Who has no key learns nothing but the schema, not even what is wrong with the document.
            actor = await self._identify(None, ready)
        if isinstance(prepared, Answer):
            return _answered(prepared, media_type)
        if media_type == EVENT_STREAM:
            return event_stream(self._operations, prepared, self._context(actor, request_id), self._doorkeeper, actor)
        if prepared.subscribes:
            raise Refused(400, f"A subscription needs a WebSocket, or `Accept: {EVENT_STREAM}`.")
        return _answered(await self._operations.run(prepared, self._context(actor, request_id)), media_type)

    def _context(self, actor: Actor | None, request_id: str) -> Context:
        return Context(actor.with_request(request_id) if actor else None, self._settings, request_id)

    def _prepare(self, body: bytes) -> ReadyOperation | Answer:
        try:
            return self._operations.prepare(parse_request(decode_json(body)))
        except BadRequest as fault:
            raise Refused(400, str(fault)) from None
        except RefusedDocument as document:
            return refused(document)

    async def _identify(self, authorization: str | None, ready: ReadyOperation | None) -> Actor | None:
        try:
            return await self._doorkeeper.identify(authorization, ready)
        except Unauthenticated as fault:
            raise Refused(401, fault.message, UNAUTHENTICATED) from None

    def _share(self, request: Request, response: Response) -> None:
        """Let a page of an allowed origin read the answer."""
        response.headers["Vary"] = "Origin, Accept"
        origin = request.headers.get("origin")
        if origin is not None and self._doorkeeper.admits_origin(request.headers):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "X-Request-Id"


async def _read(request: Request) -> bytes:
    """The body, refused as soon as it is too large, whatever its Content-Length says.

    :raises Refused: when it is no JSON by its type, too large, or slow.
    """
    content_type, _, parameters = request.headers.get("content-type", "").partition(";")
    if content_type.strip().lower() != JSON:
        raise Refused(415, f"The body must be sent as `Content-Type: {JSON}`.")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise Refused(415, "The body must be UTF-8.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    raise Refused(413, f"The body is larger than {BODY_BYTES_MAX:,} bytes.")
    except TimeoutError:
        raise Refused(408, f"The body took longer than {BODY_TIMEOUT_SECONDS:g} seconds.") from None
    return bytes(body)


def _media_type(request: Request) -> str | None:
    """What to answer with: the best of ours that is accepted, or None. Who accepts anything gets plain JSON."""
    accepted = request.headers.get("accept", "*/*")
    ranked: list[tuple[float, int, str]] = []
    for position, entry in enumerate(accepted.lower().split(",")):
        name, *parameters = (part.strip() for part in entry.split(";"))
        quality = _quality(parameters)
        offered = JSON if name in ("*/*", "application/*") else name
        if quality > 0 and offered in (JSON, GRAPHQL_RESPONSE, EVENT_STREAM):
            ranked.append((-quality, position, offered))
    return min(ranked)[2] if ranked else None


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _answered(answer: Answer, media_type: str) -> Response:
    return _json(200 if answer.executed or media_type == JSON else 400, answer.body, media_type)


def _json(status: int, body: dict[str, Any], media_type: str) -> Response:
    if media_type == EVENT_STREAM:
        media_type = JSON
    return Response(encode_json(body), status, media_type=f"{media_type}; charset=utf-8")


def _preflight() -> Response:
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "authorization, content-type, accept, x-request-id",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
