"""What of webhooks counts as a break: small changes of the document that is served, and what is told of each."""

import copy
import json
from datetime import date

import pytest

from app.api.event_catalog.asyncapi import asyncapi_document
from releasing.event_changes import event_changes

TODAY = date(2027, 12, 1)


@pytest.fixture(scope="module")
def served():
    return json.loads(json.dumps(asyncapi_document()))


@pytest.fixture
def old(served):
    return copy.deepcopy(served)


@pytest.fixture
def new(served):
    return copy.deepcopy(served)


def told(old, new):
    return list(event_changes(old, new, TODAY))


def data(document, name):
    return document["components"]["schemas"][name]["properties"]["data"]


def test_takes_the_same_for_no_break(old, new):
    assert told(old, new) == []


def test_allows_new_types_and_fields_and_statuses(old, new):
    new["channels"]["full"]["messages"]["ledger.new"] = {"$ref": "#/components/messages/full-ledger.created"}
    data(new, "full-ledger.created")["properties"]["new"] = {"type": "string"}
    data(new, "full-ledger.created")["properties"]["status"]["enum"].append("NEW")
    assert told(old, new) == []


def test_tells_that_a_type_and_a_channel_are_gone(old, new):
    del new["channels"]["full"]["messages"]["ledger.created"], new["channels"]["notification"]
    assert told(old, new) == ["full ledger.created is gone", "the channel notification is gone"]


def test_tells_what_became_of_the_fields_of_a_message(old, new):
    fields = data(new, "full-ledger.created")["properties"]
    del fields["iban"]
    fields["scale"] = {"type": "string"}
    fields["status"]["enum"].remove("CLOSED")
    assert sorted(told(old, new)) == [
        "full ledger.created.data.iban is gone",
        "full ledger.created.data.scale may be string",
        "full ledger.created.data.status is never 'CLOSED' any more",
    ]


def test_tells_that_a_header_is_gone_from_every_message(old, new):
    headers = new["components"]["schemas"]["headers"]
    del headers["properties"]["x-quaestor-attempt"]
    found = told(old, new)
    assert found[0].endswith(".x-quaestor-attempt is gone")
    assert len(found) == sum(len(channel["messages"]) for channel in old["channels"].values())


def test_tells_of_another_version_of_the_messages(old, new):
    new["components"]["schemas"]["thin-ledger.created"]["properties"]["api_version"]["const"] = "2027-01-01"
    assert told(old, new) == ["thin ledger.created.api_version is never '2026-11-20' any more"]


def test_allows_the_end_of_a_type_that_was_deprecated_for_twelve_months(old, new):
    told_of = {"deprecated": True, "description": "Since 2026-12-01: use `ledger.updated`."}
    old["components"]["schemas"]["full-ledger.created"] |= told_of
    del new["channels"]["full"]["messages"]["ledger.created"]
    assert told(old, new) == []
    old["components"]["schemas"]["full-ledger.created"]["description"] = "Since 2026-12-02: use `ledger.updated`."
    assert told(old, new) == ["full ledger.created is gone"]
