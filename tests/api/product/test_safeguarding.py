"""Safeguarding through the doors: what GraphQL tells, REST tells too."""

import json
from uuid import UUID

import pytest

from app.db.connection import fetchval
from tests.api.rest.conftest import RestClient
from tests.bookkeeping import fund

QUERY = """query ($id: ID!, $at: DateTime) { safeguarding(ledgerId: $id, at: $at) {
    ledger { id asset } balance { value asset } wallets { value } difference { value scale } walletCount at } }"""
ACCOUNT = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) { ... on Error { code message }
    ... on AccountSuccess { account { id wallets { nodes { id } } } } } }"""


@pytest.fixture
async def omnibus(customer, work):
    """A ledger of many with ten pounds, which backs one wallet with twelve."""
    ledger_id = await customer.issue_ledger(type="OMNIBUS", holderId=str(customer.customer_id))
    await work()
    wallet = {"name": "default", "currency": "GBP", "accountingType": "LIABILITY", "decimalPlaces": 4}
    made = await customer.data(
        ACCOUNT,
        input={"type": "GROUP", "reference": "ada", "backingLedgerId": ledger_id, "wallets": [wallet]},
    )
    [wallet] = made["createAccount"]["account"]["wallets"]["nodes"]
    await fund(UUID(customer.customer_id), UUID(ledger_id), 1_000)
    await fund(UUID(customer.customer_id), UUID(wallet["id"]), 12_0000)
    return ledger_id


async def test_tells_the_same_over_both_doors_now_and_at_an_instant(customer, omnibus):
    rest = RestClient(customer.application, customer.api_key, customer.customer_id)
    path = f"/v1/customer/ledgers/{omnibus}/safeguarding"
    for at in (None, (await fetchval("SELECT clock_timestamp()")).isoformat()):
        told = (await customer.data(QUERY, id=omnibus, at=at))["safeguarding"]
        instant = told.pop("at")
        assert told == {
            "ledger": {"id": omnibus, "asset": "GBP"},
            "balance": {"value": "10.00", "asset": "GBP"},
            "wallets": {"value": "12.0000"},
            "difference": {"value": "-2.0000", "scale": 4},
            "walletCount": 1,
        }
        told = await rest.done("GET", path, params=None if at is None else {"at": at})
        assert at is None or told["at"] == instant
        del told["at"]
        assert told == {
            "ledger_id": omnibus,
            "asset_type": "gbp",
            "balance": "10.00",
            "wallets": "12.0000",
            "difference": "-2.0000",
            "wallet_count": 1,
        }


async def test_answers_several_instants_from_one_snapshot(customer, omnibus):
    at = (await fetchval("SELECT clock_timestamp()")).isoformat()
    told = await customer.data(
        """query ($id: ID!, $at: DateTime!) {
            now: safeguarding(ledgerId: $id) { wallets { value } }
            then: safeguarding(ledgerId: $id, at: $at) { wallets { value } }
            ledger(id: $id) { balanceAt(at: $at) { value } }
            before: safeguarding(ledgerId: $id, at: "2020-01-01T00:00:00Z") { wallets { value } walletCount }
        }""",
        id=omnibus,
        at=at,
    )
    assert told["now"] == told["then"] == {"wallets": {"value": "12.0000"}}
    assert told["ledger"] == {"balanceAt": {"value": "10.00"}}
    assert told["before"] == {"wallets": {"value": "0.00"}, "walletCount": 0}


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00Z", "yesterday"])
async def test_says_which_argument_is_wrong(customer, omnibus, at):
    [error] = (await customer.ask(QUERY, id=omnibus, at=at))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", ["at"])
    rest = RestClient(customer.application, customer.api_key, customer.customer_id)
    response = await rest.call("GET", f"/v1/customer/ledgers/{omnibus}/safeguarding", params={"at": at})
    assert response.status_code == 422
    assert json.loads(response.text)["errors"][0]["path"] == ["at"]
    [error] = (await customer.ask(QUERY, id="no id", at=None))["errors"]
    assert error["extensions"]["path"] == ["ledgerId"]
