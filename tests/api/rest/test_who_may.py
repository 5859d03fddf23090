"""Every operation: its scopes, and that what is another customer's, or another holder's, is not there.

The tables below are walked by the operations themselves: a new one without a row fails the first test.
"""

import json

import pytest

from app.access.authenticate import authenticate
from app.access.create_access_token import CreateAccessToken, create_access_token
from app.api.rest.operations import OPERATIONS
from app.kernel.actor import ALL_SCOPES, Via
from tests.api.rest.conftest import GBP_LEDGER, GOLD_LEDGER, PERSON, RestClient, refusal

BY_NAME = {one.name: one for one in OPERATIONS}
WALLET = {"wallet_name": "w", "currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2}
CALLS = {
    "issueLedger": {"body": {**GBP_LEDGER, "holder_id": "<enduser>"}},
    "issueVirtualLedger": {"body": {**GOLD_LEDGER, "holder_id": "<enduser>"}},
    "assignLedger": {"names": {"ledger_id": "<unassigned>"}, "body": {"holder_id": "<enduser>"}},
    "assignIban": {"names": {"ledger_id": "<euros>"}},
    "closeLedger": {"names": {"ledger_id": "<pounds>"}},
    "updateLedger": {"names": {"ledger_id": "<gold>"}, "body": {"ledger_meta": {"a": 1}}},
    "fetchLedger": {"names": {"ledger_id": "<gold>"}},
    "waitForLedger": {"names": {"ledger_id": "<gold>"}},
    "fetchLedgerByIban": {"params": {"iban": "<iban>"}},
    "fetchLedgerByUkBankAccount": {"params": {"uk_sort_code": "<sort_code>", "uk_account_number": "<account_number>"}},
    "listLedgers": {"params": {"last_seen_id": "<gold>"}},
    "listUnassignedLedgers": {"params": {"last_seen_id": "<gold>"}},
    "listChangedLedgers": {},
    "listEntries": {"params": {"last_seen_id": "<entry>"}},
    "listEntriesOfLedger": {"names": {"ledger_id": "<gold>"}},
    "createEnduser": {"body": PERSON},
    "updateEnduser": {"names": {"enduser_id": "<enduser>"}, "body": {"email": "ada@example.com"}},
    "fetchEnduser": {"names": {"enduser_id": "<enduser>"}},
    "waitForEnduser": {"names": {"enduser_id": "<enduser>"}},
    "listEndusers": {"params": {"last_seen_id": "<enduser>"}},
    "postTransfer": {"body": {"ledger_from_id": "<gold>", "ledger_to_id": "<unassigned>", "amount": 1}},
    "creditVirtualLedger": {"body": {"ledger_id": "<gold>", "amount": 1}},
    "debitVirtualLedger": {"body": {"ledger_id": "<gold>", "amount": 1}},
    "fetchTransaction": {"names": {"transaction_id": "<transaction>"}},
    "sendPayment": {
        "body": {
            "ledger_from_id": "<pounds>",
            "amount": 1,
            "beneficiary": {"name": "Grace", "iban": "GB33BUKB20201555555555"},
        }
    },
    "fetchPayment": {"names": {"payment_id": "<payment>"}},
    "createAccount": {"body": {"account_type": "group", "account_reference": "<new>", "wallets": [WALLET]}},
    "createWallet": {"body": {**WALLET, "account_reference": "<account>", "wallet_name": "v"}},
    "fetchAccount": {"names": {"account_reference": "<account>"}},
    "freezeLedger": {"names": {"ledger_id": "<gold>"}, "body": {"reason": "Court order."}},
    "unfreezeLedger": {"names": {"ledger_id": "<gold>"}},
    "setOverdraftLimitOfLedger": {"names": {"ledger_id": "<pounds>"}, "body": {"overdraft_limit": 1}},
    "freezeWallet": {"names": {"wallet_id": "<wallet>"}, "body": {"reason": "Court order."}},
    "unfreezeWallet": {"names": {"wallet_id": "<wallet>"}},
    "setOverdraftLimitOfWallet": {"names": {"wallet_id": "<wallet>"}, "body": {"overdraft_limit": 1}},
    "fetchTransactionByKey": {"params": {"idempotency_key": "gold-<gold>"}},
    "fetchPaymentByKey": {"params": {"idempotency_key": "paid-<pounds>"}},
    "fetchSafeguarding": {"names": {"ledger_id": "<pounds>"}},
    "closeBooks": {"body": {"through": "2020-01-01T00:00:00Z"}},
    "fetchBooks": {},
    "fetchStatement": {"names": {"ledger_id": "<gold>"}, "params": {"from": "2020-01-01"}},
    "fetchWalletStatement": {"names": {"wallet_id": "<wallet>"}, "params": {"from": "2020-01-01"}},
    "exportJournal": {"params": {"format": "hledger"}},
    "listWallets": {"params": {"account_reference": "<account>"}},
}
NAMES_NOTHING_OF_ANOTHER = {
    *("listChangedLedgers", "createEnduser", "createAccount", "closeBooks", "fetchBooks", "exportJournal"),
}
GRACE = "GB33BUKB20201555555555"
ARRIVE = """mutation ($input: SimulatePaymentInput!) { simulateIncomingPayment(input: $input) {
    ... on PaymentSuccess { payment { id } } } }"""


def test_has_a_call_of_each_operation():
    assert set(CALLS) == set(BY_NAME)


async def scene_of(client, graphql, work):
    """A customer with one of everything; answers the ids."""
    enduser = (await client.done("POST", "/v1/customer/endusers", PERSON))["enduser_id"]
    await work()
    ids = {
        "enduser": enduser,
        "pounds": await client.issue(holder_id=enduser),
        "euros": await client.issue(holder_id=enduser, partner_product="PayrNet-EUR-1", asset_type="eur"),
        "gold": await client.gold(10, holder_id=enduser),
        "unassigned": await client.gold(),
        "account": f"account of {client.customer_id}",
        "new": f"new one of {client.customer_id}",
    }
    await work()
    pounds = await client.ledger(ids["pounds"])
    ids |= {"iban": pounds["iban"], "sort_code": pounds["uk_sort_code"], "account_number": pounds["uk_account_number"]}
    [entry] = await client.done("GET", f"/v1/customer/ledgers/{ids['gold']}/entries")
    ids |= {"entry": entry["ledger_entry_id"], "transaction": entry["transaction_id"]}
    arriving = {"idempotencyKey": "a", "ledgerId": ids["pounds"], "amount": {"value": "10.00", "asset": "GBP"}}
    arrived = await graphql.data(ARRIVE, input=arriving)
    ids["payment"] = arrived["simulateIncomingPayment"]["payment"]["id"]
    body = {"account_type": "group", "account_reference": ids["account"], "holder_id": enduser, "wallets": [WALLET]}
    made = await client.done("POST", "/api/v1/account", body)
    ids["wallet"] = made["wallets"][0]["wallet_id"]
    sending = {"ledger_from_id": ids["pounds"], "amount": 1, "beneficiary": {"name": "Grace", "iban": GRACE}}
    await client.done("POST", "/v1/customer/payments", sending, key=f"paid-{ids['pounds']}")
    return ids


@pytest.fixture
async def scene(customer, work):
    client = RestClient(customer.application, customer.api_key, customer.customer_id)
    return client, await scene_of(client, customer, work)


@pytest.fixture
async def other_scene(other_customer, work):
    client = RestClient(other_customer.application, other_customer.api_key, other_customer.customer_id)
    return client, await scene_of(client, other_customer, work)


async def call(client, name, ids):
    """The call of this operation with these ids."""
    text = json.dumps(CALLS[name])
    for key, value in ids.items():
        text = text.replace(f"<{key}>", value)
    asked, operation = json.loads(text), BY_NAME[name]
    path = operation.path
    for word, value in asked.get("names", {}).items():
        path = path.replace(f"{{{word}}}", value)
    key = f"key of {name}" if operation.needs_key else None
    return await client.call(operation.method, path, asked.get("body"), params=asked.get("params"), key=key)


async def test_does_not_know_what_is_another_customers(scene, other_scene, nothing_changed):
    (client, _), (_, theirs) = scene, other_scene
    await nothing_changed.remember()
    for name in CALLS.keys() - NAMES_NOTHING_OF_ANOTHER:
        response = await call(client, name, theirs)
        is_place = "last_seen_id" in CALLS[name].get("params", {})
        refusal(response, 422 if is_place else 404, "VALIDATION" if is_place else "NOT_FOUND")
    await nothing_changed()
    changed = (await call(client, "listChangedLedgers", theirs)).json()
    assert not {one["ledger_id"] for one in changed["ledgers"]} & set(theirs.values())


async def test_needs_the_scopes_that_the_document_says(scene, nothing_changed):
    client, ids = scene
    for name, operation in BY_NAME.items():
        for lacking in operation.scopes:
            narrow = await client.with_scopes(*(scope for scope in ALL_SCOPES if scope not in {lacking, "*"}))
            await nothing_changed.remember()
            [fault] = refusal(await call(narrow, name, ids), 403, "FORBIDDEN")
            assert fault["required_scope"] == lacking, name
            await nothing_changed()


async def test_needs_no_other_scopes(scene):
    client, ids = scene
    for name, operation in BY_NAME.items():
        narrow = await client.with_scopes(*operation.scopes)
        assert (await call(narrow, name, ids)).status_code != 403, name


async def test_shows_one_holders_own_token_nothing_else(scene, nothing_changed):
    client, ids = scene
    other = (await client.done("POST", "/v1/customer/endusers", {**PERSON, "person": {"name": "Grace"}}))["enduser_id"]
    known = {**ids, "enduser": other}
    _, text = await create_access_token(await _actor_of(client), CreateAccessToken(other, ["*"]))
    token = RestClient(client.application, text, client.customer_id)
    await call(token, "listChangedLedgers", ids)  # What is read from the feed is numbered first.
    await nothing_changed.remember()
    for name in CALLS:
        response = await call(token, name, ids)
        if response.status_code in (200, 201):
            assert name in {"listChangedLedgers", "fetchBooks"}
            assert response.json().get("ledgers", []) == []
        else:
            assert response.status_code in (403, 404, 422), (name, response.text)
    await nothing_changed()
    assert (await call(token, "fetchEnduser", known)).status_code == 200


async def _actor_of(client):
    return await authenticate(f"API-Key {client.api_key}", Via.REST)
