"""Freezes and overdraft limits over REST, and what became of a request by its key."""

import pytest

from app.db.connection import fetchval
from tests.api.rest.conftest import RestClient, refusal

LEDGERS, WALLETS = "/v1/customer/ledgers", "/api/v1/wallet"
TRANSACTIONS, PAYMENTS = "/v1/customer/transactions", "/v1/customer/payments"
NOBODY = "01a1fc97-411f-7815-bbf0-f0ebf0131acc"
WALLET = {"wallet_name": "w", "currency": "GBP", "accounting_type": "LIABILITY", "decimal_places": 2}
ARRIVE = """mutation ($input: SimulatePaymentInput!) { simulateIncomingPayment(input: $input) {
    ... on PaymentSuccess { payment { status statusReason } } } }"""


async def wallet_of(rest, **more):
    """A wallet; answers its id."""
    body = {"account_type": "group", "account_reference": "a", "wallets": [{**WALLET, **more}]}
    return (await rest.done("POST", "/api/v1/account", body))["wallets"][0]["wallet_id"]


async def told_wallet(rest):
    [wallet] = await rest.done("GET", WALLETS, params={"account_reference": "a"})
    return wallet


async def test_freezes_and_unfreezes_a_ledger(rest):
    gold, other = await rest.gold(5), await rest.gold(5)
    asked = {"scope": "debits", "reason": "Court order."}
    first = await rest.call("POST", f"{LEDGERS}/{gold}/freeze", asked)
    again = await rest.call("POST", f"{LEDGERS}/{gold}/freeze", asked)

    assert (first.status_code, first.json(), first.headers.get("idempotent-replayed")) == (
        200,
        {"ledger_id": gold},
        None,
    )
    assert again.headers["idempotent-replayed"] == "true"
    told = await rest.ledger(gold)
    assert {name: told["freeze"][name] for name in ("scope", "reason")} == asked
    assert told["ledger_status"] == "ledger-status-ok"
    sent = {"ledger_from_id": gold, "ledger_to_id": other, "amount": 1}
    [fault] = refusal(await rest.call("POST", f"{TRANSACTIONS}/inter-ledger", sent, key="k"), 409, "INVALID_STATE")
    assert (fault["status"], fault["path"]) == ("FROZEN", ["ledger_from_id"])
    assert await rest.done("POST", f"{LEDGERS}/{gold}/unfreeze") == {"ledger_id": gold}
    assert "freeze" not in await rest.ledger(gold)
    await rest.done("POST", f"{TRANSACTIONS}/inter-ledger", sent, key="k")


async def test_freezes_all_of_a_wallet_unless_told_otherwise(rest):
    wallet = await wallet_of(rest)
    assert await rest.done("POST", f"{WALLETS}/{wallet}/freeze", {"reason": "Court order."}) == {"wallet_id": wallet}
    assert (await told_wallet(rest))["freeze"]["scope"] == "all"
    assert await rest.done("POST", f"{WALLETS}/{wallet}/unfreeze", {"reason": "Lifted."}) == {"wallet_id": wallet}
    assert "freeze" not in await told_wallet(rest)


async def test_sets_limits_in_major_units(rest, work):
    pounds, wallet = await rest.issue(holder_id=rest.customer_id), await wallet_of(rest, overdraft_limit=10.5)
    await work()
    assert (await told_wallet(rest))["overdraft_limit"] == "10.50"
    assert (await told_wallet(rest))["balance"] == {
        "posted": "0.00",
        "held": "0.00",
        "available": "10.50",
        "sequence": "0",
    }
    await rest.done("PUT", f"{LEDGERS}/{pounds}/overdraft-limit", {"overdraft_limit": 250})
    assert (await rest.ledger(pounds))["overdraft_limit"] == "250.00"
    for path in (f"{LEDGERS}/{pounds}", f"{WALLETS}/{wallet}"):
        await rest.done("PUT", f"{path}/overdraft-limit", {"overdraft_limit": 0})
    assert "overdraft_limit" not in {**await rest.ledger(pounds), **await told_wallet(rest)}


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", "freeze", {"reason": "r"}), ("POST", "unfreeze", {}), ("PUT", "overdraft-limit", {"overdraft_limit": 1}),
])  # fmt: skip
async def test_finds_a_wallet_among_wallets_and_a_ledger_among_ledgers(rest, nothing_changed, method, path, body):
    gold, wallet = await rest.gold(), await wallet_of(rest)
    await nothing_changed.remember()
    for place in (f"{LEDGERS}/{wallet}", f"{LEDGERS}/{NOBODY}", f"{WALLETS}/{gold}", f"{WALLETS}/{NOBODY}"):
        [fault] = refusal(await rest.call(method, f"{place}/{path}", body), 404, "NOT_FOUND")
        assert fault["path"] == ["ledger_id" if place.startswith(LEDGERS) else "wallet_id"]
    await nothing_changed()


@pytest.mark.parametrize(("body", "path"), [
    ({"scope": "some", "reason": "r"}, "scope"), ({"scope": "debits"}, "reason"), ({"reason": ""}, "reason"),
])  # fmt: skip
async def test_names_what_is_wrong_with_a_freeze(rest, nothing_changed, body, path):
    gold = await rest.gold()
    await nothing_changed.remember()
    [fault] = refusal(await rest.call("POST", f"{LEDGERS}/{gold}/freeze", body), 422, "VALIDATION")
    assert fault["path"] == [path]
    await nothing_changed()


@pytest.mark.parametrize("limit", [-1, "5", None, True, 0.001, 1e40])
async def test_names_what_is_wrong_with_a_limit(rest, nothing_changed, limit):
    wallet = await wallet_of(rest)
    await nothing_changed.remember()
    response = await rest.call("PUT", f"{WALLETS}/{wallet}/overdraft-limit", {"overdraft_limit": limit})
    [fault] = refusal(response, 422, "VALIDATION")
    assert fault["path"] == ["overdraft_limit"]
    await nothing_changed()


async def test_tells_what_a_key_made(rest, other_rest):
    gold, other = await rest.gold(5), await rest.gold()
    made = await rest.done(
        "POST", f"{TRANSACTIONS}/inter-ledger", {"ledger_from_id": gold, "ledger_to_id": other, "amount": 2}, key="k 1"
    )
    fetched = await rest.done("GET", f"{TRANSACTIONS}/{made['transaction_id']}")

    assert await rest.done("GET", TRANSACTIONS, params={"idempotency_key": "k 1"}) == fetched
    assert (
        await rest.done("GET", TRANSACTIONS, params={"idempotency_key": " k 1 ", "operation": "inter-ledger"})
        == fetched
    )
    for params, client in (
        ({"idempotency_key": "k 2"}, rest),
        ({"idempotency_key": "k 1", "operation": "manual-credit"}, rest),
        ({"idempotency_key": "k 1"}, other_rest),
    ):
        [fault] = refusal(await client.call("GET", TRANSACTIONS, params=params), 404, "NOT_FOUND")
        assert fault["path"] == ["idempotency_key"]
    for params, path in (
        ({}, "idempotency_key"),
        ({"idempotency_key": " "}, "idempotency_key"),
        ({"idempotency_key": "k" * 256}, "idempotency_key"),
        ({"idempotency_key": "k", "operation": "postTransfer"}, "operation"),
    ):
        [fault] = refusal(await rest.call("GET", TRANSACTIONS, params=params), 422, "VALIDATION")
        assert fault["path"] == [path]


async def test_asks_for_the_operation_where_a_key_was_used_for_several(rest):
    gold, other = await rest.gold(5), await rest.gold()
    moved = {"ledger_from_id": gold, "ledger_to_id": other, "amount": 2}
    await rest.done("POST", f"{TRANSACTIONS}/inter-ledger", moved, key="k")
    credit = await rest.done("POST", f"{TRANSACTIONS}/manual-credit", {"ledger_id": gold, "amount": 1}, key="k")

    [fault] = refusal(await rest.call("GET", TRANSACTIONS, params={"idempotency_key": "k"}), 422, "VALIDATION")
    found = await rest.done("GET", TRANSACTIONS, params={"idempotency_key": "k", "operation": "manual-credit"})

    assert fault["path"] == ["operation"]
    assert "inter-ledger, manual-credit" in fault["message"]
    assert found["transaction_id"] == credit["transaction_id"]


async def test_tells_what_became_of_a_payment_and_that_it_was_forced(customer, work):
    rest = RestClient(customer.application, customer.api_key, customer.customer_id)
    pounds = await rest.issue(holder_id=rest.customer_id)
    await work()
    arriving = {"idempotencyKey": "in", "ledgerId": pounds, "amount": {"value": "10.00", "asset": "GBP"}}
    await customer.data(ARRIVE, input=arriving)
    paid = {"ledger_from_id": pounds, "amount": 1, "beneficiary": {"name": "Grace", "iban": "GB33BUKB20201555555555"}}
    sent = await rest.done("POST", PAYMENTS, paid, key="rent")
    assert (await rest.done("GET", PAYMENTS, params={"idempotency_key": "rent"}))["payment_status"] == (
        "payment-status-pending"
    )
    await rest.done("POST", f"{LEDGERS}/{pounds}/freeze", {"reason": "Court order."})
    await work()

    payment = await rest.done("GET", PAYMENTS, params={"idempotency_key": "rent"})

    assert (payment["payment_id"], payment["payment_status"]) == (sent["payment_id"], "payment-status-accepted")
    assert (await rest.done("GET", f"{TRANSACTIONS}/{payment['transaction_id']}"))["forced"] is True
    declined = (await customer.data(ARRIVE, input={**arriving, "idempotencyKey": "in 2"}))["simulateIncomingPayment"]
    assert declined["payment"] == {"status": "DECLINED", "statusReason": "The ledger is FROZEN."}
    refusal(await rest.call("GET", PAYMENTS, params={"idempotency_key": "in"}), 404, "NOT_FOUND")
    assert await fetchval("SELECT count(*) FROM transfers WHERE is_forced") == 1
