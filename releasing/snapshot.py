"""The API of a version as documents: the GraphQL schema, the OpenAPI document and the AsyncAPI document of events."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from app.api.event_catalog.asyncapi import asyncapi_document
from app.api.graphql.schema import schema
from app.api.rest.openapi import openapi_document
from releasing.deprecations import Node
from releasing.event_changes import event_changes
from releasing.graphql_changes import graphql_changes
from releasing.openapi_changes import openapi_changes


@dataclass(frozen=True)
class Snapshot:
    """The three documents."""

    graphql: str
    openapi: Node
    events: Node

    def write(self, folder: Path) -> None:
        """Write `schema.graphql`, `openapi.json` and `events.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "schema.graphql").write_text(self.graphql, encoding="utf-8")
        for name, document in (("openapi", self.openapi), ("events", self.events)):
            text = json.dumps(document, indent=1, ensure_ascii=False)
            (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def current_snapshot() -> Snapshot:
    """The API as the code has it now."""
    openapi, events = (json.loads(json.dumps(one)) for one in (openapi_document(), asyncapi_document()))
    return Snapshot(f"{schema.as_str()}\n", openapi, events)


def read_snapshot(folder: Path) -> Snapshot:
    """The API of a release: `releases/0.1.0`."""
    openapi, events = (json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("openapi", "events"))
    return Snapshot((folder / "schema.graphql").read_text("utf-8"), openapi, events)


def breaking_changes(old: Snapshot, new: Snapshot, today: date) -> Iterator[str]:
    """Everything that a program written by the older one may miss, each with the document that shows it."""
    compared = {
        "GraphQL": graphql_changes(old.graphql, new.graphql, today),
        "REST": openapi_changes(old.openapi, new.openapi, today),
        "events": event_changes(old.events, new.events, today),
    }
    for name, changes in compared.items():
        yield from (f"{name}: {change}" for change in changes)
