"""Value dates and closed books over GraphQL."""

import pytest

from app.db.connection import fetchval
from app.events.number_events import number_events
from app.kernel.clock import rfc3339
from tests.api.product.money import gold, small_scene
from tests.bookkeeping import nothing_changes

OCTOBER = "2025-10-31T12:00:00.000000Z"
NOVEMBER = "2025-11-30T12:00:00.000000Z"
TRANSFERS = """query ($id: ID!, $span: DateTimeFilter!) {
    transfers(filter: { effectiveAt: $span }) { nodes { id effectiveAt postedAt } }
    entries(filter: { ledgerId: $id, effectiveAt: $span }) { nodes { effectiveAt postedAt transfer { id } } }
    ledger(id: $id) { entries(filter: { effectiveAt: $span }) { nodes { transfer { id } } } } }"""
BALANCES = """query ($id: ID!, $at: DateTime!) { ledger(id: $id) {
    now: balance { posted { value } } default: balanceAt(at: $at) { value }
    posted: balanceAt(at: $at, by: POSTED) { value }
    effective: balanceAt(at: $at, by: EFFECTIVE) { value } none: balanceAt(at: $at, by: null) { value } } }"""
CLOSE = """mutation ($input: CloseBooksInput!) { closeBooks(input: $input) { __typename
    ... on BooksSuccess { closedThrough replayed query { booksClosedThrough } }
    ... on ConflictError { code message path status } ... on Error { code message path } } }"""


@pytest.fixture
async def scene(customer, other_customer, work):
    return await small_scene(customer, other_customer, work)


async def close(scene, through, **more):
    return (await scene.client.data(CLOSE, input={"through": through, **more}))["closeBooks"]


async def test_tells_value_dates_of_transfers_and_entries_and_filters_by_them(scene):
    dated = (await scene.done("postTransfer", effectiveAt="2025-10-31T13:00:00+01:00"))["id"]
    plain = await scene.done("postTransfer")

    async def found(span):
        return await scene.client.data(TRANSFERS, id=scene.payer, span=span)

    october = await found({"gte": "2025-10-01T00:00:00Z", "lt": "2025-11-01T00:00:00Z"})
    [told] = october["transfers"]["nodes"]
    assert (told["id"], told["effectiveAt"]) == (dated, OCTOBER)
    assert told["postedAt"] < plain["postedAt"]
    assert october["entries"]["nodes"] == [
        {"effectiveAt": OCTOBER, "postedAt": told["postedAt"], "transfer": {"id": dated}}
    ]
    assert october["ledger"]["entries"]["nodes"] == [{"transfer": {"id": dated}}]
    later = await found({"gte": plain["postedAt"]})
    assert later["transfers"]["nodes"] == [
        {"id": plain["id"], "effectiveAt": plain["postedAt"], "postedAt": plain["postedAt"]}
    ]


async def test_tells_balances_by_either_date(scene):
    await scene.done("postTransfer", effectiveAt=OCTOBER)
    told = (await scene.client.data(BALANCES, id=scene.payee, at=NOVEMBER))["ledger"]
    values = {name: (one["posted"] if name == "now" else one)["value"] for name, one in told.items()}
    assert values == {"now": "1.00", "default": "0.00", "posted": "0.00", "effective": "1.00", "none": "0.00"}
    now = rfc3339(await fetchval("SELECT clock_timestamp()"))
    told = (await scene.client.data(BALANCES, id=scene.payee, at=now))["ledger"]
    assert {told[name]["value"] for name in ("default", "posted", "effective")} == {"1.00"}


async def test_dates_captures_and_virtual_movements(scene):
    scene.ids["hold"] = (await scene.done("placeHold"))["id"]
    await scene.done("captureHold", effectiveAt=OCTOBER)
    await scene.done("creditVirtualLedger", effectiveAt=OCTOBER, amount=gold("2"))
    await scene.done("debitVirtualLedger", effectiveAt=NOVEMBER, amount=gold("1"))
    told = await scene.client.data("{ transfers(first: 3) { nodes { kind effectiveAt } } }")
    assert told["transfers"]["nodes"] == [
        {"kind": "VIRTUAL_DEBIT", "effectiveAt": NOVEMBER},
        {"kind": "VIRTUAL_CREDIT", "effectiveAt": OCTOBER},
        {"kind": "INTER_LEDGER", "effectiveAt": OCTOBER},
    ]


async def test_sums_an_accounts_wallets_by_value_date(customer):
    """A history goes back to before its wallets were made here."""
    wallet = {"currency": "USD", "decimalPlaces": 2, "allowNegative": True}
    await customer.data(
        """mutation ($input: CreateAccountInput!) { createAccount(input: $input) {
            ... on AccountSuccess { replayed } } }""",
        input={
            "type": "CHART",
            "reference": "books",
            "wallets": [
                {**wallet, "name": "cash", "accountingType": "ASSET"},
                {**wallet, "name": "equity", "accountingType": "EQUITY"},
            ],
        },
    )
    of = {
        node["name"]: node["id"]
        for node in (await customer.data("{ wallets { nodes { id name } } }"))["wallets"]["nodes"]
    }
    posted = await customer.data(
        """mutation ($input: PostTransferInput!) { postTransfer(input: $input) {
            ... on TransferSuccess { replayed } } }""",
        input={
            "idempotencyKey": "a",
            "debitId": of["cash"],
            "creditId": of["equity"],
            "amount": {"value": "70", "asset": "USD"},
            "effectiveAt": OCTOBER,
        },
    )
    assert posted["postTransfer"] == {"replayed": False}
    told = await customer.data(
        """query ($at: DateTime!) {
            account(reference: "books") {
                effective: balances(at: $at, by: EFFECTIVE) { accountingType unit { posted { value } count } }
                posted: balances(at: $at) { unit { count } }
            }
            effective: accountingReport(at: $at, by: EFFECTIVE) { balanced lines { unit { posted { value } } } }
            posted: accountingReport(at: $at) { lines { unit { count } } } }""",
        at=NOVEMBER,
    )
    seventy = {"posted": {"value": "70.00"}}
    assert told["account"]["effective"] == [
        {"accountingType": "ASSET", "unit": {**seventy, "count": 1}},
        {"accountingType": "EQUITY", "unit": {**seventy, "count": 1}},
    ]
    assert told["effective"] == {"balanced": True, "lines": [{"unit": seventy}] * 2}
    assert (told["account"]["posted"], told["posted"]["lines"]) == ([], [])


async def test_refuses_the_future_and_says_where(scene):
    async with nothing_changes():
        refused = await scene.call("postTransfer", effectiveAt="2999-01-01T00:00:00Z")
    assert refused["__typename"] == "ValidationError"
    assert refused["path"] == ["input", "effectiveAt"]
    for given in ("2999-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00.0000001Z", "yesterday"):
        async with nothing_changes():
            item = {**scene.baseline("postTransfer"), "effectiveAt": given}
            answer = await scene.send("postTransfers", {"transfers": [item], "atomic": True})
            alone = await scene.send("postTransfers", {"transfers": [item]})
        assert answer["cause"]["path"] == ["input", "transfers", "0", "effectiveAt"]
        assert [one["path"] for one in alone["results"]] == [["input", "transfers", "0", "effectiveAt"]]


async def test_closes_the_books(scene):
    assert await scene.client.data("{ booksClosedThrough }") == {"booksClosedThrough": None}
    assert await close(scene, OCTOBER, reason="Audited", idempotencyKey="october") == {
        "__typename": "BooksSuccess",
        "closedThrough": OCTOBER,
        "replayed": False,
        "query": {"booksClosedThrough": OCTOBER},
    }
    assert (await close(scene, OCTOBER))["replayed"] is True
    async with nothing_changes():
        refused = await scene.call("postTransfer", effectiveAt=OCTOBER)
        assert (refused["__typename"], refused["code"]) == ("ConflictError", "INVALID_STATE")
        assert (refused["status"], refused["path"]) == ("BOOKS_CLOSED", ["input", "effectiveAt"])
        assert "closed through 2025-10-31T12:00:00.000000Z" in refused["message"]
        earlier = await close(scene, "2025-10-01T00:00:00Z")
        assert (earlier["__typename"], earlier["path"]) == ("ConflictError", ["input", "through"])
        future = await close(scene, "2999-01-01T00:00:00Z")
        assert (future["__typename"], future["path"]) == ("ValidationError", ["input", "through"])
    await scene.done("postTransfer", effectiveAt=NOVEMBER)
    await scene.done("postTransfer")
    await number_events(scene.customer_id)
    told = await scene.client.data(
        """{ events(filter: { types: ["books.*"] }) { nodes { type resourceType resourceId data } } }"""
    )
    data = {"customer_id": scene.client.customer_id, "closed_through": OCTOBER, "reason": "Audited", "version": 1}
    assert told["events"]["nodes"] == [
        {"type": "books.closed", "resourceType": "books", "resourceId": scene.client.customer_id, "data": data}
    ]
