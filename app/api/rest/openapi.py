"""The OpenAPI 3.1 document, made of the operations and the models that serve them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from openapi_pydantic import (
    Components,
    Header,
    Info,
    License,
    MediaType,
    OpenAPI,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Response,
    Schema,
    SecurityScheme,
    Server,
    Tag,
)
from openapi_pydantic import Operation as DescribedOperation
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from app.api.http_request import JSON
from app.api.rest import accounts, books, endusers, ledgers, payments, statements, transactions
from app.api.rest.operation import IDEMPOTENCY_KEY_HEADER, Operation
from app.api.rest.operations import OPERATIONS
from app.api.rest.refusals import CODES, Refusal
from app.idempotency.key import KEY_CHARACTERS_MAX
from app.kernel.version import VERSION

TITLE = "Quaestor"
DESCRIPTION = """
Ledgers, transactions and payments over REST. GraphQL at `/graphql` offers all of this and more; both do the same.

**Keys.** Send `Authorization: API-Key <key>` or `Bearer <key>`. What is another customer's does not exist.

**Refusals** mean that nothing happened: branch on `errors[].code`, never on a message. A 500 or 503 of a POST or PUT
means that it is unknown what happened: send the request again with the same `Idempotency-Key`.

**Idempotency.** The same `Idempotency-Key` with the same content answers the same, with `Idempotent-Replayed: true`.
What moves money needs one, and those keys never expire.

**Amounts** are JSON numbers in major units, and exact: they are read and written as decimals, never as floats.

**Null** is the same as leaving a field out. Metadata is the exception: there a null removes a key.
""".strip()

TAGS = {
    ledgers.TAG: "Digital accounts: one asset, at most one holder. A bank stands behind each that is not virtual.",
    endusers.TAG: "The people and companies that you serve.",
    transactions.TAG: "Money between ledgers, and what virtual ledgers are credited and debited by hand.",
    payments.TAG: "Money that goes out through the bank.",
    accounts.TAG: "Accounts group wallets; a wallet is one named balance in one currency.",
    books.TAG: "The books, and through which instant they are closed.",
    statements.TAG: "What a ledger or wallet had, got and gave, in several formats; and the whole journal.",
}

_PREFIX = "#/components/schemas/"
_REFUSAL = "Refusal"
_ALWAYS_REFUSED = (400, 401, 403, 422, 429, 500, 503)
_REFUSED_BODIES = (408, 413, 415)
_MEANINGS = {
    400: "The request cannot be read: it is no JSON, or a name stands twice.",
    401: "The key is missing, unknown, expired or revoked.",
    403: "The key lacks a scope, or the environment does not allow it.",
    404: "There is no such object for this key.",
    406: "None of the types that are accepted is offered.",
    408: "The body took too long to come.",
    409: "The object is in no state for this, or the key or the reference came with other content.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    422: "A field is malformed or out of range, the assets differ, or funds lack.",
    429: "Too busy: nothing was taken.",
    500: "Something went wrong on our side: whether anything happened is unknown.",
    503: "The database cannot be reached now, or the answer took too long.",
}
_WITH_RETRY_AFTER = (429, 503)


@cache
def openapi_document() -> dict[str, Any]:
    """The document, as JSON."""
    return document_of(OPERATIONS)


def document_of(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document of these operations."""
    schemas, references = _schemas(operations)
    paths: dict[str, PathItem] = {}
    for operation in operations:
        item = paths.setdefault(operation.path, PathItem())
        setattr(item, operation.method.lower(), _described(operation, references))
    tags = dict.fromkeys(operation.tag for operation in operations)
    document = OpenAPI(
        openapi="3.1.1",
        info=Info(
            title=TITLE,
            version=VERSION,
            summary="A self-hosted ledger API.",
            description=DESCRIPTION,
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
        ),
        servers=[Server(url="/")],
        tags=[Tag(name=name, description=told) for name, told in TAGS.items() if name in tags],
        security=[{"key": []}, {"bearer": []}],
        paths=paths,
        components=Components(
            schemas={name: Schema.model_validate(schema) for name, schema in sorted(schemas.items())},
            securitySchemes={
                "key": SecurityScheme(
                    type="apiKey", security_scheme_in="header", name="Authorization", description="`API-Key <key>`"
                ),
                "bearer": SecurityScheme(type="http", scheme="bearer", description="`Bearer <key>`, the same keys."),
            },
        ),
    )
    made: dict[str, Any] = document.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_unset=True)
    return made


def _schemas(operations: Sequence[Operation]) -> tuple[dict[str, Any], dict[Any, Any]]:
    """Every schema by its name, and the reference to write for each type."""
    kinds: dict[Any, JsonSchemaMode] = {}
    for operation in operations:
        if operation.body is not None:
            kinds[operation.body] = "validation"
        kinds[operation.answers] = "serialization"
    kinds[Refusal] = "serialization"
    inputs = [(kind, mode, TypeAdapter(kind)) for kind, mode in kinds.items()]
    references, defined = TypeAdapter.json_schemas(inputs, ref_template=f"{_PREFIX}{{model}}")
    schemas: dict[str, Any] = _without_titles(defined["$defs"])
    schemas["Fault"]["properties"]["code"]["enum"] = list(CODES)
    return schemas, {kind: schema for (kind, _mode), schema in references.items()}


def _without_titles(schema: Any) -> Any:
    """The schema without the titles that pydantic makes of names: they only repeat the names."""
    if isinstance(schema, list):
        return [_without_titles(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _without_titles(one) for name, one in schema.items() if name != "title" or not isinstance(one, str)}


def _described(operation: Operation, references: Mapping[Any, Any]) -> DescribedOperation:
    body = None
    if operation.body is not None:
        content = {JSON: MediaType(schema=_as_schema(references[operation.body]))}
        body = RequestBody(required=operation.needs_body, content=content)
    return DescribedOperation(
        operationId=operation.name,
        tags=[operation.tag],
        summary=operation.summary,
        description=_description(operation),
        parameters=[*_parameters(operation)] or None,
        requestBody=body,
        responses=dict(_responses(operation, references)),
    )


def _description(operation: Operation) -> str:
    scopes = " and ".join(f"`{scope}`" for scope in operation.scopes)
    return f"{operation.description}\n\nNeeds the scope {scopes}.".strip()


def _parameters(operation: Operation) -> Iterator[Parameter | Reference]:
    for word in operation.path.split("/"):
        if word.startswith("{"):
            yield _parameter("path", word.strip("{}"), _name_schema(word), required=True)
    if operation.parameters is not None:
        yield from _query_parameters(operation.parameters.model_json_schema())
    if operation.takes_key:
        schema = {"type": "string", "minLength": 1, "maxLength": KEY_CHARACTERS_MAX}
        told = "Of your choice. The same request with the same key is done once."
        yield _parameter("header", IDEMPOTENCY_KEY_HEADER, schema, required=operation.needs_key, description=told)


def _parameter(
    place: str, name: str, schema: Mapping[str, Any], *, required: bool, description: str | None = None
) -> Parameter:
    return Parameter.model_validate(
        {"in": place, "name": name, "required": required, "description": description, "schema": schema}
    )


def _name_schema(word: str) -> dict[str, Any]:
    return {"type": "string", "format": "uuid"} if word.endswith("_id}") else {"type": "string", "minLength": 1}


def _query_parameters(schema: Mapping[str, Any]) -> Iterator[Parameter]:
    required = schema.get("required", ())
    for name, described in schema["properties"].items():
        told = {key: value for key, value in described.items() if key not in {"title", "description"}}
        if "anyOf" in told and {"type": "null"} in told["anyOf"]:  # A parameter may be absent, but is never null.
            [only] = [one for one in told.pop("anyOf") if one != {"type": "null"}]
            told |= only
        if told.get("default", 0) is None:
            del told["default"]
        yield _parameter("query", name, told, required=name in required, description=described.get("description"))


def _responses(operation: Operation, references: Mapping[Any, Any]) -> Iterator[tuple[str, Response]]:
    headers: dict[str, Header | Reference] = {}
    if operation.takes_key:
        headers["Idempotent-Replayed"] = _header("`true` where this was done before and nothing was done now.")
    if operation.is_paged:
        headers["Link"] = _header('The address of the next page: `</v1/…?last_seen_id=…>; rel="next"`.')
    yield (
        str(operation.status),
        Response(
            description=operation.summary,
            headers=headers or None,
            content={
                JSON: MediaType(schema=_as_schema(references[operation.answers])),
                **{one: MediaType(schema=_as_schema({"type": "string"})) for one in operation.media_types},
            },
        ),
    )
    for status in sorted(_refused_with(operation)):
        retry = {"Retry-After": _header("How many seconds to wait.")} if status in _WITH_RETRY_AFTER else None
        yield (
            str(status),
            Response(
                description=_MEANINGS[status],
                headers=retry,
                content={JSON: MediaType(schema=_as_schema({"$ref": f"{_PREFIX}{_REFUSAL}"}))},
            ),
        )


def _refused_with(operation: Operation) -> set[int]:
    statuses = {*_ALWAYS_REFUSED, *operation.refusals}
    return statuses | set(_REFUSED_BODIES) if operation.body is not None else statuses


def _header(description: str) -> Header:
    return Header(description=description, param_schema=Schema.model_validate({"type": "string"}))


def _as_schema(schema: Mapping[str, Any]) -> Schema | Reference:
    if set(schema) == {"$ref"}:
        return Reference.model_validate(schema)
    return Schema.model_validate(schema)
