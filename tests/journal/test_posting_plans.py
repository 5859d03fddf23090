"""Each statement of a posting finds each of its rows by the row's whole key, also on tables that are empty when it is
planned, for the plan stays while they grow.
"""

import re

import pytest

from app.db.transaction import transaction
from app.journal import reserve_and_lock, write_batch

PARTS = (
    ("told", write_batch._TOLD_SQL),
    ("placed", write_batch._PLACE_SQL),
    ("promised", write_batch._PROMISE_SQL),
    ("posted", write_batch._TRANSFERS_SQL),
    ("totals", write_batch._TOTALS_SQL),
    ("recorded", write_batch._RECORD_SQL),
    ("queued", write_batch._QUEUE_SQL),
    ("given_back", write_batch._GIVE_BACK_SQL),
    ("rebound", write_batch._REBIND_SQL),
)
KEYS = {
    "posting_accounts": {"customer_id", "id"},
    "idempotency_keys": {"customer_id", "operation", "key"},
}
STATEMENTS = {
    "reserve and lock": (reserve_and_lock.RESERVE_AND_LOCK_SQL, ["posting_accounts"]),
    "lock": (reserve_and_lock.LOCK_SQL, ["posting_accounts"]),
    "known keys": (reserve_and_lock._KNOWN_SQL, ["idempotency_keys"]),
    "write": (write_batch._assembled(PARTS), ["idempotency_keys", "idempotency_keys", "posting_accounts"]),
}


async def planned(sql):
    """The plan that a connection keeps."""
    numbers = {int(number) for number in re.findall(r"\$(\d+)", sql)}
    async with transaction(by_key=True) as tx:
        await tx.execute(f"PREPARE planned AS {sql}")
        rows = await tx.fetch(f"EXPLAIN EXECUTE planned({', '.join('NULL' for _ in numbers)})")
        await tx.execute("DEALLOCATE planned")
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("name", STATEMENTS)
async def test_looks_rows_up_by_their_whole_key_on_empty_tables(database, name):
    sql, tables = STATEMENTS[name]
    plan = await planned(sql)
    assert re.findall("Seq Scan|Bitmap|Hash Join|Merge Join", plan) == []
    found = re.findall(r"Index (?:Only )?Scan using \w+ on (\w+).*\n\s+Index Cond: (.*)", plan)
    assert sorted(table for table, _ in found) == tables
    for table, condition in found:
        assert set(re.findall(r"\(\(?(\w+) =", condition)) == KEYS[table]
