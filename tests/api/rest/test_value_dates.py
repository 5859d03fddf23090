"""Value dates and closed books over REST."""

import pytest

from app.db.connection import fetchval
from tests.api.rest.conftest import refusal

OCTOBER, NOVEMBER = "2025-10-31T12:00:00Z", "2025-11-30T12:00:00Z"
TRANSACTIONS, LEDGERS = "/v1/customer/transactions", "/v1/customer/ledgers"
BOOKS = "/v1/customer/books"


@pytest.fixture
async def gold(rest):
    """Two virtual ledgers, the first with ten of gold in it."""
    return [await rest.gold(10), await rest.gold()]


async def move(rest, gold, key, **more):
    body = {"ledger_from_id": gold[0], "ledger_to_id": gold[1], "amount": 1, **more}
    return await rest.call("POST", f"{TRANSACTIONS}/inter-ledger", body, key=key)


async def test_dates_transactions_and_lists_entries_by_either_date(rest, gold):
    dated = (await move(rest, gold, "a", effective_at="2025-10-31T14:00:00+02:00")).json()["transaction_id"]
    plain = (await move(rest, gold, "b")).json()["transaction_id"]
    credit = {"ledger_id": gold[0], "amount": 1, "effective_at": NOVEMBER}
    by_hand = await rest.done("POST", f"{TRANSACTIONS}/manual-credit", credit, key="c")
    by_hand_out = await rest.done("POST", f"{TRANSACTIONS}/manual-debit", credit, key="d")

    told = [
        await rest.done("GET", f"{TRANSACTIONS}/{one}")
        for one in (dated, plain, by_hand["transaction_id"], by_hand_out["transaction_id"])
    ]
    assert [one["effective_at"] for one in told] == [OCTOBER, told[1]["created_at"], NOVEMBER, NOVEMBER]
    assert told[0]["created_at"] > NOVEMBER

    async def entries(**params):
        found = await rest.done("GET", f"{LEDGERS}/{gold[0]}/entries", params=params)
        assert all(one["effective_at"] <= one["created_at"] for one in found)
        return [one["transaction_id"] for one in found]

    assert await entries(effective_to_date="2025-10-31") == [dated]
    assert await entries(effective_from_date="2025-11-01", effective_to_date="2025-11-30") == [
        by_hand_out["transaction_id"],
        by_hand["transaction_id"],
    ]
    assert await entries(effective_from_date="2025-12-01") == [plain, await first_entry(gold[0])]
    everywhere = await rest.done("GET", f"{LEDGERS}/entries", params={"effective_to_date": "2025-10-31"})
    assert {one["transaction_id"] for one in everywhere} == {dated}


async def first_entry(ledger_id):
    return str(await fetchval("SELECT id FROM transfers WHERE credit_id = $1 AND credit_sequence = 1", ledger_id))


async def test_is_the_same_command_as_over_graphql(rest, gold):
    answer = await move(rest, gold, "a", effective_at=OCTOBER)
    assert (await move(rest, gold, "a", effective_at=OCTOBER)).headers["Idempotent-Replayed"] == "true"
    refusal(await move(rest, gold, "a"), 409, "IDEMPOTENCY_MISMATCH")
    assert answer.status_code == 201


async def test_closes_the_books(rest, gold):
    assert await rest.done("GET", BOOKS) == {}
    body = {"through": OCTOBER, "reason": "Audited"}
    assert await rest.done("POST", f"{BOOKS}/close", body, key="october") == {"closed_through": OCTOBER}
    assert await rest.done("GET", BOOKS) == {"closed_through": OCTOBER}
    again = await rest.call("POST", f"{BOOKS}/close", body)
    assert again.headers["Idempotent-Replayed"] == "true"

    [fault] = refusal(await move(rest, gold, "a", effective_at=OCTOBER), 409, "INVALID_STATE")
    assert fault["path"] == ["effective_at"]
    [fault] = refusal(
        await rest.call("POST", f"{BOOKS}/close", {"through": "2025-01-01T00:00:00Z"}), 409, "INVALID_STATE"
    )
    assert fault["path"] == ["through"]
    [fault] = refusal(await move(rest, gold, "a", effective_at="2999-01-01T00:00:00Z"), 422, "VALIDATION")
    assert fault["path"] == ["effective_at"]
    assert (await move(rest, gold, "a", effective_at=NOVEMBER)).status_code == 201
