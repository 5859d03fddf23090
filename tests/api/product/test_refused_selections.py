"""What is selected of a mutation's answer and may not be read: refused before anything is done where that can be known.
Else it is refused below the mutation, which was done and says so by the error's path.
"""

import pytest

from app.access.note_last_use import finish_noting_last_use
from app.db.connection import fetchval
from tests.api.product.conftest import Client
from tests.bookkeeping import nothing_changes

SEND = """mutation ($input: SendPaymentInput!) { sendPayment(input: $input) {
    ... on PaymentSuccess { replayed payment { id %s } } ... on Error { code message } } }"""
POST = """mutation ($input: PostTransferInput!) { postTransfer(input: $input) {
    ... on TransferSuccess { replayed transfer { id %s } } ... on Error { code message } } }"""
AT_A_TIME_TO_COME = '{ ... on Ledger { balanceAt(at: "2999-01-01T00:00:00Z") { value } } }'
LACKS = "This key lacks the scope ledgers:read, which `ledger` in the answer takes: leave that out."
FUND = "mutation ($input: SimulatePaymentInput!) { simulateIncomingPayment(input: $input) { __typename } }"


@pytest.fixture
async def ledger_id(customer, work):
    made = await customer.issue_ledger()
    await work()
    await customer.data(
        FUND, input={"idempotencyKey": "fund", "ledgerId": made, "amount": {"value": "100.00", "asset": "GBP"}}
    )
    return made


async def test_makes_no_payment_whose_selected_ledger_the_key_may_not_read(customer, application, ledger_id):
    made = await customer.data(
        """mutation { createApiKey(input: { name: "narrow", scopes: ["payments:write"] }) {
            ... on ApiKeySuccess { key } } }"""
    )
    narrow = Client(application, made["createApiKey"]["key"])
    order = {
        "idempotencyKey": "key-1",
        "ledgerId": ledger_id,
        "amount": {"value": "1.00", "asset": "GBP"},
        "counterparty": {"name": "Grace Hopper", "ukBankAccount": {"sortCode": "200000", "accountNumber": "55779911"}},
    }

    await narrow.data("{ viewer { customerId } }")
    await finish_noting_last_use()  # Once a minute at most, and so not again below.
    async with nothing_changes():
        refused = await narrow.data(SEND % "ledger { id }", input=order)
    assert refused["sendPayment"] == {"code": "FORBIDDEN", "message": LACKS}

    sent = await narrow.data(SEND % "", input=order)
    assert sent["sendPayment"]["replayed"] is False


async def test_says_by_its_path_that_the_transfer_was_posted(customer, work, ledger_id):
    other = await customer.issue_ledger()
    await work()
    order = {
        "idempotencyKey": "key-1",
        "debitId": ledger_id,
        "creditId": other,
        "amount": {"value": "1.00", "asset": "GBP"},
    }

    body = await customer.ask(POST % f"debit {AT_A_TIME_TO_COME}", input=order)

    assert body["data"] == {"postTransfer": None}
    assert [(error["path"], error["extensions"]["code"]) for error in body["errors"]] == [
        (["postTransfer", "transfer", "debit", "balanceAt"], "VALIDATION")
    ]
    transfer_id = str(await fetchval("SELECT id FROM transfers WHERE credit_id = $1::text::uuid", other))
    async with nothing_changes():
        again = await customer.data(POST % "", input=order)
    assert again["postTransfer"] == {"replayed": True, "transfer": {"id": transfer_id}}
