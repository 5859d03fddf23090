"""One command through two doors: the same rows, the same events but for `via`, and the same refusals."""

import json
from uuid import UUID

import pytest

from app.db.connection import fetch
from tests.api.rest.conftest import GBP_LEDGER, RestClient
from tests.api.rest.shared_refusals import CREDIT, GOLD_MOVED, ISSUE, LEDGERS, NOBODY, REFUSALS, WALLET_OF_ACCOUNT
from tests.test_refusals import CAMEL_CASE

TELLS = "... on Error { code message path }"
NOT_COMPARED = {
    "next_attempt_at",
    "id",
    "created_at",
    "updated_at",
    "resource_id",
    "body",
    "occurred_at",
    "request_id",
    "via",
    "insertion",
}


def mutation(name, kind, success):
    told = f"__typename {TELLS} ... on {success} {{ replayed }}"
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {told} }} }}", name


DOCUMENTS = {
    "issueLedger": mutation("issueLedger", "IssueLedgerInput", "LedgerSuccess"),
    "issueVirtualLedger": mutation("issueVirtualLedger", "IssueVirtualLedgerInput", "LedgerSuccess"),
    "assignLedger": mutation("assignLedger", "AssignLedgerInput", "LedgerSuccess"),
    "assignIban": mutation("assignIban", "AssignIbanInput", "LedgerSuccess"),
    "closeLedger": mutation("closeLedger", "CloseLedgerInput", "LedgerSuccess"),
    "updateLedger": mutation("updateLedger", "UpdateLedgerInput", "LedgerSuccess"),
    "createHolder": mutation("createHolder", "CreateHolderInput", "HolderSuccess"),
    "updateHolder": mutation("updateHolder", "UpdateHolderInput", "HolderSuccess"),
    "postTransfer": mutation("postTransfer", "PostTransferInput", "TransferSuccess"),
    "creditVirtualLedger": mutation("creditVirtualLedger", "VirtualMovementInput", "TransferSuccess"),
    "debitVirtualLedger": mutation("debitVirtualLedger", "VirtualMovementInput", "TransferSuccess"),
    "closeBooks": mutation("closeBooks", "CloseBooksInput", "BooksSuccess"),
    "sendPayment": mutation("sendPayment", "SendPaymentInput", "PaymentSuccess"),
    "createAccount": mutation("createAccount", "CreateAccountInput", "AccountSuccess"),
    "createWallet": mutation("createWallet", "CreateWalletInput", "WalletSuccess"),
    "freeze": mutation("freeze", "FreezeInput", "FreezeSuccess"),
    "unfreeze": mutation("unfreeze", "UnfreezeInput", "FreezeSuccess"),
    "setOverdraftLimit": mutation("setOverdraftLimit", "SetOverdraftLimitInput", "FreezeSuccess"),
}


class Doors:
    """One customer, through both doors."""

    def __init__(self, customer, work):
        self.graphql = customer
        self.rest = RestClient(customer.application, customer.api_key, customer.customer_id)
        self.work = work
        self.names = {"NOBODY": NOBODY}

    async def refused(self, name, given, method, path, body, key=None):
        """The codes and messages of both refusals."""
        document, field = DOCUMENTS[name]
        answer = await self.graphql.ask(document, input=self.filled(given))
        told = answer["data"][field] if answer.get("data") else None
        assert told is not None, answer
        assert told["__typename"].endswith("Error"), answer
        response = await self.rest.call(method, self.filled(path), self.filled(body), key=key)
        assert response.status_code >= 400, response.text
        [fault] = response.json()["errors"]
        assert not CAMEL_CASE.search(fault["message"]), fault
        assert not CAMEL_CASE.search(" ".join(fault["path"])), fault
        return (told["code"], told["message"]), (fault["code"], fault["message"])

    def filled(self, value):
        text = json.dumps(value)
        for name, found in self.names.items():
            text = text.replace(f"<{name}>", found)
        return json.loads(text)


@pytest.fixture
async def doors(customer, work):
    made = Doors(customer, work)
    rest = made.rest
    made.names |= {
        "CUSTOMER": rest.customer_id,
        "PENDING": await rest.issue(),
        "GOLD": await rest.gold(5, holder_id=rest.customer_id),
        "WHISKY": await rest.gold(asset_type="whisky"),
        "EMPTY": await rest.gold(),
    }
    pounds = await rest.issue(holder_id=rest.customer_id)
    await work()
    made.names["POUNDS"] = pounds
    body = {"account_type": "group", "account_reference": "a", "wallets": [WALLET_OF_ACCOUNT]}
    opened = await rest.done("POST", "/api/v1/account", body)
    made.names["WALLET"] = opened["wallets"][0]["wallet_id"]
    return made


def test_refuses_each_shared_command():
    assert {row[0] for row in REFUSALS} == set(DOCUMENTS)


@pytest.mark.parametrize(("name", "code", "given", "method", "path", "body", "key"), REFUSALS)
async def test_refuses_alike(doors, nothing_changed, name, code, given, method, path, body, key):
    await nothing_changed.remember()
    ours, theirs = await doors.refused(name, given, method, path, body, key)
    assert ours == theirs
    assert ours[0] == code
    await nothing_changed()


def _named_alike(row):
    """The row, as if its customer had the other one's name."""
    return row.replace("Example Ltd", "Other Ltd").replace("'example'", "'other'")


async def everything(name, customer_id):
    """All rows of a table that are this customer's, without what no two of a kind share."""
    rows = await fetch(f"SELECT * FROM {name} WHERE customer_id = $1", UUID(customer_id))
    kept = [
        {key: value for key, value in row.items() if key not in {*NOT_COMPARED, "customer_id"} and key[-3:] != "_id"}
        for row in rows
    ]
    return sorted(map(repr, kept))


async def test_writes_the_same_rows_and_events(customer, other_customer):
    rest = RestClient(other_customer.application, other_customer.api_key, other_customer.customer_id)
    await customer.issue_ledger(holderId=customer.customer_id, metadata={"a": 1.5})
    await rest.issue(holder_id=rest.customer_id, ledger_meta={"a": 1.5})
    document, _ = DOCUMENTS["issueVirtualLedger"]
    await customer.data(document, input={"asset": "GOLD"})
    await rest.gold()
    document, _ = DOCUMENTS["createHolder"]
    party = {"person": {"name": "Ada", "dateOfBirth": "1987-04-01"}}
    await customer.data(document, input={"party": party, "address": {"country": "GB"}})
    body = {"person": {"name": "Ada", "date_of_birth": "1987-04-01"}, "address": {"country": "GB"}}
    await rest.done("POST", "/v1/customer/endusers", body)
    for table in ("ledgers", "holders", "posting_accounts", "outbox_messages"):
        ours, theirs = [await everything(table, one.customer_id) for one in (customer, rest)]
        assert [_named_alike(one) for one in ours] == theirs, table
    events = {}
    for one in (customer, rest):
        rows = await fetch(
            "SELECT type, via, resource_version FROM events WHERE customer_id = $1 AND via <> 'cli' ORDER BY id",
            UUID(one.customer_id),
        )
        events[one.customer_id] = [(row["type"], row["resource_version"]) for row in rows]
        assert {row["via"] for row in rows} == {"graphql" if one is customer else "rest"}
    assert events[customer.customer_id] == events[rest.customer_id]
    assert len(events[rest.customer_id]) == 4


async def test_does_once_what_one_key_asks_for_through_both_doors(doors):
    document, field = DOCUMENTS["creditVirtualLedger"]
    given = doors.filled(GOLD_MOVED)
    first = (await doors.graphql.data(document, input=given))[field]
    body = doors.filled({"ledger_id": "<GOLD>", "amount": 1})
    again = await doors.rest.call("POST", CREDIT, body, key="k")
    assert (first["replayed"], again.status_code, again.headers["idempotent-replayed"]) == (False, 201, "true")
    other = await doors.rest.call("POST", CREDIT, {**body, "amount": 2}, key="k")
    assert other.json()["errors"][0]["code"] == "IDEMPOTENCY_MISMATCH"
    assert (await doors.rest.ledger(doors.names["GOLD"]))["amount"] == "6.0000"
    made = await doors.rest.call("POST", LEDGERS, GBP_LEDGER, key="issue")
    document, field = DOCUMENTS["issueLedger"]
    replayed = (await doors.graphql.data(document, input={**ISSUE, "idempotencyKey": "issue"}))[field]
    assert (made.headers.get("idempotent-replayed"), replayed["replayed"]) == (None, True)
