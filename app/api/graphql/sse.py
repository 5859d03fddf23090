"""Subscriptions as server-sent events, in the distinct-connections mode of graphql-sse: one POST, one stream."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from starlette.responses import StreamingResponse

from app.api.graphql.context import Context
from app.api.graphql.doorkeeper import STILL_ALLOWED_EVERY_SECONDS, Doorkeeper
from app.api.graphql.encoding import encode_json
from app.api.graphql.execution.operations import Answer, Operations, ReadyOperation
from app.api.graphql.masking import UNAUTHENTICATED, request_error
from app.kernel.actor import Actor

EVENT_STREAM = "text/event-stream"

_COMMENT = b":\n\n"  # Keeps proxies from ending a quiet connection.
_COMPLETE = b"event: complete\ndata:\n\n"


def event_stream(
    operations: Operations, ready: ReadyOperation, context: Context, doorkeeper: Doorkeeper, actor: Actor | None
) -> StreamingResponse:
    """The response that carries every answer of this operation as an event."""
    answers = operations.stream(ready, context) if ready.subscribes else _once(operations, ready, context)
    return _response(_events(answers, doorkeeper, actor))


def refused_stream(answer: Answer) -> StreamingResponse:
    """The response to a document that cannot be run, for who accepts nothing but a stream."""
    return _response(_one_event(answer))


def _response(events: AsyncIterator[bytes]) -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type=EVENT_STREAM, headers=headers)


async def _one_event(answer: Answer) -> AsyncIterator[bytes]:
    yield _next(answer.body) + _COMPLETE


async def _once(operations: Operations, ready: ReadyOperation, context: Context) -> AsyncGenerator[Answer, None]:
    yield await operations.run(ready, context)


async def _events(
    answers: AsyncGenerator[Answer, None], doorkeeper: Doorkeeper, actor: Actor | None
) -> AsyncIterator[bytes]:
    yield _COMMENT
    loop = asyncio.get_running_loop()
    checked_at = loop.time()
    async with aclosing(answers):
        waiting = asyncio.ensure_future(anext(answers, None))
        try:
            while True:
                await asyncio.wait({waiting}, timeout=STILL_ALLOWED_EVERY_SECONDS)
                if loop.time() - checked_at >= STILL_ALLOWED_EVERY_SECONDS:
                    checked_at = loop.time()
                    if not await doorkeeper.holds(actor):
                        yield _next({"errors": [request_error("This key was revoked.", UNAUTHENTICATED)]})
                        break
                    yield _COMMENT
                if waiting.done():
                    answer = waiting.result()
                    if answer is None:
                        break
                    yield _next(answer.body)
                    waiting = asyncio.ensure_future(anext(answers, None))
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
    yield _COMPLETE


def _next(body: dict[str, Any]) -> bytes:
    return b"event: next\ndata: " + encode_json(body) + b"\n\n"
