"""The headers and the raw body of an HTTP request, read straight from the ASGI server."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from starlette.types import Receive

from app.api.deadlines import Deadlines
from app.api.masking import BAD_REQUEST
from app.api.server.limits import BODY_PART_BYTES

BODY_BYTES_MAX = 1_000_000
BODY_TIMEOUT_SECONDS = 30.0

JSON = "application/json"

Body: TypeAlias = bytes | bytearray
Headers: TypeAlias = Mapping[str, str]
RawHeader: TypeAlias = tuple[bytes, bytes]

_HEADERS = {
    name.encode(): name
    for name in (
        "accept",
        "authorization",
        "content-encoding",
        "content-type",
        "host",
        "idempotency-key",
        "origin",
        "traceparent",
        "x-request-id",
    )
}

_slow_bodies = Deadlines(BODY_TIMEOUT_SECONDS)


class Refused(Exception):
    """The request ends here, with this status, message and code."""

    def __init__(
        self, status: int, message: str, code: str = BAD_REQUEST, *, headers: tuple[RawHeader, ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers


class TooLarge(Refused):
    """The body is larger than it may be."""


class Disconnected(Exception):
    """The client went away before its request was complete: nobody is left to answer."""


def read_headers(headers: Iterable[RawHeader]) -> Headers:
    """The headers that matter here, by their lower-case names. Of several with one name the first counts, except that
    the lines of `accept` are joined, and several `traceparent` are none.
    """
    read: dict[str, str] = {}
    for name, value in headers:
        known = _HEADERS.get(name)
        if known is None:
            continue
        text = value.decode("latin-1")
        if known == "accept" and known in read:
            read[known] += f",{text}"
        elif known == "traceparent" and known in read:
            read[known] = ""
        else:
            read.setdefault(known, text)
    return read


async def read_body(headers: Headers, receive: Receive, bytes_max: int) -> Body:
    """The body, refused as soon as it is too large, whatever its Content-Length says.

    :raises Refused: its type is not JSON, or it is too large or too slow.
    :raises Disconnected: the client left before its end.
    """
    _refuse_other_types(headers.get("content-type", ""))
    if "content-encoding" in headers:
        _refuse_encoded(headers["content-encoding"])
    try:
        with _slow_bodies.start():
            body, is_whole = await _read_part(receive)
        if not is_whole:
            body = await _read_on(bytearray(body), receive, bytes_max)
    except TimeoutError:
        told = f"The body, or {BODY_PART_BYTES:,} more bytes of it, took longer than {BODY_TIMEOUT_SECONDS:g} seconds."
        raise Refused(408, told) from None
    return _refuse_too_large(body, bytes_max)


async def _read_on(body: bytearray, receive: Receive, bytes_max: int) -> bytearray:
    is_whole = False
    while not is_whole:
        enough = len(body) + BODY_PART_BYTES
        with _slow_bodies.start():
            while not is_whole and len(body) < enough:
                _refuse_too_large(body, bytes_max)
                part, is_whole = await _read_part(receive)
                body += part
    return body


async def _read_part(receive: Receive) -> tuple[Body, bool]:
    """The next part of the body, and whether it is the last."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message.get("body", b""), not message.get("more_body", False)


def _refuse_too_large(body: Body, bytes_max: int) -> Body:
    if len(body) > bytes_max:
        raise TooLarge(413, f"The body is larger than {bytes_max:,} bytes.")
    return body


def _refuse_other_types(content_type: str) -> None:
    if content_type == JSON:
        return
    name, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if name != JSON:
        raise Refused(415, f"The body must be sent as `Content-Type: {JSON}`.")
    for parameter in parameters:
        if parameter.startswith("charset=") and parameter[8:].strip('"') not in ("utf-8", "utf8"):
            raise Refused(415, "The body must be UTF-8.")


def _refuse_encoded(encoding: str) -> None:
    if encoding.strip().lower() not in ("", "identity"):
        message = f"The body may not be compressed: send it without `Content-Encoding: {encoding[:40]}`."
        raise Refused(415, message, headers=((b"accept-encoding", b"identity"),))
