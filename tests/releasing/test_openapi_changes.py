"""What of REST counts as a break: small changes of the document that is served, and what is told of each."""

import copy
import json
from datetime import date

import pytest

from app.api.rest.openapi import openapi_document
from releasing.openapi_changes import openapi_changes

TODAY = date(2027, 12, 1)
LIST = "/v1/customer/ledgers"
TRANSFER = "/v1/customer/transactions/inter-ledger"


@pytest.fixture(scope="module")
def served():
    return json.loads(json.dumps(openapi_document()))


@pytest.fixture
def old(served):
    return copy.deepcopy(served)


@pytest.fixture
def new(served):
    return copy.deepcopy(served)


def told(old, new):
    return list(openapi_changes(old, new, TODAY))


def parameter(document, path, name, method="get"):
    return next(one for one in document["paths"][path][method]["parameters"] if one["name"] == name)


def schema(document, name):
    return document["components"]["schemas"][name]


def test_takes_the_same_for_no_break(old, new):
    assert told(old, new) == []


def test_allows_what_only_adds(old, new):
    new["paths"]["/v1/customer/new"] = {"get": copy.deepcopy(new["paths"][LIST]["get"])}
    new["paths"][LIST]["delete"] = copy.deepcopy(new["paths"][LIST]["get"])
    new["paths"][LIST]["get"]["parameters"].append({"in": "query", "name": "new", "required": False, "schema": {}})
    new["paths"][LIST]["get"]["responses"]["418"] = {"description": "A teapot."}
    schema(new, "LedgerAnswer")["properties"]["new"] = {"type": "string"}
    schema(new, "IssueLedgerBody")["properties"]["new"] = {"type": "string"}
    schema(new, "IssueLedgerBody")["required"].remove("asset_class")
    new["components"]["schemas"]["New"] = {"type": "string"}
    new["info"]["version"] = "9.9.9"
    assert told(old, new) == []


def test_tells_that_a_path_an_operation_and_an_answer_are_gone(old, new):
    del new["paths"][TRANSFER], new["paths"][LIST]["post"]
    del new["paths"][LIST]["get"]["responses"]["200"]
    assert told(old, new) == [
        f"GET {LIST} never answers 200 any more",
        f"POST {LIST} is gone",
        f"POST {TRANSFER} is gone",
    ]


def test_tells_that_a_function_of_generated_clients_has_another_name(old, new):
    new["paths"][LIST]["get"]["operationId"] = "ledgers"
    assert told(old, new) == [f"GET {LIST} has another operationId"]


def test_tells_what_became_of_parameters(old, new):
    parameter(new, LIST, "holder_id")["required"] = True
    parameter(new, LIST, "items_per_page")["schema"]["maximum"] = 5
    new["paths"][LIST]["get"]["parameters"].remove(parameter(new, LIST, "created_at"))
    new["paths"][LIST]["get"]["parameters"].append({"in": "query", "name": "new", "required": True, "schema": {}})
    assert told(old, new) == [
        f"GET {LIST} query holder_id is required",
        f"GET {LIST} query created_at is gone",
        f"GET {LIST} query items_per_page has another maximum",
        f"GET {LIST} query new is required",
    ]


def test_tells_what_became_of_bodies(old, new):
    body = schema(new, "InterLedgerBody")
    body["required"].append("transaction_meta")
    del body["properties"]["ledger_to_id"]
    body["properties"]["amount"]["exclusiveMinimum"] = 1
    del new["paths"]["/v1/customer/payments"]["post"]["requestBody"]
    assert told(old, new)[0] == f"POST {TRANSFER} body.ledger_to_id is gone"
    assert set(told(old, new)) == {
        f"POST {TRANSFER} body.ledger_to_id is gone",
        f"POST {TRANSFER} body.transaction_meta is required",
        f"POST {TRANSFER} body.amount has another exclusiveMinimum",
        "POST /v1/customer/payments body is gone",
    }


def test_tells_what_became_of_answers(old, new):
    answer = new["paths"]["/v1/customer/books"]["get"]["responses"]["200"]
    answer["content"] = {"text/plain": {"schema": {"type": "string"}}}
    del new["paths"][LIST]["get"]["responses"]["200"]["headers"]["Link"]
    del schema(new, "EntryAnswer")["properties"]["amount"]
    found = told(old, new)
    assert "GET /v1/customer/books 200 is not application/json any more" in found
    assert f"GET {LIST} 200 has no header Link any more" in found
    assert f"GET {LIST}/entries 200[].amount is gone" in found


def test_tells_that_a_type_of_generated_clients_is_gone(old, new):
    schemas = new["components"]["schemas"]
    schemas["Entry"] = schemas.pop("EntryAnswer")
    text = json.dumps(new).replace("#/components/schemas/EntryAnswer", "#/components/schemas/Entry")
    assert told(old, json.loads(text)) == ["the schema EntryAnswer is gone"]


def test_tells_that_keys_are_sent_otherwise(old, new):
    new["security"].remove({"bearer": []})
    new["components"]["securitySchemes"]["key"]["name"] = "X-Api-Key"
    assert told(old, new) == [
        "the document no longer takes bearer",
        "the document has another security scheme key",
    ]


def end(part, since="2026-12-01"):
    part |= {"deprecated": True, "description": f"Since {since}: use `iban`."}


def test_allows_the_end_of_what_was_deprecated_for_twelve_months(old, new):
    for part in (
        old["paths"][TRANSFER]["post"],
        parameter(old, LIST, "created_at"),
        schema(old, "LedgerAnswer")["properties"]["iban"],
    ):
        end(part)
    del new["paths"][TRANSFER], schema(new, "LedgerAnswer")["properties"]["iban"]
    del new["components"]["schemas"]["InterLedgerBody"]  # Nothing but that operation led to it.
    new["paths"][LIST]["get"]["parameters"].remove(parameter(new, LIST, "created_at"))
    assert told(old, new) == []


def test_refuses_the_end_of_what_was_deprecated_for_less(old, new):
    end(old["paths"][TRANSFER]["post"], since="2026-12-02")
    del new["paths"][TRANSFER]
    assert told(old, new) == [f"POST {TRANSFER} is gone"]
