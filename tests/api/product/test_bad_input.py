"""Bad input: each a clear refusal that says what to change and where; nothing is written, and never a 5xx."""

import json

import pytest

from tests.api.product.conftest import Client

ISSUE = """
    mutation ($input: IssueLedgerInput!) { issueLedger(input: $input) {
        __typename
        ... on Error { code message path }
        ... on ValidationError { fields { path code message } }
    } }
"""
NOBODY = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"


def ledger_with(**changed):
    return {
        "partnerProduct": "PayrNet-GBP-1",
        "asset": "GBP",
        "primaryUses": ["PAYMENTS"],
        "assetsOwnedBy": "ME",
        "jurisdiction": "GB",
        **changed,
    }


def nested(depth):
    value = "deep"
    for _ in range(depth):
        value = {"a": value}
    return value


REFUSED_LEDGERS = {
    "an unknown product": (
        {"partnerProduct": "Nonsense-1"},
        ("ValidationError", "VALIDATION", ["input", "partnerProduct"]),
        "Offered are: PayrNet-EUR-1, PayrNet-GBP-1.",
    ),
    "a product of another environment": (
        {"partnerProduct": "ExampleBank-GBP-1"},
        ("ValidationError", "VALIDATION", ["input", "partnerProduct"]),
        "Offered are: PayrNet-EUR-1, PayrNet-GBP-1.",
    ),
    "a product with a letter in the other case": (
        {"partnerProduct": "payrnet-gbp-1"},
        ("ValidationError", "VALIDATION", ["input", "partnerProduct"]),
        "Offered are",
    ),
    "an asset that is not the product's": (
        {"asset": "EUR"},
        ("ValidationError", "ASSET_MISMATCH", ["input", "asset"]),
        "PayrNet-GBP-1 holds GBP",
    ),
    "a class that is not the asset's": (
        {"assetClass": "COMMODITY"},
        ("ValidationError", "VALIDATION", ["input", "assetClass"]),
        "issue a virtual ledger",
    ),
    "no use": ({"primaryUses": []}, ("ValidationError", "VALIDATION", ["input", "primaryUses"]), "at least one"),
    "a country that is none": (
        {"jurisdiction": "Britain"},
        ("ValidationError", "VALIDATION", ["input", "jurisdiction"]),
        "two capital letters",
    ),
    "a malformed UUID": (
        {"holderId": "not-a-uuid"},
        ("ValidationError", "VALIDATION", ["input", "holderId"]),
        "36-character form",
    ),
    "a UUID in braces": (
        {"holderId": "{" + NOBODY + "}"},
        ("ValidationError", "VALIDATION", ["input", "holderId"]),
        "36-character form",
    ),
    "an unknown holder": ({"holderId": NOBODY}, ("NotFoundError", "NOT_FOUND", ["input", "holderId"]), NOBODY),
    "metadata that is a list": (
        {"metadata": [1]},
        ("ValidationError", "VALIDATION", ["input", "metadata"]),
        "JSON object",
    ),
    "metadata of 17 kB": (
        {"metadata": {"a": "x" * 17_000}},
        ("ValidationError", "VALIDATION", ["input", "metadata"]),
        "at most 16,384 bytes",
    ),
    "metadata nested 100 deep": (
        {"metadata": nested(100)},
        ("ValidationError", "VALIDATION", ["input", "metadata"]),
        "at most 10 deep",
    ),
    "metadata with 201 keys": (
        {"metadata": {str(number): 1 for number in range(201)}},
        ("ValidationError", "VALIDATION", ["input", "metadata"]),
        "at most 200 keys",
    ),
    "a blank idempotency key": (
        {"idempotencyKey": "  "},
        ("ValidationError", "VALIDATION", ["input", "idempotencyKey"]),
        "blank",
    ),
    "an idempotency key of 256 characters": (
        {"idempotencyKey": "k" * 256},
        ("ValidationError", "VALIDATION", ["input", "idempotencyKey"]),
        "at most 255",
    ),
}


@pytest.mark.parametrize("case", REFUSED_LEDGERS)
async def test_refuses_to_issue_a_ledger_with(customer, nothing_changed, case):
    changed, (type_name, code, path), told = REFUSED_LEDGERS[case]
    await nothing_changed.remember()
    refusal = (await customer.data(ISSUE, input=ledger_with(**changed)))["issueLedger"]
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == (type_name, code, path)
    assert told in refusal["message"]
    if type_name == "ValidationError":
        assert [(field["path"], field["code"]) for field in refusal["fields"]] == [(path, code)]
    await nothing_changed()


async def test_refuses_the_holder_of_another_customer_as_one_that_does_not_exist(
    customer, other_customer, nothing_changed
):
    theirs = await other_customer.create_holder()
    await nothing_changed.remember()
    refusal = (await customer.data(ISSUE, input=ledger_with(holderId=theirs)))["issueLedger"]
    assert refusal == {
        "__typename": "NotFoundError",
        "code": "NOT_FOUND",
        "message": f"There is no holder {theirs}.",
        "path": ["input", "holderId"],
    }
    await nothing_changed()


# Written into the document itself, since a JSON body cannot hold them all.
UNSTORABLE_LITERALS = {
    "a NUL": r'{ a: "x\u0000y" }',
    "a NUL deep inside": r'{ a: [{ b: "\u0000" }] }',
    "1e400": "{ a: 1e400 }",
    "-1e400": "{ a: -1e400 }",
    "an integer of 20 digits": "{ a: 12345678901234567890 }",
    "an integer of 400 digits": "{ a: " + "9" * 400 + " }",
    "an integer of 5,000 digits": "{ a: " + "9" * 5_000 + " }",
    "a real of 20 digits": "{ a: 12345678901234567890.0 }",
}


@pytest.mark.parametrize("case", UNSTORABLE_LITERALS)
async def test_refuses_metadata_with(customer, nothing_changed, case):
    await nothing_changed.remember()
    literal = UNSTORABLE_LITERALS[case]
    body = await customer.ask(
        """mutation { issueLedger(input: {
            partnerProduct: "PayrNet-GBP-1", asset: "GBP", primaryUses: [FEES], assetsOwnedBy: ME, jurisdiction: "GB",
            metadata: LITERAL
        }) { __typename ... on Error { code path message } } }""".replace("LITERAL", literal)
    )
    if "errors" in body:  # Refused as a document, before any verb was reached.
        assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_REQUEST"]
    else:
        refusal = body["data"]["issueLedger"]
        assert (refusal["__typename"], refusal["path"]) == ("ValidationError", ["input", "metadata"])
    await nothing_changed()


@pytest.mark.parametrize("number", ["1e400", "12345678901234567890", "-9223372036854775809", "1e30"])
async def test_refuses_numbers_in_metadata_that_would_not_come_back_as_they_were(customer, nothing_changed, number):
    await nothing_changed.remember()
    text = json.dumps({"query": ISSUE, "variables": {"input": ledger_with(metadata={"a": "NUMBER"})}})
    response = await customer.post(
        content=text.replace('"NUMBER"', number), headers={"Content-Type": "application/json"}
    )
    if response.status_code == 400:
        assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    else:
        refusal = response.json()["data"]["issueLedger"]
        assert (refusal["__typename"], refusal["path"]) == ("ValidationError", ["input", "metadata"])
    await nothing_changed()


async def test_keeps_numbers_in_metadata_exactly(customer):
    exact = {"largest": 9223372036854775807, "smallest": -9223372036854775807, "real": 0.1, "tiny": 1e-300}
    ledger_id = await customer.issue_ledger(metadata=exact)
    answer = await customer.data("query ($id: ID!) { ledger(by: { id: $id }) { metadata } }", id=ledger_id)
    assert answer["ledger"]["metadata"] == exact


REFUSED_BODIES = {
    "no JSON": (b"{query:", 400, "BAD_REQUEST"),
    "no UTF-8": (b'{"query": "{ \xff }"}', 400, "BAD_REQUEST"),
    "a list": (b"[]", 400, "BAD_REQUEST"),
    "nothing": (b"", 400, "BAD_REQUEST"),
    "a lone surrogate": (
        json.dumps({"query": ISSUE, "variables": {"input": ledger_with(metadata={"a": "\ud800"})}}).encode(),
        400,
        "BAD_REQUEST",
    ),
    "a NUL character": (
        json.dumps({"query": ISSUE, "variables": {"input": ledger_with(metadata={"a": "\x00"})}}).encode(),
        400,
        "BAD_REQUEST",
    ),
    "metadata of 1 MB": (
        json.dumps({"query": ISSUE, "variables": {"input": ledger_with(metadata={"a": "x" * 1_000_000})}}).encode(),
        413,
        "BAD_REQUEST",
    ),
    "5 MB": (json.dumps({"query": "{ __typename }" + " " * 5_000_000}).encode(), 413, "BAD_REQUEST"),
}


@pytest.mark.parametrize("case", REFUSED_BODIES)
async def test_refuses_a_body_of(customer, nothing_changed, case):
    body, status, code = REFUSED_BODIES[case]
    await nothing_changed.remember()
    response = await customer.post(content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": code}
    assert len(error["message"]) > 10
    await nothing_changed()


@pytest.mark.parametrize("key", [None, "nonsense", "qk_" + "A" * 60])
async def test_refuses_a_missing_or_unknown_key(application, nothing_changed, key):
    response = await Client(application, key).post(json={"query": ISSUE, "variables": {"input": ledger_with()}})
    assert response.status_code == 401
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert response.json().get("data") is None
    await nothing_changed()


async def test_refuses_a_revoked_key(application, customer, nothing_changed):
    made = await customer.data(
        """mutation { createApiKey(input: { name: "doomed", scopes: ["*"] }) {
            ... on ApiKeySuccess { key apiKey { id } } } }"""
    )
    doomed = Client(application, made["createApiKey"]["key"])
    await doomed.data("{ viewer { customerName } }")
    await customer.data(
        "mutation ($id: ID!) { revokeApiKey(apiKeyId: $id) { __typename } }", id=made["createApiKey"]["apiKey"]["id"]
    )
    await nothing_changed.remember()
    response = await doomed.post(json={"query": ISSUE, "variables": {"input": ledger_with()}})
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    await nothing_changed()
