"""Follow a customer's events through the API: one stream, opened again where it ended."""

import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import orjson

from app.kernel.back_off import BackOff
from app.kernel.errors import NotReachable, Refused

STREAM = "text/event-stream"
DATA = b"data: "
# The server sends a comment more often than this to a stream that has nothing to tell.
SILENCE_SECONDS_MAX = 60.0
CONNECT_SECONDS_MAX = 10.0
PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX = 0.2, 5.0
"""Pauses between a lost connection and each new try; the last one repeats."""
FINAL_CODES = frozenset({"VALIDATION", "CURSOR_EXPIRED", "UNAUTHENTICATED", "FORBIDDEN", "BAD_REQUEST"})
"""Refusals that another try would meet again. All others are temporary: the server is busy, or its database is away."""
SUBSCRIPTION = """
subscription ($types: [String!], $after: String!) {
  events(types: $types, after: $after) {
    cursor
    event {
      id type resourceType resourceId resourceVersion data previous via requestId occurredAt
    }
  }
}
"""


class Followed(NamedTuple):
    """An event, as the API answers it, and the cursor behind it."""

    cursor: str
    event: dict[str, Any]


class Connection(NamedTuple):
    """The stream was lost (`lost` says why) or is back (`lost` is None)."""

    lost: str | None


async def follow_events(
    http: httpx.AsyncClient, *, types: list[str] | None, after: str
) -> AsyncIterator[Followed | Connection]:
    """Every event after a cursor, each once, as long as the server accepts the key and the cursor.

    A connection that is lost, or silent for a minute, is opened again after the last event that came.

    :raises Refused: the server does not accept the key, the types or the cursor, and what it said.
    """
    cursor, back_off = after, BackOff(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX)
    while True:
        try:
            async for message in _stream(http, {"types": types, "after": cursor}):
                if not back_off.is_first:
                    back_off.reset()
                    yield Connection(None)
                if message is not None:
                    cursor = message.cursor
                    yield message
            problem = "the server ended the stream"
        except httpx.RequestError as fault:
            problem = str(fault) or type(fault).__name__
        except NotReachable as fault:
            problem = str(fault)
        if back_off.is_first:
            yield Connection(problem)
        await back_off.pause()


async def _stream(http: httpx.AsyncClient, variables: dict[str, Any]) -> AsyncIterator[Followed | None]:
    """What one stream yields: None once it is open, and then each event."""
    timeout = httpx.Timeout(SILENCE_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
    body = {"query": SUBSCRIPTION, "variables": variables}
    async with http.stream("POST", "/graphql", json=body, headers={"Accept": STREAM}, timeout=timeout) as response:
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise NotReachable(f"it answered {response.status_code}")
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise NotReachable("it has too many open streams")
        if response.status_code != httpx.codes.OK:
            raise Refused(f"The API refused the stream: {await _message(response)}")
        yield None
        async for line in _lines(response):
            if line.startswith(DATA):
                yield _followed(orjson.loads(line.removeprefix(DATA)))


async def _lines(response: httpx.Response) -> AsyncIterator[bytes]:
    """The whole lines of a stream. `aiter_lines` would also end one at U+2028 and others that a text may hold, and
    would give one that broke off.
    """
    begun = b""
    async for piece in response.aiter_bytes():
        *lines, begun = (begun + piece).split(b"\n")
        for line in lines:
            yield line


async def _message(response: httpx.Response) -> str:
    text = (await response.aread()).decode(errors="replace")
    try:
        return str(json.loads(text)["errors"][0]["message"])
    except (ValueError, KeyError, IndexError, TypeError):
        return f"{response.status_code} {text}".strip()


def _followed(answer: dict[str, Any]) -> Followed:
    data = answer.get("data")
    if not data:
        error = answer["errors"][0]
        said = error.get("message", "no reason was given")
        if error.get("extensions", {}).get("code") not in FINAL_CODES:
            raise NotReachable(said)
        raise Refused(f"The API refused the stream: {said}")
    return Followed(data["events"]["cursor"], data["events"]["event"])
