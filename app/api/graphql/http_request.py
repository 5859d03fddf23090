"""What a request over HTTP says beside the content of its body, read straight from the ASGI server."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from starlette.types import Receive

from app.api.graphql.deadlines import Deadlines
from app.api.graphql.masking import BAD_REQUEST, request_error
from app.api.graphql.sse import EVENT_STREAM

BODY_BYTES_MAX = 1_000_000
BODY_TIMEOUT_SECONDS = 30.0
ACCEPTS_KEPT_MAX = 64

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"

Body: TypeAlias = bytes | bytearray

_HEADERS = {
    name.encode(): name for name in ("accept", "authorization", "content-type", "host", "origin", "x-request-id")
}

_slow_bodies = Deadlines(BODY_TIMEOUT_SECONDS)


class Refused(Exception):
    """The request ends here, with this status and one error."""

    def __init__(self, status: int, message: str, code: str = BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status
        self.error = request_error(message, code)


class Disconnected(Exception):
    """The client went away before its request was complete: nobody is left to answer."""


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """The headers that matter here, by their lower-case names; of several with one name the first."""
    read: dict[str, str] = {}
    for name, value in headers:
        known = _HEADERS.get(name)
        if known is not None:
            read.setdefault(known, value.decode("latin-1"))
    return read


async def read_body(headers: Mapping[str, str], receive: Receive) -> Body:
    """The body, refused as soon as it is too large, whatever its Content-Length says.

    :raises Refused: it is no JSON by its type, too large, or slow.
    :raises Disconnected: it did not come to its end.
    """
    _refuse_other_types(headers.get("content-type", ""))
    try:
        with _slow_bodies.start():
            body, is_whole = await _read_part(receive)
            if not is_whole:
                body = await _read_on(bytearray(body), receive)
    except TimeoutError:
        raise Refused(408, f"The body took longer than {BODY_TIMEOUT_SECONDS:g} seconds.") from None
    return _refuse_too_large(body)


async def _read_on(body: bytearray, receive: Receive) -> bytearray:
    is_whole = False
    while not is_whole:
        part, is_whole = await _read_part(receive)
        body += part
        _refuse_too_large(body)
    return body


async def _read_part(receive: Receive) -> tuple[Body, bool]:
    """The next part of the body, and whether it is the last."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message.get("body", b""), not message.get("more_body", False)


def _refuse_too_large(body: Body) -> Body:
    if len(body) > BODY_BYTES_MAX:
        raise Refused(413, f"The body is larger than {BODY_BYTES_MAX:,} bytes.")
    return body


def _refuse_other_types(content_type: str) -> None:
    if content_type == JSON:
        return
    name, _, parameters = content_type.partition(";")
    if name.strip().lower() != JSON:
        raise Refused(415, f"The body must be sent as `Content-Type: {JSON}`.")
    if parameters.strip().lower().removeprefix("charset=").strip('"') not in ("", "utf-8", "utf8"):
        raise Refused(415, "The body must be UTF-8.")


@lru_cache(maxsize=ACCEPTS_KEPT_MAX)
def accepted_type(accept: str) -> str | None:
    """What to answer with: the best of ours that is accepted, or None. Who accepts anything gets plain JSON."""
    ranked: list[tuple[float, int, str]] = []
    for position, entry in enumerate(accept.lower().split(",")):
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
