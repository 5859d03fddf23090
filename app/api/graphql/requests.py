"""A GraphQL request as it comes over any transport, checked."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.api.json_body import BadRequest

PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"


class PersistedQueryNotSupported(BadRequest):
    """The request names a query by its hash, without its text. Its client then sends it again with the text."""

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotSupported")  # Clients look for exactly this text.


class GraphQLRequest(NamedTuple):
    """One operation to run."""

    query: str
    operation_name: str | None
    variables: Mapping[str, Any]


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
