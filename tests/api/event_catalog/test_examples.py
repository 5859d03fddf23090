"""The examples of messages are what their schemas say, and what their types say."""

import pytest
from jsonschema import Draft7Validator, FormatChecker

from app.api.event_catalog.asyncapi import FORMS, asyncapi_document
from app.api.event_catalog.examples import example_of
from app.api.event_catalog.message_schemas import full_schema
from app.events.event_types import EVENT_TYPES


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_are_valid_in_each_form(event_type):
    schemas = [schema for schema_of in FORMS.values() if (schema := schema_of(event_type)) is not None]
    assert len(schemas) >= 2
    for schema in schemas:
        faults = list(
            Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(example_of(schema, event_type))
        )
        assert faults == []


@pytest.mark.parametrize(
    ("event_type", "told"),
    [
        ("ledger.status.declined", {"status": "DECLINED", "freeze": None}),
        ("ledger.iban_status.unable_to_advance", {"iban_status": "UNABLE_TO_ADVANCE"}),
        ("wallet.frozen", {"closed_at": None}),
        ("webhook_endpoint.status.paused", {"status": "PAUSED", "deleted_at": None}),
    ],
)
def test_tell_what_the_type_tells(event_type, told):
    message = example_of(full_schema(event_type), event_type)
    assert told.items() <= message["data"].items()
    assert message["resource"]["id"] == message["data"]["id"]
    assert message["resource"]["version"] == message["data"]["version"]


def test_hold_what_the_type_gives():
    assert example_of(full_schema("wallet.frozen"), "wallet.frozen")["data"]["freeze"]["scope"] == "DEBITS"
    assert example_of(full_schema("wallet.closed"), "wallet.closed")["data"]["closed_at"] is not None
    changed = example_of(full_schema("ledger.balance_changed"), "ledger.balance_changed")
    assert changed["resource"]["id"] == changed["data"]["ledger_id"]


def test_stand_beside_each_message():
    messages = asyncapi_document()["components"]["messages"]
    assert all(len(message["examples"]) == 1 for message in messages.values())
    [example] = messages["thin-ledger.created"]["examples"]
    assert (example["payload"]["type"], "data" in example["payload"]) == ("ledger.created", False)
