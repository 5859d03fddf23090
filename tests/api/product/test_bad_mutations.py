"""Bad input to mutations: each a typed refusal with its path; nothing is written."""

import pytest

NOBODY = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"

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
        f'createHolder(input: {{ party: {{ company: {{ name: "Engines", registrationNumber: "{"1" * 300}" }} }} }})',
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
        'reviewHolder(input: { holderId: "NOBODY", decision: APPROVE, reason: "" })',
        ["input", "reason"],
    ),
    "issueVirtualLedger of no such asset": ('issueVirtualLedger(input: { asset: "SILVER" })', ["input", "asset"]),
    "issueVirtualLedger of money": ('issueVirtualLedger(input: { asset: "GBP" })', ["input", "asset"]),
    "issueVirtualLedger of another class": (
        'issueVirtualLedger(input: { asset: "GOLD", assetClass: CURRENCY })',
        ["input", "assetClass"],
    ),
    "assignLedger with a malformed ledger": (
        'assignLedger(input: { ledgerId: "x", holderId: "NOBODY" })',
        ["input", "ledgerId"],
    ),
    "assignLedger to a malformed holder": (
        'assignLedger(input: { ledgerId: "NOBODY", holderId: "x" })',
        ["input", "holderId"],
    ),
    "assignIban with a malformed id": ('assignIban(input: { ledgerId: "x" })', ["input", "ledgerId"]),
    "updateLedger with a malformed id": ('updateLedger(input: { ledgerId: "x", metadata: {} })', ["input", "ledgerId"]),
    "updateLedger with a number for metadata": (
        'updateLedger(input: { ledgerId: "NOBODY", metadata: 5 })',
        ["input", "metadata"],
    ),
    "closeLedger with a malformed id": ('closeLedger(input: { ledgerId: "x" })', ["input", "ledgerId"]),
    "closeLedger for a blank reason": (
        'closeLedger(input: { ledgerId: "NOBODY", reason: " " })',
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
    "createWebhookEndpoint with a header of ours": (
        'createWebhookEndpoint(input: { url: "http://127.0.0.1:9/", headers: [{ name: "webhook-id", value: "a" }] })',
        ["input", "headers", "0", "name"],
    ),
    "createWebhookEndpoint with a filter that is no object": (
        'createWebhookEndpoint(input: { url: "http://127.0.0.1:9/", filter: 5 })',
        ["input", "filter"],
    ),
    "createWebhookEndpoint with a key without its certificate": (
        'createWebhookEndpoint(input: { url: "http://127.0.0.1:9/", tls: { clientKey: "x" } })',
        ["input", "tls", "clientCertificate"],
    ),
    "updateWebhookEndpoint with no certificate": (
        'updateWebhookEndpoint(input: { endpointId: "NOBODY", tls: { caCertificate: "x" } })',
        ["input", "tls", "caCertificate"],
    ),
    "rotateWebhookSecret for a year": (
        'rotateWebhookSecret(endpointId: "NOBODY", overlapHours: 8760)',
        ["overlapHours"],
    ),
    "rotateWebhookSecret with a malformed id": ('rotateWebhookSecret(endpointId: "x")', ["endpointId"]),
    "deleteWebhookEndpoint with a malformed id": ('deleteWebhookEndpoint(endpointId: "x")', ["endpointId"]),
    "pingWebhookEndpoint with a malformed id": ('pingWebhookEndpoint(endpointId: "x")', ["endpointId"]),
    "redeliverWebhook with a malformed id": ('redeliverWebhook(deliveryId: "x")', ["deliveryId"]),
    "replayWebhooks with a malformed id": (
        'replayWebhooks(input: { endpointId: "x", since: "2026-11-20T12:00:00Z" })',
        ["input", "endpointId"],
    ),
    "replayWebhooks since no instant": (
        'replayWebhooks(input: { endpointId: "NOBODY", since: "yesterday" })',
        ["input", "since"],
    ),
    "replayWebhooks until before": (
        """replayWebhooks(input: {
            endpointId: "NOBODY", since: "2026-11-20T12:00:00Z", until: "2026-11-19T12:00:00Z" })""",
        ["input", "until"],
    ),
    "replayWebhooks of no such type": (
        'replayWebhooks(input: { endpointId: "NOBODY", since: "2026-11-20T12:00:00Z", eventTypes: ["x"] })',
        ["input", "eventTypes", "0"],
    ),
    "replayWebhooks about no object": (
        'replayWebhooks(input: { endpointId: "NOBODY", since: "2026-11-20T12:00:00Z", resourceId: "x" })',
        ["input", "resourceId"],
    ),
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
    body = await customer.ask(
        f"mutation {{ answer: {call.replace('NOBODY', NOBODY)} {{ __typename ... on Error {{ code message path }} }} }}"
    )
    assert "errors" not in body, body
    refusal = body["data"]["answer"]
    assert (refusal["__typename"], refusal["code"], refusal["path"]) == ("ValidationError", "VALIDATION", path)
    assert len(refusal["message"]) > 10
    await nothing_changed()
