"""`/schema/…`: the schema as the files that client tools read, for everybody and without a key."""

import asyncio
import hashlib
from collections.abc import Callable
from functools import cache

from graphql import GraphQLSchema, introspection_from_schema, is_abstract_type
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.api.encoding import encode_json
from app.api.graphql.described_schema import DescribedSchema
from app.api.graphql.execution.upstream import graphql_schema
from app.api.http_request import JSON

SDL = "application/graphql; charset=utf-8"
# It may be kept, and is asked for again each time: the answer is 304 as long as this version runs.
HEADERS = {"Cache-Control": "public, no-cache", "X-Content-Type-Options": "nosniff"}


def schema_document_routes(schema: DescribedSchema) -> list[BaseRoute]:
    """The routes of `schema.graphql` (SDL), `schema.json` (introspection) and `possibleTypes.json`."""
    made = graphql_schema(schema)
    return [
        _route("schema.graphql", SDL, lambda: sdl(schema)),
        _route("schema.json", JSON, lambda: encode_json(introspection(made))),
        _route("possibleTypes.json", JSON, lambda: encode_json(possible_types(made))),
    ]


def sdl(schema: DescribedSchema) -> bytes:
    """The schema as text."""
    return f"{schema.as_str()}\n".encode()


def introspection(schema: GraphQLSchema) -> dict[str, object]:
    """What the full introspection query answers: `{"__schema": …}`."""
    return dict(introspection_from_schema(schema))


def possible_types(schema: GraphQLSchema) -> dict[str, list[str]]:
    """The types of each union, and those that implement each interface: what Apollo Client is told."""
    return {
        name: sorted(possible.name for possible in schema.get_possible_types(type_))
        for name, type_ in sorted(schema.type_map.items())
        if is_abstract_type(type_)
    }


def _route(name: str, media_type: str, make: Callable[[], bytes]) -> Route:
    @cache
    def document() -> tuple[bytes, str]:
        made = make()
        return made, f'"{hashlib.sha256(made).hexdigest()}"'

    async def show_document(request: Request) -> Response:
        # Made for whoever asks first, in a thread: other requests do not wait.
        body, tag = await asyncio.to_thread(document)
        headers = {**HEADERS, "ETag": tag}
        if _is_known(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    return Route(f"/schema/{name}", show_document)


def _is_known(known: str, tag: str) -> bool:
    """By the weak comparison of RFC 9110: proxies that compress mark tags as weak."""
    tags = [one.strip().removeprefix("W/") for one in known.split(",")]
    return tag in tags or tags == ["*"]
