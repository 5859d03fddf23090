"""A GraphQL request as it comes over any transport, checked."""

import json
import re
from collections.abc import Mapping
from itertools import count
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from app.kernel.checks import exact_number

# Looks like a UUID: random for each process, then counting; a random one for each request would cost ten times as much.
_PROCESS = str(uuid4())[:-12]
_requests = count(1)

REQUEST_ID_CHARACTERS = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


# Escapes stand in strings only, so the text tells without walking the value; a doubled backslash escapes nothing.
_NUL_ESCAPE = b"\\u0000"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"


class BadRequest(Exception):
    """The body is no GraphQL request; the message says what to change."""


class PersistedQueryNotSupported(BadRequest):
    """The request names a query that we are to remember, and has none: its client sends it again with the query."""

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")  # What clients look for, word by word.


class GraphQLRequest(NamedTuple):
    """One operation to run."""

    query: str
    operation_name: str | None
    variables: Mapping[str, Any]


def request_id_from(given: str | None) -> str:
    """The caller's own request id if it is sane, else a new one."""
    if given is not None and REQUEST_ID_CHARACTERS.fullmatch(given):
        return given
    return f"{_PROCESS}{next(_requests):012x}"


_MANY_DIGITS = re.compile(rb"[0-9.]{16}|[0-9][eE][+-]?[0-9]{3}")


def decode_json(body: bytes | bytearray | str) -> Any:
    """The JSON value of `body`.

    :raises BadRequest: when it is no JSON in UTF-8; lone surrogates and NUL characters are none of ours either.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON in UTF-8: {error}.") from None
    text = body.encode() if isinstance(body, str) else body
    if _NUL_ESCAPE in text and _NUL.search(text):  # The plain search is a hundred times as fast.
        raise BadRequest("The body has a NUL character (\\u0000): text may not hold one.")
    if _MANY_DIGITS.search(text):  # Only then can a number be one that a double does not hold.
        try:
            value = json.loads(text, parse_float=exact_number)
        except RecursionError:
            raise BadRequest("The body is nested too deep.") from None
    return value


def parse_request(value: Any) -> GraphQLRequest:
    """The request that a decoded body asks for.

    :raises BadRequest: naming the member that is wrong.
    """
    if isinstance(value, list):
        raise BadRequest("Batches of requests are not supported: send one JSON object per request.")
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object with a `query`.")
    query = value.get("query")
    if query is None and _names_persisted_query(value):
        raise PersistedQueryNotSupported
    if not isinstance(query, str) or not query or query.isspace():
        raise BadRequest("`query` must be a string that holds a GraphQL document.")
    name = value.get("operationName")
    if name is not None and not isinstance(name, str):
        raise BadRequest("`operationName` must be a string or null.")
    variables = value.get("variables")
    for member, given in (("variables", variables), ("extensions", value.get("extensions"))):
        if given is not None and not isinstance(given, dict):
            raise BadRequest(f"`{member}` must be an object or null.")
    return GraphQLRequest(query, name or None, variables or {})


def _names_persisted_query(value: Mapping[str, Any]) -> bool:
    extensions = value.get("extensions")
    return isinstance(extensions, dict) and isinstance(extensions.get("persistedQuery"), dict)
