"""Requests about accounts and wallets that are wrong, and what the answer says about them."""

import json
from urllib.parse import quote

import pytest

from tests.api.rest.conftest import refusal

LEDGERS = "/v1/customer/ledgers"
INTER_LEDGER = "/v1/customer/transactions/inter-ledger"
BROWSER = {"Host": "localhost", "Origin": "http://localhost"}
AN_ID = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"
ACCOUNT = {"account_type": "group", "account_reference": "a"}
WALLET = {
    "account_reference": "a",
    "wallet_name": "w",
    "currency": "USD",
    "accounting_type": "ASSET",
    "decimal_places": 2,
}


@pytest.mark.parametrize(
    ("path", "body", "blamed"),
    [
        ("account", {**ACCOUNT, "account_type": "groups"}, ["account_type"]),
        ("account", {**ACCOUNT, "account_reference": 7}, ["account_reference"]),
        ("account", {**ACCOUNT, "account_reference": " "}, ["account_reference"]),
        (
            "account",
            {**ACCOUNT, "wallets": [{**WALLET, "account_reference": "a"}]},
            ["wallets", "0", "account_reference"],
        ),
        ("account", [ACCOUNT, {**ACCOUNT, "account_reference": "r" * 256}], ["1", "account_reference"]),
        ("account", [ACCOUNT] * 1_001, []),
        ("account", [], []),
        ("account", "a", []),
        ("wallet", {**WALLET, "currency": "usd"}, ["currency"]),
        ("wallet", {**WALLET, "decimal_places": "2"}, ["decimal_places"]),
        ("wallet", {**WALLET, "decimal_places": 19}, ["decimal_places"]),
        ("wallet", {**WALLET, "decimal_places": 2.5}, ["decimal_places"]),
        ("wallet", {**WALLET, "wallet_name": " "}, ["wallet_name"]),
        ("wallet", {**WALLET, "accounting_type": "liabilities"}, ["accounting_type"]),
        ("wallet", {**WALLET, "accounting_type": 1}, ["accounting_type"]),
        ("wallet", [WALLET, {**WALLET, "currency": "$"}], ["1", "currency"]),
        ("wallet", [WALLET] * 1_001, []),
    ],
    ids=str,
)
async def test_blames_the_field_of_an_account_or_a_wallet(rest, nothing_changed, path, body, blamed):
    await nothing_changed.remember()
    response = await rest.call("POST", f"/api/v1/{path}/", body)
    assert response.status_code == 422, response.text
    assert [fault["path"] for fault in response.json()["errors"]] == [blamed]
    await nothing_changed()


async def test_takes_types_in_capitals_and_in_small_letters(rest):
    """As the door of Kafka does; an answer has them as the guide writes them."""
    made = await rest.done("POST", "/api/v1/account", {**ACCOUNT, "account_type": "Group", "wallets": []})
    assert made["account_type"] == "group"
    made = await rest.done("POST", "/api/v1/wallet", {**WALLET, "accounting_type": "liability"})
    assert made["accounting_type"] == "LIABILITY"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], "The list is empty: give at least one item."),
        (None, "This must be an object, or a list of objects."),
        (5, "This must be an object, or a list of objects."),
        ([None], "This must be an object."),
        ({**WALLET, "overdraft_limit": -5}, "An amount has no sign, and is never below zero: give it like 1234.56."),
        ({**WALLET, "overdraft_limit": 10**90}, "An amount has at most 38 digits."),
        ({**WALLET, "overdraft_limit": 10**200}, "An amount has at most 38 digits."),
        ({**WALLET, "accounting_type": "x"}, "There is no such value: give one of 'ASSET', 'LIABILITY', 'EQUITY'"),
    ],
    ids=str,
)
async def test_says_what_to_send_instead(rest, body, says):
    content = json.dumps(body).encode()
    [fault] = refusal(await rest.call("POST", "/api/v1/wallet", content=content), 422, "VALIDATION")
    assert fault["message"].startswith(says)


async def test_takes_one_key(rest, nothing_changed):
    await nothing_changed.remember()
    for first, second in (("a", "b"), ("a", ""), ("a", "A")):
        headers = [("Idempotency-Key", first), ("idempotency-key", second), ("Content-Type", "application/json"),
                   ("Authorization", f"API-Key {rest.api_key}")]  # fmt: skip
        content = json.dumps({**ACCOUNT, "wallets": []}).encode()
        response = await rest._http.request("POST", "/api/v1/account", headers=headers, content=content)
        [fault] = refusal(response, 400, "BAD_REQUEST")
        assert fault["message"] == "The header `Idempotency-Key` is there twice with different values: give it once."
    await nothing_changed()
    headers[1] = ("idempotency-key", "a")
    response = await rest._http.request("POST", "/api/v1/account", headers=headers, content=content)
    assert response.status_code == 201


async def test_opens_accounts_and_wallets_all_or_none(rest, nothing_changed):
    await rest.done("POST", "/api/v1/account", {**ACCOUNT, "wallets": []})
    await nothing_changed.remember()
    taken = await rest.call(
        "POST", "/api/v1/account", [{**ACCOUNT, "account_reference": "b"}, {**ACCOUNT, "metadata": {"x": 1}}]
    )
    [fault] = refusal(taken, 409, "DUPLICATE_REFERENCE")
    assert fault["path"] == ["1", "account_reference"]
    lost = await rest.call("POST", "/api/v1/wallet", [WALLET, {**WALLET, "account_reference": "nobody"}])
    [fault] = refusal(lost, 404, "NOT_FOUND")
    assert fault["path"] == ["1", "account_reference"]
    await nothing_changed()
    made = await rest.call("POST", "/api/v1/wallet", [WALLET, {**WALLET, "wallet_name": "v"}])
    again = await rest.call("POST", "/api/v1/wallet", [WALLET, {**WALLET, "wallet_name": "v"}])
    assert [(one.status_code, one.headers.get("idempotent-replayed")) for one in (made, again)] == [
        (201, None),
        (201, "true"),
    ]
    assert again.json() == [{**one, "replayed": True} for one in made.json()]
    some = await rest.done("POST", "/api/v1/wallet", [WALLET, {**WALLET, "wallet_name": "third"}])
    assert [one["replayed"] for one in (*made.json(), *some)] == [False, False, True, False]
    accounts = [{**ACCOUNT, "wallets": []}, {**ACCOUNT, "account_reference": "later"}]
    answered = await rest.call("POST", "/api/v1/account", accounts)
    assert [one["replayed"] for one in answered.json()] == [True, False]
    assert "idempotent-replayed" not in answered.headers


async def test_finds_an_account_by_whatever_reference_it_has(rest):
    for reference in ("a/b", "50 %", "é", "?x=1"):
        await rest.done("POST", "/api/v1/account", {**ACCOUNT, "account_reference": reference})
        assert (await rest.done("GET", f"/api/v1/account/{quote(reference, safe='')}"))[
            "account_reference"
        ] == reference
