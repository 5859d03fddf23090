"""Each statement of a posting finds each of its rows by the row's whole key, also on tables that are empty when it is
planned, for the plan stays while they grow.
"""

import re

import pytest

from app.db import guarded_statement, statement
from app.events import record
from app.idempotency import reserve_keys
from app.journal import backdated, compare_accounts, reserve_and_lock, write_batch
from app.outbox import promise
from tests.plans import planned_by_key

TOLD_SQL, RECORD_SQL = record.event_parts(is_traced=False, leaves_out=True, is_guarded=False)
_, LATER_RECORD_SQL = record.event_parts(is_traced=False, leaves_out=True, is_guarded=True)
PARTS = (
    ("told", TOLD_SQL),
    ("placed", write_batch._PLACE_SQL),
    ("promised", promise.PROMISE_SQL),
    ("moved", write_batch._MOVE_SQL),
    ("posted", write_batch._TRANSFERS_SQL),
    ("totals", write_batch._TOTALS_SQL),
    ("backdated_by_day", backdated._DAYS_SQL),
    ("backdated_by_batch", backdated._TOTALS_SQL),
    ("recorded", RECORD_SQL),
    ("queued", record.QUEUE_SQL),
    ("given_back", reserve_keys.GIVE_BACK_SQL),
    ("rebound", reserve_keys.REBIND_SQL),
)
ACCOUNT, KEY = {"customer_id", "id"}, {"customer_id", "operation", "key"}
CLOSED_BOOKS = ("closed_books", {"customer_id"})
STATEMENTS = {
    "reserve and lock": (reserve_and_lock.RESERVE_AND_LOCK_SQL, [("posting_accounts", ACCOUNT), CLOSED_BOOKS]),
    "lock": (reserve_and_lock.LOCK_SQL, [("posting_accounts", ACCOUNT), CLOSED_BOOKS]),
    "known keys": (reserve_keys.KNOWN_SQL, [("idempotency_keys", KEY)]),
    "lock holds": (
        reserve_and_lock.LOCK_HOLDS_SQL,
        [
            ("holds", {"customer_id", "id"}),
            ("posting_accounts", ACCOUNT),
            ("posting_accounts", ACCOUNT),
            ("transfers", {"customer_id", "hold_id"}),
        ],
    ),
    "lock transfers": (reserve_and_lock.LOCK_TRANSFERS_SQL, [("transfers", {"customer_id", "id"})]),
    "read transfers": (
        reserve_and_lock.READ_TRANSFERS_SQL,
        [
            ("posting_accounts", ACCOUNT),
            ("posting_accounts", ACCOUNT),
            ("transfers", {"customer_id", "id"}),
            ("transfers", {"customer_id", "reverses_id"}),
        ],
    ),
    "read": (compare_accounts.READ_SQL, [("posting_accounts", ACCOUNT)]),
    "post by memory": (
        guarded_statement.assembled_behind_guard(
            (
                ("reserved", reserve_keys.RESERVED_PART_SQL),
                ("locked", compare_accounts.LOCKED_SQL),
                ("asked", compare_accounts.ASKED_SQL),
                ("guard", compare_accounts.GUARD_SQL),
            ),
            (
                ("posted", write_batch._TRANSFERS_SQL),
                ("totals", write_batch._TOTALS_SQL),
                ("told", TOLD_SQL),
                ("recorded", LATER_RECORD_SQL),
                ("queued", record.QUEUE_SQL),
            ),
        ),
        [("posting_accounts", ACCOUNT), ("posting_accounts", ACCOUNT), CLOSED_BOOKS],
    ),
    "write": (
        statement.assembled(PARTS),
        [
            ("backdated_totals", {"customer_id", "account_id"}),
            ("holds", {"customer_id", "id"}),
            ("idempotency_keys", KEY),
            ("idempotency_keys", KEY),
            ("posting_accounts", ACCOUNT),
        ],
    ),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", STATEMENTS)
async def test_looks_rows_up_by_their_whole_key_on_empty_tables(own_database, name):
    sql, wanted = STATEMENTS[name]
    plan = await planned_by_key(sql)
    assert re.findall("Seq Scan|Bitmap|Hash Join|Merge Join", plan) == []
    found = re.findall(r"Index (?:Only )?Scan (?:Backward )?using (\w+) on (\w+).*\n\s+Index Cond: (.*)", plan)
    looked_up = [(table, set(re.findall(r"\(\(?(\w+) =", condition))) for _, table, condition in found]
    assert sorted(looked_up, key=str) == sorted(wanted, key=str)
    # Another index that has the id, further back, would read all of the customer's.
    assert all(index.endswith("_pkey") for (index, *_), (_, key) in zip(found, looked_up, strict=True) if "id" in key)
