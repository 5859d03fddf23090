"""Statements over REST: each format, by `Accept` and by `format`, in pieces, and what is refused."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta

import mt940
import pypdfium2
import pytest
from lxml import etree

from app.access.note_last_use import finish_noting_last_use
from app.api.http_response import StreamedResponse
from app.statements.formats.table import FORMATS
from tests.api.rest.conftest import refusal

LONG_AGO = "2026-01-01"
LEDGERS = "/v1/customer/ledgers"


@pytest.fixture
async def gold(rest):
    """A ledger with 8.5 of 10 left, and where the rest went."""
    ledger_id, other = await rest.gold(10), await rest.gold()
    body = {"ledger_from_id": ledger_id, "ledger_to_id": other, "amount": 1.5, "reference": "=1+1"}
    await rest.done("POST", "/v1/customer/transactions/inter-ledger", body, key="a")
    return ledger_id


@pytest.fixture
async def pounds(rest, work):
    ledger_id = await rest.issue()
    await work()
    return ledger_id


async def statement_of(rest, ledger_id, headers=None, **parameters):
    await finish_noting_last_use()  # A statement ends before what is still being written.
    return await rest.call(
        "GET", f"{LEDGERS}/{ledger_id}/statement", params={"from": LONG_AGO, **parameters}, headers=headers
    )


async def test_tells_a_statement_in_json(rest, gold):
    answer = await statement_of(rest, gold)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    told = answer.json()
    assert (told["ledger_id"], told["asset"], told["scale"], told["by"], told["is_final"]) == (
        gold,
        "GOLD",
        4,
        "POSTED",
        True,
    )
    assert (told["opening_balance"], told["credits"], told["debits"], told["closing_balance"]) == (
        "0.0000",
        "10.0000",
        "1.5000",
        "8.5000",
    )
    assert [(one["direction"], one["amount"], one["balance_after"]) for one in told["entries"]] == [
        ("CREDIT", "10.0000", "10.0000"),
        ("DEBIT", "1.5000", "8.5000"),
    ]
    assert (answer.headers["statement-from"], answer.headers["statement-to"]) == (told["from"], told["to"])
    following = (await statement_of(rest, gold, **{"from": told["to"]})).json()
    assert (following["entry_count"], following["opening_balance"]) == (0, "8.5000")


@pytest.mark.parametrize("name", FORMATS)
async def test_answers_each_format_by_name_and_by_type(rest, pounds, name):
    media_type = FORMATS[name].media_type
    by_name = await statement_of(rest, pounds, format=name, to="2026-02-01")
    by_type = await statement_of(rest, pounds, {"Accept": media_type}, to="2026-02-01")
    for answer in (by_name, by_type):
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].split(";")[0] == media_type
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="statement-{pounds}-20260101.{FORMATS[name].ending}"'
        )
    if name != "pdf":  # Which says when it was drawn.
        assert by_name.content == by_type.content
    match name:
        case "csv":
            rows = list(csv.DictReader(io.StringIO(by_name.text)))
            assert [row["direction"] for row in rows] == ["OPENING", "CLOSING"]
        case "pdf":
            assert len(pypdfium2.PdfDocument(by_name.content)) == 1
        case "camt053":
            assert etree.fromstring(by_name.content).tag.endswith("camt.053.001.08}Document")
        case "mt940":
            assert mt940.parse(by_name.text).data["final_opening_balance"].amount.amount == 0


@pytest.mark.parametrize("name", ["camt053", "mt940"])
async def test_refuses_gold_where_only_currencies_are_known(rest, gold, name):
    [fault] = refusal(await statement_of(rest, gold, format=name), 422, "VALIDATION")
    assert fault["path"] == ["format"]
    assert "GOLD is none" in fault["message"]


async def test_tells_a_wallets_statement(rest):
    wallet = {"currency": "USD", "accounting_type": "ASSET", "decimal_places": 2, "allow_negative": True}
    body = {
        "account_type": "group",
        "account_reference": "a",
        "wallets": [{**wallet, "wallet_name": name} for name in ("v", "w")],
    }
    first, second = (one["wallet_id"] for one in (await rest.done("POST", "/api/v1/account", body))["wallets"])
    sent = {"ledger_from_id": first, "ledger_to_id": second, "amount": 3}
    await rest.done("POST", "/v1/customer/transactions/inter-ledger", sent, key="a")
    told = await rest.done("GET", f"/api/v1/wallet/{first}/statement", params={"from": LONG_AGO})
    assert (told["wallet_id"], told["name"], told["closing_balance"]) == (first, "a v", "3.00")
    assert told["entries"][0]["counterparty_name"] == "a w"
    refusal(await statement_of(rest, first), 404, "NOT_FOUND")
    as_ledger = await rest.call("GET", f"/api/v1/wallet/{await rest.gold()}/statement", params={"from": LONG_AGO})
    refusal(as_ledger, 404, "NOT_FOUND")


async def test_refuses_a_time_a_format_or_a_type_that_cannot_be(rest, gold):
    later = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    for parameters, path in (
        ({"from": "x"}, "from"),
        ({"from": later}, "from"),
        ({"to": LONG_AGO}, "to"),
        ({"to": "2026-13-01"}, "to"),
        ({"format": "xls"}, "format"),
        ({"by": "booked"}, "by"),
        ({"until": LONG_AGO}, "until"),
    ):
        [fault] = refusal(await statement_of(rest, gold, **parameters), 422, "VALIDATION")
        assert fault["path"] == [path]
    refusal(await rest.call("GET", f"{LEDGERS}/{gold}/statement"), 422, "VALIDATION")
    refusal(await statement_of(rest, gold, {"Accept": "image/png"}), 406, "BAD_REQUEST")


async def test_takes_the_date_in_capitals_too(rest, gold):
    for by in ("effective", "EFFECTIVE", "Effective"):
        assert (await statement_of(rest, gold, by=by)).json()["by"] == "EFFECTIVE"


async def test_begins_with_the_earliest_time_there_is(rest, gold):
    for begin in ("0001-01-01", "1969-12-31", "1970-01-01"):
        answer = await statement_of(rest, gold, **{"from": begin})
        assert answer.status_code == 200, answer.text
        assert answer.json()["from"].startswith("1970-01-01T00:00:00")


async def test_is_nobody_elses_and_takes_both_scopes(rest, other_rest, gold):
    refusal(await statement_of(other_rest, gold), 404, "NOT_FOUND")
    for scopes in (["ledgers:read"], ["transfers:read"]):
        refusal(await statement_of(await rest.with_scopes(*scopes), gold), 403, "FORBIDDEN")


async def test_exports_the_journal(rest, gold):
    for name in ("beancount", "hledger"):
        answer = await rest.call("GET", "/v1/customer/journal", params={"format": name})
        assert answer.status_code == 200
        assert "8.5000" in answer.text
    refusal(await rest.call("GET", "/v1/customer/journal", params={"format": "gnucash"}), 422, "VALIDATION")


async def test_stops_making_pieces_for_who_went_away():
    made, is_closed = [], []

    async def pieces():
        try:
            for number in range(1_000):
                made.append(number)
                yield b"x"
                await asyncio.sleep(0)
        finally:
            is_closed.append(True)

    async def receive():
        return {"type": "http.disconnect"}

    sent = []

    async def send(message):
        sent.append(message)

    await StreamedResponse(pieces(), "text/csv", "a.csv")({}, receive, send)
    assert len(made) < 5
    assert is_closed == [True]
    assert len(sent) < 5
