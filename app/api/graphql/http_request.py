"""The URL's parameters of a GraphQL request over HTTP, and the media types it accepts."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from app.api.graphql.sse import EVENT_STREAM
from app.api.http_request import JSON
from app.api.json_body import BadRequest, decode_json

BODY_BYTES_WITHOUT_KEY_MAX = 65_536  # For an introspection, all that may be asked without a key.
PARAMETERS_MAX = 10
ACCEPTS_KEPT_MAX = 64

GRAPHQL_RESPONSE = "application/graphql-response+json"

_OFFERED = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)
"""The media types that we answer with. Of those that are accepted equally, the first is taken."""

_JSON_PARAMETERS = ("variables", "extensions")


def read_parameters(query_string: bytes) -> dict[str, Any]:
    """The parameters of a GET, in the form of a POST's body.

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


@lru_cache(maxsize=ACCEPTS_KEPT_MAX)
def accepted_type(accept: str) -> str | None:
    """The best of our media types that the client accepts, or None. A client that accepts anything gets plain JSON."""
    ranges = _media_ranges(accept)
    ranked: list[tuple[float, int, str]] = []
    for offered in _OFFERED:
        quality, position = _most_specific(ranges, offered)
        if quality > 0:
            ranked.append((-quality, position, offered))
    return min(ranked, key=lambda rank: rank[:2])[2] if ranked else None


@lru_cache(maxsize=ACCEPTS_KEPT_MAX)
def accepts_stream(accept: str) -> bool:
    """Whether the client lists event streams explicitly. A client that accepts anything expects one answer."""
    named = {name: rank for name, rank in _media_ranges(accept).items() if name != "*/*"}
    return _most_specific(named, EVENT_STREAM)[0] > 0


def _media_ranges(accept: str) -> dict[str, tuple[float, int]]:
    """Quality and place of each media range by its name; of a repeated range, the first."""
    ranges: dict[str, tuple[float, int]] = {}
    for position, entry in enumerate(accept.lower().split(",")):
        name, *parameters = (part.strip() for part in entry.split(";"))
        ranges.setdefault(name, (_quality(parameters), position))
    return ranges


def _most_specific(ranges: Mapping[str, tuple[float, int]], offered: str) -> tuple[float, int]:
    """The entry of the most specific range that covers a type; a quality of 0 if none does."""
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
