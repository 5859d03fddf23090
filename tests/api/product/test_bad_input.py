"""Bad input: each a clear refusal that says what to change and where; nothing is written, and never a 5xx."""

import json

import pytest

from app.kernel.cursor import encode_cursor
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
            metadata: %s
        }) { __typename ... on Error { code path message } } }"""
        % literal
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


def forged(made_for, *values):
    return json.dumps(encode_cursor(made_for, values))


NUL_IN_DOCUMENTS = [
    r'{ ledgers(filter: { metadata: { a: "\u0000" } }) { nodes { id } } }',
    r'{ ledgers(filter: { asset: ["GB\u0000P"] }) { nodes { id } } }',
    r'{ ledgers(filter: { partnerProduct: ["a", """\u0000"""] }) { nodes { id } } }',
    r'{ events(filter: { resourceType: ["\u{0}"] }) { nodes { id } } }',
    r'mutation { createHolder(input: { party: { person: { name: "a\u{0000}" } } }) { __typename } }',
    r'mutation { closeLedger(input: { ledgerId: "x", reason: "\u0000" }) { __typename } }',
]


@pytest.mark.parametrize("document", NUL_IN_DOCUMENTS)
async def test_never_fails_on_a_document_with_a_nul(customer, nothing_changed, document):
    await nothing_changed.remember()
    body = await customer.ask(document)
    assert [error["extensions"]["code"] for error in body.get("errors", ())] in ([], ["BAD_REQUEST"])
    await nothing_changed()


REFUSED_QUERIES = {
    "0 ledgers": ("{ ledgers(first: 0) { nodes { id } } }", ["first"]),
    "-1 ledgers": ("{ ledgers(first: -1) { nodes { id } } }", ["first"]),
    "10,000 ledgers": ("{ ledgers(first: 10000) { nodes { id } } }", ["first"]),
    "the last 0 ledgers": ("{ ledgers(last: 0) { nodes { id } } }", ["last"]),
    "the last 10,000 ledgers": ("{ ledgers(last: 10000) { nodes { id } } }", ["last"]),
    "the last ledgers after a cursor": ('{ ledgers(last: 1, after: "x") { nodes { id } } }', ["after"]),
    "the first ledgers before a cursor": ('{ ledgers(first: 1, before: "x") { nodes { id } } }', ["before"]),
    "0 holders": ("{ holders(first: 0) { nodes { id } } }", ["first"]),
    "10,000 holders": ("{ holders(first: 10000) { nodes { id } } }", ["first"]),
    "0 events": ("{ events(first: 0) { nodes { id } } }", ["first"]),
    "10,000 events": ("{ events(first: 10000) { nodes { id } } }", ["first"]),
    "0 changes": ("{ ledgerChanges(first: 0) { nodes { type } } }", ["first"]),
    "10,000 changes": ("{ ledgerChanges(first: 10000) { nodes { type } } }", ["first"]),
    "0 deliveries": ("{ webhookDeliveries(first: 0) { nodes { id } } }", ["first"]),
    "10,000 deliveries": ("{ webhookDeliveries(first: 10000) { nodes { id } } }", ["first"]),
    "a cursor that is none": ('{ ledgers(after: "abc") { nodes { id } } }', ["after"]),
    "a cursor with other letters": ('{ ledgers(after: "ünïcode") { nodes { id } } }', ["after"]),
    "a cursor of 10,000 characters": ('{ ledgers(after: "%s") { nodes { id } } }' % ("a" * 10_000), ["after"]),
    "a cursor deep in brackets": (
        '{ ledgers(after: "%s") { nodes { id } } }' % ("W1tb" * 120),
        ["after"],
    ),
    "a cursor of another list": (
        "{ ledgers(after: %s) { nodes { id } } }" % forged("feed", 5),
        ["after"],
    ),
    "a forged cursor": (
        "{ ledgers(after: %s) { nodes { id } } }" % forged(["ledgers", "CREATED_AT", True, {}], "never", "nobody"),
        ["after"],
    ),
    "a forged cursor of holders": (
        "{ holders(after: %s) { nodes { id } } }" % forged(["holders", None, None, None, None], "never", "nobody"),
        ["after"],
    ),
    "an event cursor that is none": ('{ events(after: "abc") { nodes { id } } }', ["after"]),
    "a change cursor that is none": ('{ ledgerChanges(after: "abc") { nodes { type } } }', ["after"]),
    "a holder cursor that is none": ('{ holders(after: "abc") { nodes { id } } }', ["after"]),
    "a delivery cursor that is none": ('{ webhookDeliveries(after: "abc") { nodes { id } } }', ["after"]),
    "a ledger by a malformed id": ('{ ledger(by: { id: "abc" }) { id } }', ["by", "id"]),
    "a ledger by an empty id": ('{ ledger(by: { id: "" }) { id } }', ["by", "id"]),
    "a ledger by a malformed IBAN": ('{ ledger(by: { iban: "GB00" }) { id } }', ["by", "iban"]),
    "a ledger by an empty IBAN": ('{ ledger(by: { iban: "" }) { id } }', ["by", "iban"]),
    "a ledger by an IBAN with wrong check digits": (
        '{ ledger(by: { iban: "GB47PAYR04005212339712" }) { id } }',
        ["by", "iban"],
    ),
    "a ledger by a sort code of five digits": (
        '{ ledger(by: { ukBankAccount: { sortCode: "04005", accountNumber: "00000001" } }) { id } }',
        ["by", "ukBankAccount", "sortCode"],
    ),
    "a ledger by letters for an account number": (
        '{ ledger(by: { ukBankAccount: { sortCode: "040052", accountNumber: "abc" } }) { id } }',
        ["by", "ukBankAccount", "accountNumber"],
    ),
    "a wait of a minute": ('{ ledger(by: { id: "%s" }, wait: true, timeoutMs: 60000) { id } }' % NOBODY, ["timeoutMs"]),
    "a wait of less than nothing": ('{ ledger(by: { id: "%s" }, timeoutMs: -1) { id } }' % NOBODY, ["timeoutMs"]),
    "ledgers of a malformed holder": ('{ ledgers(filter: { holderId: "x" }) { nodes { id } } }', ["filter", "holderId"]),
    "ledgers by a malformed id": (
        '{ ledgers(filter: { ids: ["%s", "x"] }) { nodes { id } } }' % NOBODY,
        ["filter", "ids", "1"],
    ),
    "ledgers since never": (
        '{ ledgers(filter: { changedSince: "yesterday" }) { nodes { id } } }',
        ["filter", "changedSince"],
    ),
    "ledgers since an instant without zone": (
        '{ ledgers(filter: { changedSince: "2026-11-20T12:00:00" }) { nodes { id } } }',
        ["filter", "changedSince"],
    ),
    "ledgers created on the 30th of February": (
        '{ ledgers(filter: { createdAt: { gte: "2026-02-30T12:00:00Z" } }) { nodes { id } } }',
        ["filter", "createdAt", "gte"],
    ),
    "ledgers with a malformed IBAN": (
        '{ ledgers(filter: { byIban: "GB00" }) { nodes { id } } }',
        ["filter", "byIban"],
    ),
    "ledgers with a malformed account": (
        '{ ledgers(filter: { byUkBankAccount: { sortCode: "1", accountNumber: "1" } }) { nodes { id } } }',
        ["filter", "byUkBankAccount", "sortCode"],
    ),
    "ledgers with a list for metadata": (
        "{ ledgers(filter: { metadata: [1] }) { nodes { id } } }",
        ["filter", "metadata"],
    ),
    "holders since never": ('{ holders(filter: { changedSince: "x" }) { nodes { id } } }', ["filter", "changedSince"]),
    "a malformed holder": ('{ holder(id: "x") { id } }', ["id"]),
    "a malformed node": ('{ node(id: "x") { id } }', ["id"]),
    "a malformed node among others": ('{ nodes(ids: ["%s", "x"]) { id } }' % NOBODY, ["ids", "1"]),
    "events of no such type": ('{ events(filter: { types: ["ledger.burnt"] }) { nodes { id } } }', ["filter", "types", "0"]),
    "events about a malformed id": ('{ events(filter: { resourceId: "x" }) { nodes { id } } }', ["filter", "resourceId"]),
    "events before never": (
        '{ events(filter: { occurredAt: { lt: "x" } }) { nodes { id } } }',
        ["filter", "occurredAt", "lt"],
    ),
    "changes since never": ('{ ledgerChanges(since: "x") { nodes { type } } }', ["since"]),
    "a malformed endpoint": ('{ webhookEndpoint(id: "x") { id } }', ["id"]),
    "a malformed delivery": ('{ webhookDelivery(id: "x") { id } }', ["id"]),
    "deliveries to a malformed endpoint": (
        '{ webhookDeliveries(filter: { endpointId: "x" }) { nodes { id } } }',
        ["filter", "endpointId"],
    ),
    "deliveries of no such type": (
        '{ webhookDeliveries(filter: { eventTypes: ["ledger.*", "ledger.burnt"] }) { nodes { id } } }',
        ["filter", "eventTypes", "1"],
    ),
}


@pytest.mark.parametrize("case", REFUSED_QUERIES)
async def test_refuses_to_list(customer, nothing_changed, case):
    query, path = REFUSED_QUERIES[case]
    await nothing_changed.remember()
    body = await customer.ask(query)
    (error,) = body["errors"]
    assert (error["extensions"]["code"], error["extensions"].get("path")) == ("VALIDATION", path)
    assert len(error["message"]) > 10
    await nothing_changed()


async def test_refuses_1001_values_in_a_filter(customer):
    query = "query ($filter: LedgerFilter) { ledgers(filter: $filter) { nodes { id } } }"
    for name in ("ids", "asset", "partnerProduct"):
        (error,) = (await customer.ask(query, filter={name: ["x"] * 1_001}))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", ["filter", name])
        assert "At most 1,000" in error["message"]


REFUSED_MUTATIONS = {
    "createHolder with a blank name": (
        'createHolder(input: { party: { person: { name: " " } } })',
        ["input", "party", "person", "name"],
    ),
    "createHolder born in the future": (
        'createHolder(input: { party: { person: { name: "Ada", dateOfBirth: "2999-01-01" } } })',
        ["input", "party", "person", "dateOfBirth"],
    ),
    "createHolder born on no day": (
        'createHolder(input: { party: { person: { name: "Ada", dateOfBirth: "1987-02-30" } } })',
        ["input", "party", "person", "dateOfBirth"],
    ),
    "createHolder with a number of 300 characters": (
        'createHolder(input: { party: { company: { name: "Engines", registrationNumber: "%s" } } })' % ("1" * 300),
        ["input", "party", "company", "registrationNumber"],
    ),
    "createHolder with half an e-mail address": (
        'createHolder(input: { party: { person: { name: "Ada" } }, email: "ada" })',
        ["input", "email"],
    ),
    "createHolder in no country": (
        'createHolder(input: { party: { person: { name: "Ada" } }, address: { country: "gb" } })',
        ["input", "address", "country"],
    ),
    "updateHolder with a malformed id": ('updateHolder(input: { holderId: "x" })', ["input", "holderId"]),
    "reviewHolder with a malformed id": (
        'reviewHolder(input: { holderId: "x", decision: APPROVE, reason: "because" })',
        ["input", "holderId"],
    ),
    "reviewHolder without a reason": (
        'reviewHolder(input: { holderId: "%s", decision: APPROVE, reason: "" })' % NOBODY,
        ["input", "reason"],
    ),
    "issueVirtualLedger of no such asset": ('issueVirtualLedger(input: { asset: "SILVER" })', ["input", "asset"]),
    "issueVirtualLedger of money": ('issueVirtualLedger(input: { asset: "GBP" })', ["input", "asset"]),
    "issueVirtualLedger of another class": (
        'issueVirtualLedger(input: { asset: "GOLD", assetClass: CURRENCY })',
        ["input", "assetClass"],
    ),
    "assignLedger with a malformed ledger": (
        'assignLedger(input: { ledgerId: "x", holderId: "%s" })' % NOBODY,
        ["input", "ledgerId"],
    ),
    "assignLedger to a malformed holder": (
        'assignLedger(input: { ledgerId: "%s", holderId: "x" })' % NOBODY,
        ["input", "holderId"],
    ),
    "assignIban with a malformed id": ('assignIban(input: { ledgerId: "x" })', ["input", "ledgerId"]),
    "updateLedger with a malformed id": ('updateLedger(input: { ledgerId: "x", metadata: {} })', ["input", "ledgerId"]),
    "updateLedger with a number for metadata": (
        'updateLedger(input: { ledgerId: "%s", metadata: 5 })' % NOBODY,
        ["input", "metadata"],
    ),
    "closeLedger with a malformed id": ('closeLedger(input: { ledgerId: "x" })', ["input", "ledgerId"]),
    "closeLedger for a blank reason": (
        'closeLedger(input: { ledgerId: "%s", reason: " " })' % NOBODY,
        ["input", "reason"],
    ),
    "createWebhookEndpoint to nowhere": ('createWebhookEndpoint(input: { url: "nowhere" })', ["input", "url"]),
    "createWebhookEndpoint of no such type": (
        'createWebhookEndpoint(input: { url: "http://127.0.0.1:9/", eventTypes: ["x"] })',
        ["input", "eventTypes", "0"],
    ),
    "updateWebhookEndpoint with a malformed id": (
        'updateWebhookEndpoint(input: { endpointId: "x" })',
        ["input", "endpointId"],
    ),
    "deleteWebhookEndpoint with a malformed id": ('deleteWebhookEndpoint(endpointId: "x")', ["endpointId"]),
    "pingWebhookEndpoint with a malformed id": ('pingWebhookEndpoint(endpointId: "x")', ["endpointId"]),
    "createApiKey without a name": ('createApiKey(input: { name: "", scopes: ["*"] })', ["input", "name"]),
    "createApiKey without scopes": ('createApiKey(input: { name: "a", scopes: [] })', ["input", "scopes"]),
    "createApiKey with no such scope": (
        'createApiKey(input: { name: "a", scopes: ["ledgers:burn"] })',
        ["input", "scopes", "0"],
    ),
    "createApiKey until yesterday": (
        'createApiKey(input: { name: "a", scopes: ["*"], expiresAt: "2020-01-01T00:00:00Z" })',
        ["input", "expiresAt"],
    ),
    "revokeApiKey with a malformed id": ('revokeApiKey(apiKeyId: "x")', ["apiKeyId"]),
}


@pytest.mark.parametrize("case", REFUSED_MUTATIONS)
async def test_refuses(customer, nothing_changed, case):
    call, path = REFUSED_MUTATIONS[case]
    await nothing_changed.remember()
    body = await customer.ask("mutation { answer: %s { __typename ... on Error { code message path } } }" % call)
    assert "errors" not in body, body
    refusal = body["data"]["answer"]
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == ("ValidationError", "VALIDATION", path)
    assert len(refusal["message"]) > 10
    await nothing_changed()
