"""A message's body follows from its event alone."""

import json

import pytest

from app.db.identifiers import new_id
from app.webhooks.message_body import message_body
from app.webhooks.status import Payload

CUSTOMER, EVENT, RESOURCE = new_id(), new_id(), new_id()


def event(event_type, noun):
    return json.dumps(
        {
            "id": str(EVENT),
            "type": event_type,
            "timestamp": "2026-11-20T08:31:02.123456Z",
            "api_version": "2026-11-20",
            "resource": {"type": noun, "id": str(RESOURCE), "version": 4},
            "previous": {"status": "PENDING"},
            "data": {"name": "Zoë"},
            "cause": {"via": "graphql", "request_id": None},
        }
    )


def body(payload, event_type="ledger.status.ok", noun="ledger"):
    return message_body(payload, event(event_type, noun), customer_id=CUSTOMER, message_id=EVENT)


def test_is_the_event_itself_byte_for_byte_when_full():
    assert body(Payload.FULL) == event("ledger.status.ok", "ledger")


def test_leaves_previous_and_data_out_when_thin():
    full = json.loads(body(Payload.FULL))
    del full["previous"], full["data"]
    assert json.loads(body(Payload.THIN)) == full
    assert body(Payload.THIN) == body(Payload.THIN)


@pytest.mark.parametrize(
    ("event_type", "noun", "kind", "field"),
    [
        ("ledger.status.ok", "ledger", "entity-ready-to-use", "ledger_id"),
        ("holder.status.ok", "holder", "entity-ready-to-use", "enduser_id"),
        ("holder.status.missing_data", "holder", "entity-fw-missing-data", "enduser_id"),
        ("holder.status.quarantine", "holder", "entity-fw-quarantine", "enduser_id"),
    ],
)
def test_is_flat_when_a_notification(event_type, noun, kind, field):
    assert json.loads(body(Payload.NOTIFICATION, event_type, noun)) == {
        "type": kind,
        "notification_id": str(EVENT),
        "owner": str(CUSTOMER),
        "created_at": "2026-11-20T08:31:02.123456Z",
        field: str(RESOURCE),
    }


def test_names_nothing_in_a_test_notification():
    assert set(json.loads(body(Payload.NOTIFICATION, "webhook.ping", "webhook_endpoint"))) == {
        "type", "notification_id", "owner", "created_at",
    }  # fmt: skip
