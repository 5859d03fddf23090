"""`/events.json` is AsyncAPI 3, and says of every message exactly what is sent."""

import json
import lzma
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, FormatChecker, ValidationError

from app.api.event_catalog.asyncapi import FORMS, asyncapi_document
from app.api.event_catalog.message_schemas import full_schema, notification_schema, thin_schema
from app.db.identifiers import new_id
from app.events.event_types import DERIVED_TYPES, EVENT_TYPES
from app.webhooks.balance_changes import balance_changes
from app.webhooks.message_body import NOTIFICATION_TYPES, is_told_as, message_body
from app.webhooks.status import Payload
from tests.rich_books import copied, opened, rich_template
from tests.told_events import told_events

HERE = Path(__file__).parent
SCHEMA_OF = {Payload.FULL: full_schema, Payload.THIN: thin_schema, Payload.NOTIFICATION: notification_schema}


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(asyncapi_document()))


@pytest.fixture(scope="module")
async def template(postgres, migrated_template):
    async with rich_template(postgres, migrated_template) as made:
        yield made


def check(schema, value):
    Draft7Validator(schema, format_checker=FormatChecker()).validate(value)


def test_is_valid_by_the_schema_of_asyncapi_itself(document):
    """`schemas/3.0.0-without-$id.json` of npm's @asyncapi/specs 6.11.1 (Apache-2.0)."""
    official = json.loads(lzma.decompress((HERE / "asyncapi-3.0.0.json.xz").read_bytes()))
    check(official, document)
    with pytest.raises(ValidationError):
        check(official, {**document, "channels": {"x": {"addres": "y"}}})


def test_refers_only_to_what_it_has(document):
    def walk(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == "$ref":
                    yield inner
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    references = list(walk(document))
    assert len(references) > 3 * len(EVENT_TYPES)
    for reference in references:
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_has_a_message_of_each_type_for_each_payload(document):
    channels = document["channels"]
    assert channels.keys() == FORMS.keys()
    assert list(channels["full"]["messages"]) == list(channels["thin"]["messages"]) == list(EVENT_TYPES)
    assert channels["notification"]["messages"].keys() == NOTIFICATION_TYPES.keys()


def test_has_schemas_that_are_schemas(document):
    for schema in document["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


async def test_describes_every_message_of_rich_books(postgres, template):
    """Every event that the verbs have written, in each form that it is sent in."""
    name, books = template
    seen = set()
    async with copied(postgres, name) as url, opened(url):
        rows = await told_events("WHERE customer_id = $1", books.customer_id)
    for row in rows:
        messages = [(row["type"], row["id"])]
        if row["type"] == "transfer.posted":
            messages += [(change.type, change.message_id) for change in balance_changes(row["id"], row["body"])]
        for event_type, message_id in messages:
            seen.add(event_type)
            for payload, schema_of in SCHEMA_OF.items():
                if not is_told_as(payload, event_type):
                    assert schema_of(event_type) is None
                    continue
                body = message_body(payload, row["body"], customer_id=books.customer_id, message_id=message_id)
                check(schema_of(event_type), json.loads(body))
    assert len(seen) > 25
    assert seen >= DERIVED_TYPES


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_refuses_a_message_with_a_field_too_few_or_too_many(event_type):
    schema = thin_schema(event_type)
    message = {
        "id": str(new_id()),
        "type": event_type,
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "api_version": "2026-11-20",
        "resource": {
            "type": schema["properties"]["resource"]["properties"]["type"]["const"],
            "id": str(new_id()),
            "version": 1,
        },
        "cause": {"via": "rest", "request_id": None},
    }
    check(schema, message)
    for wrong in ({**message, "more": 1}, {**message, "cause": {}}, {**message, "type": "x"}):
        with pytest.raises(ValidationError):
            check(schema, wrong)
