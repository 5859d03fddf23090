"""The bodies of messages: FULL, THIN and NOTIFICATION."""

from app.api.event_catalog.data_schemas import data_schema
from app.api.event_catalog.schema_parts import ID, INSTANT, TEXT, VERSION, Schema, one_of, only, or_null, record
from app.events.event_types import DERIVED_TYPES
from app.events.record import API_VERSION
from app.kernel.actor import Via
from app.webhooks.message_body import NOTIFICATION_TYPES

CAUSE = record(via=one_of(Via), request_id=or_null(TEXT))
PREVIOUS: Schema = {
    "type": ["object", "null"],
    "description": "The fields of `data` that the change replaced, as they were. Null if it replaced none.",
}


def full_schema(event_type: str) -> Schema:
    """A message with the whole object."""
    noun = "webhook_endpoint" if event_type == "webhook.ping" else event_type.split(".", maxsplit=1)[0]
    return record(
        id={**ID, "description": "The same as the header `webhook-id`."},
        type=only(event_type),
        timestamp=INSTANT,
        api_version=only(API_VERSION),
        resource=record(type=only(noun), id=ID, version=VERSION),
        previous={"type": "null"} if event_type in DERIVED_TYPES else PREVIOUS,
        data=data_schema(event_type),
        cause=CAUSE,
    )


def thin_schema(event_type: str) -> Schema:
    """The same without `previous` and `data`."""
    fields = full_schema(event_type)["properties"]
    return record(**{name: field for name, field in fields.items() if name not in {"previous", "data"}})


def notification_schema(event_type: str) -> Schema | None:
    """The flat body; None where there is none for this type."""
    told = NOTIFICATION_TYPES.get(event_type)
    if told is None:
        return None
    fields = {"type": only(told), "notification_id": ID, "owner": ID, "created_at": INSTANT}
    noun = event_type.split(".", maxsplit=1)[0]
    if noun in {"ledger", "holder"}:
        fields["ledger_id" if noun == "ledger" else "enduser_id"] = ID
    if event_type == "ledger.balance_changed":
        fields["transaction_id"] = ID
    return record(**fields)
