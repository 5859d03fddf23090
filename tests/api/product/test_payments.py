"""Payments over HTTP, with the worker's part done on demand."""

import pytest
from starlette.applications import Starlette

from app.access.queries import is_still_valid
from app.api.graphql.http import graphql_routes
from app.api.graphql.schema import schema
from app.db.identifiers import new_id
from app.settings import Environment
from tests.api.product.conftest import Client
from tests.bookkeeping import nothing_changes

PAYMENT = """
    id direction status statusReason amount { value minorUnits asset scale } reference metadata partnerReference
    counterparty { name iban ukBankAccount { sortCode accountNumber } } createdAt updatedAt
    ledger { id balance { posted { value } held { value } available { value } } }
    hold { id status amount { value } expiresAt credit { __typename ... on SystemAccount { name } } transfer { id } }
    transfer { id kind status amount { value } debit { __typename } credit { __typename } hold { id } payment { id } }
"""
REFUSAL = """
    ... on Error { code message path } ... on ConflictError { status }
    ... on InsufficientFundsError { lackingId available { value asset } } ... on ForbiddenError { requiredScope }
"""
SEND = f"""mutation ($input: SendPaymentInput!) {{ answer: sendPayment(input: $input) {{
    __typename ... on PaymentSuccess {{ payment {{ {PAYMENT} }} replayed }} {REFUSAL} }} }}"""
SIMULATE = f"""mutation ($input: SimulatePaymentInput!) {{ answer: simulateIncomingPayment(input: $input) {{
    __typename ... on PaymentSuccess {{ payment {{ {PAYMENT} }} replayed }} {REFUSAL} }} }}"""
GRACE = {"name": "Grace Hopper", "iban": "GB33 BUKB 2020 1555 5555 55"}


def pounds(value):
    return {"value": value, "asset": "GBP"}


async def receive(client, ledger_id, value="100.00", **wanted):
    """Let money arrive; answers the mutation's answer."""
    given = {"idempotencyKey": str(new_id()), "ledgerId": ledger_id, "amount": pounds(value), **wanted}
    return (await client.data(SIMULATE, input=given))["answer"]


async def send(client, ledger_id, value="30.00", **wanted):
    """Send money; answers the mutation's answer."""
    given = {"idempotencyKey": "key-1", "ledgerId": ledger_id, "amount": pounds(value), "counterparty": GRACE, **wanted}
    return (await client.data(SEND, input=given))["answer"]


async def read(client, payment_id):
    """A payment by its id."""
    return (await client.data(f"query ($id: ID!) {{ payment(id: $id) {{ {PAYMENT} }} }}", id=payment_id))["payment"]


@pytest.fixture
async def ledger_id(customer, work):
    """A ledger with a hundred pounds."""
    made = await customer.issue_ledger()
    await work()
    assert (await receive(customer, made))["__typename"] == "PaymentSuccess"
    return made


async def test_goes_out_when_the_bank_accepts(customer, work, ledger_id):
    answer = await send(customer, ledger_id, reference="Invoice 117", metadata={"invoice": 117})

    assert (answer["__typename"], answer["replayed"]) == ("PaymentSuccess", False)
    pending = answer["payment"]
    told = {name: pending[name] for name in ("direction", "status", "statusReason", "reference", "metadata")}
    assert told == {
        "direction": "OUT",
        "status": "PENDING",
        "statusReason": None,
        "reference": "Invoice 117",
        "metadata": {"invoice": 117},
    }
    assert pending["amount"] == {"value": "30.00", "minorUnits": "3000", "asset": "GBP", "scale": 2}
    assert pending["counterparty"] == {"name": "Grace Hopper", "iban": "GB33BUKB20201555555555", "ukBankAccount": None}
    assert (pending["transfer"], pending["partnerReference"]) == (None, None)
    hold = pending["hold"]
    assert (hold["status"], hold["amount"], hold["expiresAt"], hold["transfer"]) == (
        "PLACED",
        {"value": "30.00"},
        None,
        None,
    )
    assert hold["credit"] == {"__typename": "SystemAccount", "name": "Settlement with PayrNet-GBP-1"}
    assert pending["ledger"] == ledger(ledger_id, "100.00", "30.00", "70.00")

    await work()

    accepted = await read(customer, pending["id"])
    assert (accepted["status"], accepted["statusReason"]) == ("ACCEPTED", None)
    assert accepted["partnerReference"].startswith("SIM-")
    assert accepted["createdAt"] == pending["createdAt"] < accepted["updatedAt"]
    assert accepted["hold"]["status"] == "CAPTURED"
    assert accepted["hold"]["transfer"] == {"id": accepted["transfer"]["id"]}
    assert accepted["transfer"] == {
        "id": accepted["transfer"]["id"],
        "kind": "PAYMENT_OUT",
        "status": "POSTED",
        "amount": {"value": "30.00"},
        "debit": {"__typename": "Ledger"},
        "credit": {"__typename": "SystemAccount"},
        "hold": {"id": hold["id"]},
        "payment": {"id": pending["id"]},
    }
    assert accepted["ledger"] == ledger(ledger_id, "70.00", "0.00", "70.00")
    again = await send(customer, ledger_id, "30.0", reference="Invoice 117", metadata={"invoice": 117})
    assert again == {"__typename": "PaymentSuccess", "payment": accepted, "replayed": True}


def ledger(ledger_id, posted, held, available):
    balance = {"posted": {"value": posted}, "held": {"value": held}, "available": {"value": available}}
    return {"id": ledger_id, "balance": balance}


async def test_comes_back_when_the_bank_declines(customer, work, ledger_id):
    answer = await send(customer, ledger_id, metadata={"simulate": "decline"})
    await work()

    declined = await read(customer, answer["payment"]["id"])
    assert (declined["status"], declined["statusReason"]) == ("DECLINED", "The bank declined this payment.")
    assert (declined["hold"]["status"], declined["transfer"]) == ("RELEASED", None)
    assert declined["ledger"] == ledger(ledger_id, "100.00", "0.00", "100.00")


async def test_waits_while_the_bank_is_away(customer, work, ledger_id):
    answer = await send(customer, ledger_id, metadata={"simulate": ["unavailable", "decline"]})
    await work()
    assert (await read(customer, answer["payment"]["id"]))["status"] == "PENDING"
    await work.through_all_retries()
    assert (await read(customer, answer["payment"]["id"]))["status"] == "DECLINED"


async def test_tells_what_lacks(customer, ledger_id):
    async with nothing_changes():
        answer = await send(customer, ledger_id, "100.01")
    assert answer == {
        "__typename": "InsufficientFundsError",
        "code": "INSUFFICIENT_FUNDS",
        "message": f"{ledger_id} has 100.00 GBP available.",
        "path": ["input", "ledgerId"],
        "lackingId": ledger_id,
        "available": {"value": "100.00", "asset": "GBP"},
    }


async def test_tells_the_status_of_a_ledger_that_is_not_ok(customer):
    ledger_id = await customer.issue_ledger()
    async with nothing_changes():
        answer = await send(customer, ledger_id)
    assert (answer["__typename"], answer["code"]) == ("ConflictError", "INVALID_STATE")
    assert (answer["status"], answer["path"]) == ("PENDING", ["input", "ledgerId"])


async def test_needs_to_know_where_the_money_goes(customer, ledger_id):
    async with nothing_changes():
        answer = await send(customer, ledger_id, counterparty={"name": "Grace Hopper"})
    assert (answer["__typename"], answer["path"]) == ("ValidationError", ["input", "counterparty"])


async def test_moves_neither_hold_nor_transfer_of_a_payment(customer, work, ledger_id):
    payment = (await send(customer, ledger_id))["payment"]
    for mutation in ("captureHold", "releaseHold"):
        async with nothing_changes():
            answer = await customer.data(
                f"""mutation ($id: ID!) {{ answer: {mutation}(input: {{ idempotencyKey: "key-2", holdId: $id }}) {{
                    __typename {REFUSAL} }} }}""",
                id=payment["hold"]["id"],
            )
        told = answer["answer"]
        assert (told["__typename"], told["code"], told["status"]) == ("ConflictError", "INVALID_STATE", "PLACED")
        assert told["path"] == ["input", "holdId"]
    await work()
    transfers = [(await read(customer, payment["id"]))["transfer"]["id"]]
    transfers += [
        one["transfer"]["id"]
        for one in (await customer.data("{ payments(filter: { direction: IN }) { nodes { transfer { id } } } }"))[
            "payments"
        ]["nodes"]
    ]
    assert len(transfers) == 2
    for transfer_id in transfers:
        async with nothing_changes():
            answer = await customer.data(
                f"""mutation ($id: ID!) {{ answer: reverseTransfer(input: {{
                    idempotencyKey: "key-3", transferId: $id }}) {{ __typename {REFUSAL} }} }}""",
                id=transfer_id,
            )
        told = answer["answer"]
        assert (told["__typename"], told["code"], told["status"]) == ("ConflictError", "INVALID_STATE", "POSTED")


async def test_comes_in_at_once(customer, work):
    ledger_id = await customer.issue_ledger()
    await work()

    answer = await receive(
        customer,
        ledger_id,
        counterparty={"name": "Ada", "ukBankAccount": {"sortCode": "20-20-15", "accountNumber": "55555555"}},
    )

    payment = answer["payment"]
    assert (payment["direction"], payment["status"], payment["hold"]) == ("IN", "ACCEPTED", None)
    assert (payment["transfer"]["kind"], payment["transfer"]["amount"]) == ("PAYMENT_IN", {"value": "100.00"})
    assert payment["counterparty"] == {
        "name": "Ada",
        "iban": None,
        "ukBankAccount": {"sortCode": "202015", "accountNumber": "55555555"},
    }
    assert payment["ledger"] == ledger(ledger_id, "100.00", "0.00", "100.00")


async def test_is_declined_at_a_ledger_that_is_not_ok(customer):
    answer = await receive(customer, await customer.issue_ledger())
    payment = answer["payment"]
    assert (answer["__typename"], payment["status"], payment["statusReason"]) == (
        "PaymentSuccess",
        "DECLINED",
        "The ledger is PENDING.",
    )
    assert payment["counterparty"]["name"] == "Simulated payer"
    assert (payment["transfer"], payment["metadata"]) == (None, {})


async def test_is_not_simulated_in_live(customer, settings, ledger_id):
    live = settings.model_copy(update={"environment": Environment.LIVE})
    actor = await customer.actor()

    async def authenticate(_authorization):
        return actor

    client = Client(Starlette(routes=graphql_routes(schema, live, authenticate, is_still_valid)), "any")
    async with nothing_changes():
        answer = await receive(client, ledger_id)
    assert (answer["__typename"], answer["code"], answer["requiredScope"]) == ("ForbiddenError", "FORBIDDEN", None)


async def test_pages_newest_first(customer, ledger_id):
    sent = [(await send(customer, ledger_id, "1.00", idempotencyKey=f"key-{n}"))["payment"]["id"] for n in range(3)]
    document = """query ($after: String, $filter: PaymentFilter) { payments(first: 2, after: $after, filter: $filter) {
        nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    wanted = {"ledgerId": ledger_id, "direction": "OUT", "status": ["PENDING"]}

    page = (await customer.data(document, filter=wanted))["payments"]
    assert [node["id"] for node in page["nodes"]] == [edge["node"]["id"] for edge in page["edges"]] == sent[:0:-1]
    assert page["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": page["edges"][0]["cursor"],
        "endCursor": page["edges"][1]["cursor"],
    }
    rest = (await customer.data(document, filter=wanted, after=page["pageInfo"]["endCursor"]))["payments"]
    assert [node["id"] for node in rest["nodes"]] == sent[:1]
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)

    body = await customer.ask(document, after=page["pageInfo"]["endCursor"])
    assert [(e["extensions"]["code"], e["extensions"]["path"]) for e in body["errors"]] == [("VALIDATION", ["after"])]


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"ledgerId": "no-uuid"}, ["filter", "ledgerId"]),
        ({"reference": " "}, ["filter", "reference"]),
        ({"createdAt": {"gte": "yesterday"}}, ["filter", "createdAt", "gte"]),
        ({"createdAt": {"lt": "2026-02-30T00:00:00Z"}}, ["filter", "createdAt", "lt"]),
        ({"status": ["PENDING"] * 1_001}, ["filter", "status"]),
    ],
)
async def test_refuses_a_filter_that_cannot_be(customer, wanted, path):
    body = await customer.ask("query ($filter: PaymentFilter) { payments(filter: $filter) { nodes { id } } }",
                              filter=wanted)  # fmt: skip
    assert [(e["extensions"]["code"], e["extensions"]["path"]) for e in body["errors"]] == [("VALIDATION", path)]


async def test_is_found_by_its_id_alone(customer, ledger_id):
    payment_id = (await send(customer, ledger_id))["payment"]["id"]
    document = "query ($id: ID!) { node(id: $id) { __typename id ... on Payment { status amount { value } } } }"
    answer = await customer.data(document, id=payment_id)
    assert answer["node"] == {
        "__typename": "Payment",
        "id": payment_id,
        "status": "PENDING",
        "amount": {"value": "30.00"},
    }
    assert (await customer.data("query ($id: ID!) { payment(id: $id) { id } }", id=ledger_id))["payment"] is None


async def test_shows_a_key_for_payments_no_holds_transfers_and_ledgers(customer, application, work, ledger_id):
    payment_id = (await send(customer, ledger_id))["payment"]["id"]
    await work()
    made = await customer.data(
        """mutation { createApiKey(input: { name: "narrow", scopes: ["payments:read"] }) {
            ... on ApiKeySuccess { key } } }"""
    )
    narrow = Client(application, made["createApiKey"]["key"])

    body = await narrow.ask(
        "query ($id: ID!) { payment(id: $id) { id status hold { id } transfer { id } } }", id=payment_id
    )
    assert body["data"]["payment"] == {"id": payment_id, "status": "ACCEPTED", "hold": None, "transfer": None}
    assert sorted((e["path"][1], e["extensions"]["requiredScope"]) for e in body["errors"]) == [
        ("hold", "transfers:read"),
        ("transfer", "transfers:read"),
    ]
    body = await narrow.ask("query ($id: ID!) { payment(id: $id) { id ledger { id } } }", id=payment_id)
    assert body["data"]["payment"] is None  # A payment always has its ledger: without it there is no answer.
    assert [e["extensions"]["requiredScope"] for e in body["errors"]] == ["ledgers:read"]
