"""The AsyncAPI 3 document of all webhooks, made from the code that sends them."""

from typing import Any

from app.api.event_catalog.examples import example_of
from app.api.event_catalog.meanings import when
from app.api.event_catalog.message_schemas import full_schema, notification_schema, thin_schema
from app.api.event_catalog.schema_parts import ID, TEXT, WHOLE_TEXT, Schema
from app.events.event_types import EVENT_TYPES
from app.events.record import API_VERSION
from app.events.visibility import SCOPE_OF_RESOURCE_TYPE
from app.webhooks.signature import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER

DESCRIPTION = """
What is sent to webhook endpoints: a POST for each event, signed as Standard Webhooks says (standardwebhooks.com).

An event is sent if and only if the change it tells of is committed, at least once. `webhook-id` is the same on every
attempt and replay: use it to drop repeats.
""".strip()
HEADERS: Schema = {
    "type": "object",
    "properties": {
        ID_HEADER: {**ID, "description": "The id of the message, the same on every attempt and replay."},
        TIMESTAMP_HEADER: {**WHOLE_TEXT, "description": "When this attempt was made, in seconds since 1970."},
        SIGNATURE_HEADER: {**TEXT, "description": "Signatures of `id.timestamp.body`, separated by spaces."},
        "x-quaestor-attempt": {**WHOLE_TEXT, "description": "Which attempt this is, from 1. Not signed."},
        "x-quaestor-event-type": {**TEXT, "description": "The type of the event. Not signed."},
    },
    "required": [ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER],
}
FORMS = {"full": full_schema, "thin": thin_schema, "notification": notification_schema}
"""The messages of each channel: one for each payload that an endpoint may ask for."""
SUMMARIES = {
    "full": "Endpoints with the payload FULL: the whole object.",
    "thin": "Endpoints with the payload THIN: ids only.",
    "notification": "Endpoints with the payload NOTIFICATION: a flat body with names of its own.",
}


def asyncapi_document() -> dict[str, Any]:
    """The document, as JSON."""
    messages: dict[str, Any] = {}
    schemas: dict[str, Schema] = {"headers": HEADERS}
    for event_type in EVENT_TYPES:
        for form, schema_of in FORMS.items():
            schema = schema_of(event_type)
            if schema is not None:
                name = _name(form, event_type)
                schemas[name] = schema
                messages[name] = _message(event_type, name, schema)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Quaestor webhooks",
            "version": API_VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {form: _channel(form, messages) for form in FORMS},
        "operations": {f"send-{form}": _operation(form, messages) for form in FORMS},
        "components": {"messages": messages, "schemas": schemas},
    }


def _name(form: str, event_type: str) -> str:
    """`full-ledger.status.ok`: names of components may have dots and hyphens."""
    return f"{form}-{event_type}"


def _message(event_type: str, name: str, schema: Schema) -> dict[str, Any]:
    noun = event_type.split(".", maxsplit=1)[0]
    return {
        "name": event_type,
        "title": event_type,
        "summary": when(event_type),
        "description": f"Sent only to endpoints whose creator has the scope `{SCOPE_OF_RESOURCE_TYPE[noun]}`.",
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/headers"},
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "examples": [{"payload": example_of(schema, event_type)}],
        "tags": [{"name": noun}],
    }


def _channel(form: str, messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": None,  # The URL of each endpoint.
        "title": form,
        "summary": SUMMARIES[form],
        "messages": {
            message["name"]: {"$ref": f"#/components/messages/{name}"}
            for name, message in messages.items()
            if name.startswith(f"{form}-")
        },
    }


def _operation(form: str, messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "action": "send",
        "summary": SUMMARIES[form],
        "channel": {"$ref": f"#/channels/{form}"},
        "messages": [
            {"$ref": f"#/channels/{form}/messages/{message['name']}"}
            for name, message in messages.items()
            if name.startswith(f"{form}-")
        ],
    }
