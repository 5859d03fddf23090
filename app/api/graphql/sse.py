"""Subscriptions as server-sent events, in the distinct-connections mode of graphql-sse: one POST, one stream."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from starlette.types import Receive, Scope, Send

from app.api.encoding import encode_json
from app.api.graphql.context import Context
from app.api.graphql.doorkeeper import Doorkeeper
from app.api.graphql.masking import request_error
from app.api.graphql.open_streams import KEY_ENDED, TooManyStreams
from app.api.graphql.operations import Answer, Operations, ReadyOperation
from app.api.masking import UNAUTHENTICATED
from app.kernel.actor import Actor
from app.kernel.errors import ErrorCode
from app.kernel.request_log import Request

EVENT_STREAM = "text/event-stream"
COMMENT_EVERY_SECONDS = 15.0  # Keeps proxies from ending a quiet connection.

_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


class EventStream:
    """A small ASGI application that sends answers as events, until they end, the client leaves, or its key ends."""

    status_code = 200

    def __init__(self, answers: AsyncGenerator[Answer, None], doorkeeper: Doorkeeper, actor: Actor | None) -> None:
        self.raw_headers = [
            (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        self._answers = answers
        self._doorkeeper = doorkeeper
        self._actor = actor

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            last = await self._tell_all(receive, send)
        except asyncio.CancelledError:
            last = b""  # The server stops. Without `complete` the client connects again.
        if last is not None:
            await send({"type": "http.response.body", "body": last})

    async def _tell_all(self, receive: Receive, send: Send) -> bytes | None:
        """Send everything; returns the last message, None if the client is gone."""
        with self._doorkeeper.key_watches.watch(self._actor) as ended:
            telling = asyncio.create_task(self._tell(send))
            gone, revoked = asyncio.create_task(_until_gone(receive)), asyncio.create_task(ended.wait())
            tasks = (telling, gone, revoked, asyncio.create_task(_keep_open(send)))
            try:
                await asyncio.wait((telling, gone, revoked), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        if not gone.cancelled():
            return None
        if telling.cancelled():
            return _next({"errors": [request_error(KEY_ENDED, UNAUTHENTICATED)]}) + _COMPLETE
        telling.result()
        return _COMPLETE

    async def _tell(self, send: Send) -> None:
        await send(_part(_COMMENT))
        async with aclosing(self._answers) as answers:
            async for answer in answers:
                await send(_part(_next(answer.body)))


def event_stream(
    operations: Operations,
    ready: ReadyOperation,
    context: Context,
    doorkeeper: Doorkeeper,
    actor: Actor | None,
    request: Request,
) -> EventStream:
    """The response that carries every answer of this operation as an event. How the last one ended is noted on
    `request`.
    """
    answers = _noted(_answers(operations, ready, context, doorkeeper, actor), request)
    return EventStream(answers, doorkeeper, actor)


def one_event_stream(answer: Answer, doorkeeper: Doorkeeper) -> EventStream:
    """The response with an answer that is already there, for clients that accept only a stream."""
    return EventStream(_only(answer), doorkeeper, None)


async def _answers(
    operations: Operations, ready: ReadyOperation, context: Context, doorkeeper: Doorkeeper, actor: Actor | None
) -> AsyncGenerator[Answer, None]:
    if not ready.subscribes:
        yield await operations.run(ready, context)
        return
    try:
        with doorkeeper.open_streams.one_more(actor):
            async with aclosing(operations.stream(ready, context)) as answers:
                async for answer in answers:
                    yield answer
    except TooManyStreams as refusal:
        yield Answer.of_errors([request_error(str(refusal), ErrorCode.LIMIT_EXCEEDED.value)])


async def _noted(answers: AsyncGenerator[Answer, None], request: Request) -> AsyncGenerator[Answer, None]:
    async with aclosing(answers):
        async for answer in answers:
            request.outcome = answer.outcome
            yield answer


async def _only(answer: Answer) -> AsyncGenerator[Answer, None]:
    yield answer


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _keep_open(send: Send) -> None:
    while True:
        await asyncio.sleep(COMMENT_EVERY_SECONDS)
        await send(_part(_COMMENT))


def _part(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}


def _next(body: dict[str, Any]) -> bytes:
    return b"event: next\ndata: " + encode_json(body) + b"\n\n"
