from datetime import datetime

import pytest

from app.db.connection import pool
from tests.api.rest.conftest import refusal

LEDGERS = "/v1/customer/ledgers"
INTER_LEDGER = "/v1/customer/transactions/inter-ledger"


async def moved(rest, debit, credit, amount, key):
    body = {"ledger_from_id": debit, "ledger_to_id": credit, "amount": amount}
    return (await rest.done("POST", INTER_LEDGER, body, key=key))["transaction_id"]


async def test_lists_the_entries_of_a_ledger_in_pages(rest):
    ledger_id, other = await rest.gold(10), await rest.gold()
    first = await moved(rest, ledger_id, other, 1.5, "a")
    second = await moved(rest, other, ledger_id, 0.5, "b")
    path = f"{LEDGERS}/{ledger_id}/entries"
    page = await rest.call("GET", f"{path}?items_per_page=2")
    assert [(one["transaction_id"], one["ledger_entry_type"], one["amount"]) for one in page.json()] == [
        (second, "ledger-entry-type-credit", "0.5000"),
        (first, "ledger-entry-type-debit", "1.5000"),
    ]
    rest_of_it = await rest.call("GET", page.links["next"]["url"])
    assert [one["amount"] for one in rest_of_it.json()] == ["10.0000"]
    assert "next" not in rest_of_it.links
    for params, count in (
        ({"starting_at_date": "2020-01-01", "to_date": "2999-12-31"}, 3),
        ({"to_date": "2020-01-01"}, 0),
        ({"starting_at_date": page.json()[1]["created_at"]}, 2),
    ):
        assert len(await rest.done("GET", path, params=params)) == count
    of_other = await rest.done("GET", f"{LEDGERS}/{other}/entries")
    refusal(await rest.call("GET", path, params={"last_seen_id": of_other[0]["ledger_entry_id"]}), 422, "VALIDATION")
    refusal(await rest.call("GET", f"{LEDGERS}/{first}/entries"), 404, "NOT_FOUND")


async def test_lists_the_entries_of_ledgers_and_of_no_wallet(rest):
    ledger_id = await rest.gold(10)
    wallet = {"currency": "USD", "accounting_type": "LIABILITY", "decimal_places": 2, "allow_negative": True}
    body = {
        "account_type": "group",
        "account_reference": "a",
        "wallets": [{**wallet, "wallet_name": name} for name in ("v", "w")],
    }
    wallets = (await rest.done("POST", "/api/v1/account", body))["wallets"]
    await moved(rest, wallets[0]["wallet_id"], wallets[1]["wallet_id"], 1, "between wallets")
    entries = await rest.done("GET", f"{LEDGERS}/entries")
    assert [one["ledger_id"] for one in entries] == [ledger_id]
    listed = await rest.done("GET", "/api/v1/wallet", params={"account_reference": "a"})
    assert sorted(one["balance"]["posted"] for one in listed) == ["-1.00", "1.00"]


async def changed(rest, **params):
    return await rest.done("GET", f"{LEDGERS}/changed", params=params)


async def test_misses_no_change_by_date(rest):
    first, second = await rest.gold(), await rest.gold()
    page = await changed(rest, from_date="2020-01-01")
    assert [one["ledger_id"] for one in page["ledgers"]] == [first, second]
    assert page["has_more"] is False
    await moved(rest, await rest.gold(3), first, 1, "a")
    again = await changed(rest, from_date=page["next_request_date"])
    assert first in {one["ledger_id"] for one in again["ledgers"]}
    assert again["next_request_date"] >= page["next_request_date"]


async def test_goes_on_by_cursor_and_never_stalls(rest):
    ids = [await rest.gold() for _ in range(5)]
    seen, cursor = [], None
    for _ in range(5):
        page = await changed(rest, items_per_page="2", **({} if cursor is None else {"cursor": cursor}))
        seen += [one["ledger_id"] for one in page["ledgers"]]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
    assert seen == ids
    assert (await changed(rest, cursor=cursor))["ledgers"] == []


@pytest.mark.parametrize("size", ["1", "2"])
async def test_gives_no_later_date_than_what_is_still_to_be_told(rest, size):
    for _ in range(3):
        await rest.gold()
    page = await changed(rest, from_date="2020-01-01", items_per_page=size)
    assert page["has_more"] is True
    untold = await changed(rest, cursor=page["next_cursor"])
    ids = {one["ledger_id"] for one in untold["ledgers"]}
    by_date = await changed(rest, from_date=page["next_request_date"])
    assert ids <= {one["ledger_id"] for one in by_date["ledgers"]}


async def test_gives_no_date_that_a_transaction_under_way_is_older_than(rest):
    await rest.gold()
    async with pool().acquire() as connection, connection.transaction():
        began, _ = await connection.fetchrow("SELECT now(), pg_current_xact_id()")
        assert datetime.fromisoformat((await changed(rest))["next_request_date"]) <= began
