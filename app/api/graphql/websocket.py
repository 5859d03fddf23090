"""Subscriptions over WebSocket: the `graphql-transport-ws` subprotocol, text frames, keys in `connection_init`.

The legacy `graphql-ws` subprotocol is refused.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, NamedTuple

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.api.doorkeeper import KeysOutOfReach
from app.api.encoding import encode_json
from app.api.graphql.context import Context
from app.api.graphql.doorkeeper import Doorkeeper
from app.api.graphql.execution.documents import RefusedDocument
from app.api.graphql.masking import format_error, request_error
from app.api.graphql.open_streams import KEY_ENDED, TooManyStreams
from app.api.graphql.operations import Answer, Operations, ReadyOperation, refused
from app.api.graphql.requests import (
    PERSISTED_QUERY_NOT_SUPPORTED,
    GraphQLRequest,
    PersistedQueryNotSupported,
    parse_request,
)
from app.api.json_body import BadRequest, decode_json
from app.api.masking import BAD_REQUEST
from app.api.request_counts import Door, Outcome, outcome_of_errors, request_ended
from app.api.request_ids import request_id_from
from app.api.request_spans import describe_request
from app.api.server.connections import counted_address
from app.api.server.limits import ALLOW_LARGE_MESSAGES, TOO_MANY_PINGS
from app.api.server.ping_allowance import PingAllowance
from app.api.server.refusals import Refusal, refusals
from app.kernel.actor import Actor
from app.kernel.errors import ErrorCode, Unauthenticated
from app.kernel.request_log import Request
from app.kernel.tracing import Kind, span_at_door
from app.settings import Settings

SUBPROTOCOL = "graphql-transport-ws"
INIT_TIMEOUT_SECONDS = 10.0
OPERATIONS_PER_SOCKET_MAX = 100
MESSAGE_CHARACTERS_MAX = 1_000_000
REASON_BYTES_MAX = 123  # What a close frame can hold.

POLICY_VIOLATION = 1008
MESSAGE_TOO_BIG = 1009
TRY_AGAIN_LATER = 1013  # One of the few codes after which clients of graphql-ws connect again.
BAD_MESSAGE = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
NO_SUCH_SUBPROTOCOL = 4406
INIT_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY_INITS = 4429


class _Closing(Exception):
    """The socket ends here, with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Message(NamedTuple):
    """One message of the client: its type, its members, and the fault if our JSON does not accept its content."""

    type: str
    members: dict[str, Any]
    fault: BadRequest | None


class GraphQLSocket:
    """The ASGI application behind the WebSocket at `/graphql`."""

    def __init__(self, operations: Operations, doorkeeper: Doorkeeper, settings: Settings) -> None:
        self._operations = operations
        self._doorkeeper = doorkeeper
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it closes."""
        socket = WebSocket(scope, receive, send)
        if not self._doorkeeper.admits_origin(socket.headers.get("origin"), socket.headers.get("host")):
            await socket.close(FORBIDDEN)  # Before it was accepted: the browser sees a 403.
            return
        if SUBPROTOCOL not in scope["subprotocols"]:
            await socket.accept()
            await socket.close(NO_SUCH_SUBPROTOCOL, "Subprotocol not acceptable")
            return
        await socket.accept(SUBPROTOCOL)
        await _Connection(socket, self._operations, self._doorkeeper, self._settings).serve()


class _Connection:
    """One accepted socket: its actor and its running operations."""

    def __init__(self, socket: WebSocket, operations: Operations, doorkeeper: Doorkeeper, settings: Settings) -> None:
        self._socket = socket
        self._operations = operations
        self._doorkeeper = doorkeeper
        self._settings = settings
        self._init_received = False
        self._actor: Actor | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._watches: list[asyncio.Task[None]] = []
        self._pings = PingAllowance()

    async def serve(self) -> None:
        self._watches.append(asyncio.create_task(self._end_silence()))
        try:
            while True:
                await self._handle(await self._receive())
        except _Closing as closing:
            await self._close(closing.code, closing.reason)
        except WebSocketDisconnect:
            pass
        finally:
            tasks = [*self._watches, *self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _end_silence(self) -> None:
        """End a socket that does not say who it is."""
        await asyncio.sleep(INIT_TIMEOUT_SECONDS)
        if not self._init_received:
            await self._close(INIT_TIMEOUT, "Connection initialisation timeout")

    async def _end_revoked(self) -> None:
        """End a socket whose key was revoked or has expired."""
        with self._doorkeeper.key_watches.watch(self._actor) as ended:
            await ended.wait()
        await self._close(FORBIDDEN, KEY_ENDED)

    async def _receive(self) -> _Message:
        frame = await self._socket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        text = frame.get("text")
        if text is None:
            raise _Closing(BAD_MESSAGE, "Messages must be text frames.")
        if len(text) > MESSAGE_CHARACTERS_MAX:
            raise _Closing(MESSAGE_TOO_BIG, f"The message is longer than {MESSAGE_CHARACTERS_MAX:,} characters.")
        return _read(text)

    async def _handle(self, message: _Message) -> None:
        match message.type:
            case "connection_init":
                await self._init(message.members.get("payload"))
            case "ping":
                self._allow_ping()
                # The client chooses the payload. One that our JSON does not accept is not sent back.
                has_payload = "payload" in message.members and message.fault is None
                await self._send({"type": "pong", **({"payload": message.members["payload"]} if has_payload else {})})
            case "pong":
                self._allow_ping()
            case "subscribe":
                await self._subscribe(message)
            case "complete":
                running = self._running.pop(_identifier(message.members), None)
                if running is None:
                    self._allow_ping()  # A pong does no work either.
                else:
                    running.cancel()
            case unknown:
                raise _Closing(BAD_MESSAGE, f"There is no message of type {_printable(unknown[:40])}.")

    def _allow_ping(self) -> None:
        """Allow one more message that asks for nothing, or end the socket."""
        if not self._pings.take(asyncio.get_running_loop().time()):
            client = self._socket.client
            refusals.note(Refusal.TOO_MANY_PINGS, counted_address(client.host) if client else "")
            raise _Closing(POLICY_VIOLATION, TOO_MANY_PINGS)

    async def _init(self, payload: Any) -> None:
        if self._init_received:
            raise _Closing(TOO_MANY_INITS, "Too many initialisation requests")
        self._init_received = True
        # Programs may send the key with the upgrade; a key in `connection_init` takes precedence.
        authorization = _authorization(payload) or self._socket.headers.get("authorization")
        try:
            self._actor = await self._doorkeeper.identify(_printable(authorization or "") or None)
        except Unauthenticated as fault:
            raise _Closing(FORBIDDEN, fault.message) from None
        except KeysOutOfReach as fault:
            raise _Closing(TRY_AGAIN_LATER, str(fault)) from None
        allow_large_messages = self._socket.scope.get("extensions", {}).get(ALLOW_LARGE_MESSAGES)
        if allow_large_messages is not None:
            allow_large_messages()
        self._watches.append(asyncio.create_task(self._end_revoked()))
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, message: _Message) -> None:
        if self._actor is None:
            raise _Closing(UNAUTHORIZED, "Unauthorized")
        identifier = _identifier(message.members)
        if identifier in self._running:
            raise _Closing(SUBSCRIBER_EXISTS, f"Subscriber for {identifier} already exists")
        payload = message.members.get("payload")
        try:
            request = parse_request(payload)
            if message.fault is not None:
                raise message.fault
        except PersistedQueryNotSupported as unknown:  # The client then sends the query, over the same socket.
            await self._send_errors(identifier, [request_error(str(unknown), PERSISTED_QUERY_NOT_SUPPORTED)])
            return
        except BadRequest as fault:
            if not _has_form(payload):
                raise _Closing(BAD_MESSAGE, str(fault)) from None
            await self._send_errors(identifier, [request_error(str(fault), BAD_REQUEST)])
            return
        if len(self._running) >= OPERATIONS_PER_SOCKET_MAX:
            told = f"One socket runs at most {OPERATIONS_PER_SOCKET_MAX} operations at a time."
            await self._send_errors(identifier, [request_error(told, ErrorCode.LIMIT_EXCEEDED.value)])
            return
        task = asyncio.create_task(self._run(identifier, request, self._actor))
        self._running[identifier] = task

    async def _run(self, identifier: str, request: GraphQLRequest, actor: Actor) -> None:
        request_id = request_id_from(None)
        told = Request("WEBSOCKET", self._socket.scope["path"], request_id)
        told.customer_id = actor.customer_id
        try:
            await self._answer(identifier, request, actor, told)
        except (WebSocketDisconnect, RuntimeError) as error:
            # Starlette raises this when the socket closed while we were answering: no client is left.
            told.outcome = Outcome.GONE
            if self._socket.application_state.name == "CONNECTED" and isinstance(error, RuntimeError):
                told.outcome = Outcome.FAILED
                await self._send_errors(identifier, [format_error(error, request_id)])
        except Exception as error:  # noqa: BLE001  # the edge: logged with the request id and masked
            errors = [format_error(error, request_id)]
            told.outcome = outcome_of_errors(errors)
            await self._send_errors(identifier, errors)
        finally:
            request_ended(Door.WEBSOCKET, told, 200)
            if self._running.get(identifier) is asyncio.current_task():
                del self._running[identifier]

    async def _answer(self, identifier: str, request: GraphQLRequest, actor: Actor, told: Request) -> None:
        try:
            ready = self._operations.prepare(request)
        except RefusedDocument as document:
            await self._send_answer(identifier, refused(document), told)
            return
        ready.tell_of(told)
        if ready.subscribes:
            context = Context(actor.with_request(told.request_id), self._settings, told.request_id)
            if not await self._stream(identifier, ready, context, told):
                return
        else:
            told.outcome = Outcome.GONE  # Unless there is an answer.
            if not await self._send_answer(identifier, await self._run_once(ready, actor, told), told):
                return
        # Free for the next subscriber before the client hears of it.
        self._running.pop(identifier, None)
        await self._send({"id": identifier, "type": "complete"})

    async def _run_once(self, ready: ReadyOperation, actor: Actor, told: Request) -> Answer:
        """Run a query or a mutation. Each is a trace of its own, as a request over HTTP is."""
        with span_at_door(ready.operation.span_name, Kind.SERVER, None) as span:
            told.trace_id = span.trace_id
            asking = actor.with_request(told.request_id, span.traceparent)
            describe_request(span, told)
            return await self._operations.run(ready, Context(asking, self._settings, told.request_id))

    async def _stream(self, identifier: str, ready: ReadyOperation, context: Context, told: Request) -> bool:
        """Send every answer of a subscription; returns whether it ended without a refusal."""
        try:
            with self._doorkeeper.open_streams.one_more(self._actor):
                async with aclosing(self._operations.stream(ready, context)) as answers:
                    async for answer in answers:
                        if not await self._send_answer(identifier, answer, told):
                            return False
        except TooManyStreams as refusal:
            errors = [request_error(str(refusal), ErrorCode.LIMIT_EXCEEDED.value)]
            return await self._send_answer(identifier, Answer.of_errors(errors), told)
        return True

    async def _send_answer(self, identifier: str, answer: Answer, told: Request) -> bool:
        """Send one answer; returns whether the operation may go on. An error before execution ends it."""
        told.outcome = answer.outcome
        if answer.executed:
            await self._send({"id": identifier, "type": "next", "payload": answer.body})
        else:
            await self._send_errors(identifier, answer.body["errors"])
        return answer.executed

    async def _send_errors(self, identifier: str, errors: list[dict[str, Any]]) -> None:
        await self._send({"id": identifier, "type": "error", "payload": errors})

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._socket.send_text(encode_json(message).decode())

    async def _close(self, code: int, reason: str) -> None:
        try:
            await self._socket.close(code, reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore"))
        except (RuntimeError, WebSocketDisconnect):
            return  # The other side closed first.


def _read(text: str) -> _Message:
    """A message that has the protocol's form, whatever the strings in it hold."""
    fault = None
    try:
        message = decode_json(text)
    except BadRequest as error:
        fault = error
        try:  # Python's own reader accepts lone surrogates, so that the message can still name its request.
            message = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise _Closing(BAD_MESSAGE, str(fault)) from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise _Closing(BAD_MESSAGE, "A message must be a JSON object with a `type`.")
    return _Message(message["type"], message, fault)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _has_form(payload: Any) -> bool:
    """Whether this is what the protocol calls a request: its members have the right types."""
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("operationName"), str | None)
        and all(isinstance(payload.get(member), dict | None) for member in ("variables", "extensions"))
    )


def _printable(text: str) -> str:
    """The text without what cannot be sent or hashed."""
    return text.encode(errors="ignore").decode()


def _identifier(message: Mapping[str, Any]) -> str:
    identifier = message.get("id")
    if not isinstance(identifier, str) or not identifier or _printable(identifier) != identifier:
        raise _Closing(BAD_MESSAGE, "`id` must be a string that is not empty.")
    return identifier


def _authorization(payload: Any) -> str | None:
    """The Authorization member of `connection_init`, whatever the case of its name."""
    if payload is None:
        return None
    if not isinstance(payload, dict):
        raise _Closing(BAD_MESSAGE, "The payload of connection_init must be an object.")
    for name, value in payload.items():
        if name.lower() == "authorization":
            return value if isinstance(value, str) else None
    return None
