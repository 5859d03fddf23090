"""One search box over all nouns, over HTTP."""

from uuid import UUID

import pytest

from app.access.create_access_token import CreateAccessToken, create_access_token
from app.db.connection import pool
from tests.api.product.conftest import Client
from tests.api.product.objects import actor_of, objects_of

FIND = """query ($text: String!, $first: Int) { find(text: $text, first: $first) {
    objects { type title by node { __typename id } } notSearched { resourceType reason requiredScope } hasMore } }"""


@pytest.fixture
async def ours(customer, work):
    return await objects_of(customer, work, whose="ours")


async def found(client, text, **wanted):
    """What was found: types, titles, by what, and ids."""
    answer = (await client.data(FIND, text=text, **wanted))["find"]
    return [(one["type"], one["title"], one["by"], one["node"]["id"]) for one in answer["objects"]]


async def narrow(customer, application, *scopes):
    made = await customer.data(
        """mutation ($scopes: [String!]!) { createApiKey(input: { name: "narrow", scopes: $scopes }) {
            ... on ApiKeySuccess { key } } }""",
        scopes=list(scopes),
    )
    return Client(application, made["createApiKey"]["key"], customer.customer_id)


async def test_finds_any_object_by_its_id(customer, ours):
    told = {name: await found(customer, ours[name]) for name in ("holder", "transfer", "entry", "wallet", "api_key")}
    assert told == {
        "holder": [("holder", "Ada Lovelace", "ID", ours["holder"])],
        "transfer": [("transfer", "1.5000 GOLD", "ID", ours["transfer"])],
        "entry": [("entry", "CREDIT 1.5000 GOLD", "ID", ours["entry"])],
        "wallet": [("wallet", "account of ours, default USD", "ID", ours["wallet"])],
        "api_key": [("api_key", "spare", "ID", ours["api_key"])],
    }
    assert await found(customer, f"  {ours['holder'].upper()} ") == told["holder"]


async def test_finds_a_delivery_by_the_webhook_id_that_its_receiver_saw(customer, ours):
    delivery = await customer.data(
        "query ($id: ID!) { webhookDelivery(id: $id) { eventId eventType status } }", id=ours["delivery"]
    )
    message_id = delivery["webhookDelivery"]["eventId"]
    assert await found(customer, message_id) == [
        ("event", "webhook.ping", "ID", message_id),
        ("webhook_delivery", f"webhook.ping, {delivery['webhookDelivery']['status']}", "WEBHOOK_ID", ours["delivery"]),
    ]


async def test_finds_what_requests_with_a_key_made(customer, ours):
    told = await found(customer, "found by ours")
    assert sorted((kind, by, node_id) for kind, _, by, node_id in told) == sorted(
        (name, "IDEMPOTENCY_KEY", ours[name]) for name in ("transfer", "hold", "payment")
    )


async def test_finds_by_references_and_what_the_bank_calls_a_payment(customer, ours):
    assert await found(customer, "account of ours") == [("account", "account of ours", "REFERENCE", ours["account"])]
    await pool().execute("UPDATE payments SET partner_reference = 'SIM-117' WHERE id = $1", UUID(ours["payment"]))
    payment = await customer.data("query ($id: ID!) { payment(id: $id) { counterparty { name } } }", id=ours["payment"])
    title = f"1.00 GBP from {payment['payment']['counterparty']['name']}"
    told = [("payment", title, "REFERENCE", ours["payment"])]
    assert [one for one in await found(customer, "ours") if one[0] == "payment"] == told
    assert await found(customer, "SIM-117") == told


async def test_finds_by_account_numbers_however_they_are_written(customer, ours):
    iban, uk = ours["iban"], ours["uk"]
    spaced = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4)).lower()
    code, number = uk["sortCode"], uk["accountNumber"]
    for text in (iban, spaced, f"{code} {number}", f"{code[:2]}-{code[2:4]}-{code[4:]} {number}"):
        assert [one[2:] for one in await found(customer, text)] == [("BANK_ACCOUNT", ours["ledger"])], text


async def test_finds_by_references_in_any_case_and_the_exact_one_first(customer, ours):
    for text in ("ACCOUNT of Ours", "Account Of Ours"):
        assert [one[2:] for one in await found(customer, text)] == [("REFERENCE", ours["account"])], text
    made = await customer.data(
        """mutation { createAccount(input: { type: CHART, reference: "Account of OURS" }) {
            ... on AccountSuccess { account { id } } } }"""
    )
    other = made["createAccount"]["account"]["id"]
    assert [one[3] for one in await found(customer, "Account of OURS")] == [other, ours["account"]]
    assert [one[3] for one in await found(customer, "account of ours")] == [ours["account"], other]

    columns = {"transfers": "reference", "holds": "reference", "payments": "partner_reference"}
    for table, column in columns.items():
        await pool().execute(
            f"UPDATE {table} SET {column} = 'Rent November' WHERE id = $1", UUID(ours[table.removesuffix("s")])
        )
    wanted = {ours["transfer"], ours["hold"], ours["payment"]}
    assert {one[3] for one in await found(customer, "rENT november") if one[2] == "REFERENCE"} == wanted
    assert [one[3] for one in await found(customer, "OURS") if one[0] == "payment"] == [ours["payment"]]


@pytest.mark.parametrize(
    ("iban", "texts"),
    [
        ("DE89370400440532013000", ("370400440532013000", "37040044 0532013000")),
        ("GB33BUKB20201555555555", ("20-20-15 55555555", "20201555555555", "GB33 BUKB 2020 1555 5555 55")),
        ("NL91ABNA0417164300", ("ABNA0417164300", "abna 0417 1643 00")),
    ],
)
async def test_finds_a_payment_made_with_an_iban_by_the_number_in_it(customer, ours, iban, texts):
    await pool().execute(
        """
        UPDATE payments SET counterparty_iban = $2, counterparty_sort_code = NULL, counterparty_account_number = NULL
        WHERE id = $1
        """,
        UUID(ours["payment"]),
        iban,
    )
    for text in texts:
        assert [one[2:] for one in await found(customer, text)] == [("BANK_ACCOUNT", ours["payment"])], text
    for text in (texts[0][1:], texts[0] + "0"):
        assert await found(customer, text) == [], text


async def test_finds_by_names_and_parts_of_them(customer, ours):
    holders = {ours["holder"], ours["quarantined"]}
    assert {one[3] for one in await found(customer, "love")} == holders
    assert await found(customer, "127.0.0.1:9") == [
        ("webhook_endpoint", "http://127.0.0.1:9/hooks", "NAME", ours["endpoint"])
    ]
    assert await found(customer, "PAR") == [("api_key", "spare", "NAME", ours["api_key"])]
    assert await found(customer, "pa") == []


async def test_says_that_there_is_more(customer, ours):
    answer = (await customer.data(FIND, text="ada", first=1))["find"]
    assert (len(answer["objects"]), answer["hasMore"]) == (1, True)
    answer = (await customer.data(FIND, text="ada", first=2))["find"]
    assert (len(answer["objects"]), answer["hasMore"]) == (2, False)


async def test_finds_nothing_of_another_customer(customer, other_customer, ours):
    for text in (ours["holder"], "found by ours", "account of ours", ours["iban"], "ada", "127.0.0.1:9"):
        assert await found(other_customer, text) == [], text


async def test_searches_only_what_a_key_may_read_and_says_what_it_did_not(customer, application, ours):
    client = await narrow(customer, application, "ledgers:read", "transfers:read")
    answer = (await client.data(FIND, text=ours["holder"]))["find"]
    assert answer["objects"] == []
    assert {one["resourceType"]: one["requiredScope"] for one in answer["notSearched"]} == {
        "holder": "holders:read",
        "account": "accounts:read",
        "wallet": "accounts:read",
        "payment": "payments:read",
        "webhook_endpoint": "webhooks:read",
        "webhook_delivery": "webhooks:read",
        "api_key": "keys:write",
    }
    assert answer["notSearched"][0]["reason"] == "This key lacks the scope holders:read."
    told = await found(client, "found by ours")
    assert sorted(one[0] for one in told) == ["hold", "transfer"]
    assert [one[3] for one in await found(client, ours["iban"])] == [ours["ledger"]]


async def test_finds_for_one_holder_only_its_own(customer, application, ours):
    _, token = await create_access_token(await actor_of(customer), CreateAccessToken(ours["holder"], ["*"]))
    client = Client(application, token, customer.customer_id)
    assert [one[3] for one in await found(client, "ada")] == [ours["holder"]]
    assert [one[3] for one in await found(client, ours["iban"])] == [ours["ledger"]]
    for text in (ours["quarantined"], ours["payment"], "ours", ours["endpoint"], ours["api_key"]):
        assert await found(client, text) == [], text
    answer = (await client.data(FIND, text="ada"))["find"]
    assert [(one["resourceType"], one["reason"], one["requiredScope"]) for one in answer["notSearched"]] == [
        (name, "An access token of one holder cannot see it.", None)
        for name in ("webhook_endpoint", "webhook_delivery", "api_key")
    ]


async def test_refuses_a_text_that_is_blank_or_too_long(customer):
    for text in (" ", "x" * 256):
        body = await customer.ask(FIND, text=text)
        assert [(one["extensions"]["code"], one["extensions"]["path"]) for one in body["errors"]] == [
            ("VALIDATION", ["text"])
        ]
