"""What a request over HTTP says beside the content of its body, read straight from the ASGI server."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from starlette.types import Receive

from app.api.graphql.deadlines import Deadlines
from app.api.graphql.masking import BAD_REQUEST, request_error
from app.api.graphql.requests import BadRequest, decode_json
from app.api.graphql.sse import EVENT_STREAM
from app.api.server.limits import BODY_PART_BYTES

BODY_BYTES_MAX = 1_000_000
BODY_BYTES_WITHOUT_KEY_MAX = 65_536  # Of an introspection, which is all that may be asked without a key.
PARAMETERS_MAX = 10
BODY_TIMEOUT_SECONDS = 30.0
ACCEPTS_KEPT_MAX = 64

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"

_OFFERED = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)
"""What can be answered with; of what is accepted equally, the first."""

Body: TypeAlias = bytes | bytearray

_HEADERS = {
    name.encode(): name
    for name in ("accept", "authorization", "content-encoding", "content-type", "host", "origin", "x-request-id")
}
_JSON_PARAMETERS = ("variables", "extensions")

_slow_bodies = Deadlines(BODY_TIMEOUT_SECONDS)


class Refused(Exception):
    """The request ends here, with this status and one error."""

    def __init__(
        self, status: int, message: str, code: str = BAD_REQUEST, *, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.error = request_error(message, code)


class TooLarge(Refused):
    """The body is larger than it may be."""


class Disconnected(Exception):
    """The client went away before its request was complete: nobody is left to answer."""


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """The headers that matter here, by their lower-case names; of several with one name the first, except that the
    lines of `accept` are one list.
    """
    read: dict[str, str] = {}
    for name, value in headers:
        known = _HEADERS.get(name)
        if known is None:
            continue
        text = value.decode("latin-1")
        if known == "accept" and known in read:
            read[known] += f",{text}"
        else:
            read.setdefault(known, text)
    return read


def read_parameters(query_string: bytes) -> dict[str, Any]:
    """What a GET asks, as a POST would have it in its body.

    :raises BadRequest: naming the parameter that is wrong.
    """
    try:
        text = query_string.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=PARAMETERS_MAX)
    except ValueError:
        raise BadRequest(f"The address must hold at most {PARAMETERS_MAX} parameters, percent-encoded UTF-8.") from None
    asked: dict[str, Any] = {}
    for name, value in pairs:
        if name in asked:
            raise BadRequest(f"`{name}` stands in the address twice.")
        asked[name] = value
    for name in _JSON_PARAMETERS:
        if asked.get(name):
            asked[name] = _decode_parameter(name, asked[name])
        else:
            asked.pop(name, None)
    return asked


def _decode_parameter(name: str, text: str) -> Any:
    try:
        return decode_json(text)
    except BadRequest:
        raise BadRequest(f"`{name}` in the address must be a JSON object, percent-encoded.") from None


async def read_body(headers: Mapping[str, str], receive: Receive, bytes_max: int) -> Body:
    """The body, refused as soon as it is too large, whatever its Content-Length says.

    :raises Refused: it is no JSON by its type, too large, or slow.
    :raises Disconnected: it did not come to its end.
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


@lru_cache(maxsize=ACCEPTS_KEPT_MAX)
def accepted_type(accept: str) -> str | None:
    """What to answer with: the best of ours that is accepted, or None. Who accepts anything gets plain JSON."""
    ranges = _media_ranges(accept)
    ranked: list[tuple[float, int, str]] = []
    for offered in _OFFERED:
        quality, position = _most_specific(ranges, offered)
        if quality > 0:
            ranked.append((-quality, position, offered))
    return min(ranked, key=lambda rank: rank[:2])[2] if ranked else None


@lru_cache(maxsize=ACCEPTS_KEPT_MAX)
def accepts_stream(accept: str) -> bool:
    """Whether a stream of events is among what is accepted by its name. Who accepts anything expects one answer."""
    named = {name: rank for name, rank in _media_ranges(accept).items() if name != "*/*"}
    return _most_specific(named, EVENT_STREAM)[0] > 0


def _media_ranges(accept: str) -> dict[str, tuple[float, int]]:
    """Quality and place of each media range by its name; of one that stands there twice the first."""
    ranges: dict[str, tuple[float, int]] = {}
    for position, entry in enumerate(accept.lower().split(",")):
        name, *parameters = (part.strip() for part in entry.split(";"))
        ranges.setdefault(name, (_quality(parameters), position))
    return ranges


def _most_specific(ranges: Mapping[str, tuple[float, int]], offered: str) -> tuple[float, int]:
    """What the most specific of the ranges that cover a type says of it; a quality of 0 where none does."""
    for name in (offered, f"{offered.split('/', maxsplit=1)[0]}/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0, 0


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
