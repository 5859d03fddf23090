"""What a newer OpenAPI document breaks for programs that were written, or generated, by an older one."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from releasing.deprecations import Node, without_ended
from releasing.json_schema_changes import Direction, Documents, schema_changes

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def openapi_changes(old: Node, new: Node, today: date) -> Iterator[str]:
    """Each break, in words. What was deprecated in the older one long enough before `today` may be gone."""
    kept = without_ended(old, today)
    documents = Documents(kept, new)
    for path, item in kept["paths"].items():
        for method in METHODS:
            if method in item:
                name = f"{method.upper()} {path}"
                newer = new["paths"].get(path, {}).get(method)
                if newer is None:
                    yield f"{name} is gone"
                else:
                    yield from _operation_changes(item[method], newer, documents, name)
    for name in sorted(kept["components"]["schemas"].keys() - new["components"]["schemas"].keys()):
        if _is_referred_to(name, kept):  # Generated clients have a type of this name.
            yield f"the schema {name} is gone"
    yield from _security_changes(kept, new, "the document")


def _is_referred_to(schema: str, document: Any) -> bool:
    if isinstance(document, Mapping):
        return document.get("$ref") == f"#/components/schemas/{schema}" or any(
            _is_referred_to(schema, one) for one in document.values()
        )
    return isinstance(document, list) and any(_is_referred_to(schema, one) for one in document)


def _operation_changes(old: Node, new: Node, documents: Documents, place: str) -> Iterator[str]:
    if old.get("operationId") != new.get("operationId"):  # Generated clients have a function of this name.
        yield f"{place} has another operationId"
    yield from _parameter_changes(_by_name(old), _by_name(new), documents, place)
    yield from _body_changes(old.get("requestBody"), new.get("requestBody"), documents, place)
    for status, answer in old["responses"].items():
        newer = new["responses"].get(status)
        if newer is not None:
            yield from _answer_changes(answer, newer, documents, f"{place} {status}")
        elif status.startswith("2"):
            yield f"{place} never answers {status} any more"
    yield from _security_changes(old, new, place)


def _by_name(operation: Node) -> dict[tuple[str, str], Node]:
    return {(one["in"], one["name"]): one for one in operation.get("parameters", ())}


def _parameter_changes(
    old: Mapping[tuple[str, str], Node], new: Mapping[tuple[str, str], Node], documents: Documents, place: str
) -> Iterator[str]:
    for key, parameter in old.items():
        name = f"{place} {key[0]} {key[1]}"
        if key not in new:
            yield f"{name} is gone"
            continue
        if new[key].get("required") and not parameter.get("required"):
            yield f"{name} is required"
        yield from schema_changes(parameter["schema"], new[key]["schema"], documents, Direction.TAKEN, name)
    for key in sorted(new.keys() - old.keys()):
        if new[key].get("required"):
            yield f"{place} {key[0]} {key[1]} is required"


def _body_changes(old: Node | None, new: Node | None, documents: Documents, place: str) -> Iterator[str]:
    name = f"{place} body"
    if new is None:
        if old is not None:
            yield f"{name} is gone"
        return
    if new.get("required") and not (old or {}).get("required"):
        yield f"{name} is required"
    if old is not None:
        yield from _content_changes(old["content"], new["content"], documents, Direction.TAKEN, name)


def _answer_changes(old: Node, new: Node, documents: Documents, place: str) -> Iterator[str]:
    for header in old.get("headers", {}):
        if header not in new.get("headers", {}):
            yield f"{place} has no header {header} any more"
    yield from _content_changes(old.get("content", {}), new.get("content", {}), documents, Direction.SENT, place)


def _content_changes(old: Node, new: Node, documents: Documents, direction: Direction, place: str) -> Iterator[str]:
    for media_type, content in old.items():
        if media_type not in new:
            yield f"{place} is not {media_type} any more"
        else:
            yield from schema_changes(content["schema"], new[media_type]["schema"], documents, direction, place)


def _security_changes(old: Node, new: Node, place: str) -> Iterator[str]:
    """Whether each way to say who asks is still one."""
    for way in old.get("security", ()):
        if "security" in new and way not in new["security"]:
            yield f"{place} no longer takes {' and '.join(way) or 'requests without a key'}"
    for name, scheme in old.get("components", {}).get("securitySchemes", {}).items():
        newer = new["components"].get("securitySchemes", {}).get(name, {})
        if {key: one for key, one in scheme.items() if key != "description"} != {
            key: one for key, one in newer.items() if key != "description"
        }:
            yield f"{place} has another security scheme {name}"
