"""Among 50,000 analyzed accounts, safeguarding reads by indexes only what the ledger backs: now and at an instant."""

import json
from datetime import timedelta

import pytest

from app.accounts import safeguarding
from app.accounts.safeguarding import read_safeguarding
from app.db.connection import fetch, fetchval, pool
from tests.accounts.conftest import issue
from tests.accounts.test_query_plans import BASE, OURS, TABLES, filled, nodes_of

__all__ = ["filled", "issue"]

BACKED = 50
LINK = """
    WITH chosen AS (
        SELECT id FROM accounts WHERE customer_id = $1 AND type = 'GROUP' ORDER BY created_at LIMIT $3
    ), linked AS (
        UPDATE accounts SET backing_ledger_id = $2 FROM chosen WHERE customer_id = $1 AND accounts.id = chosen.id
    )
    INSERT INTO account_backings SELECT $1, id, $2, $4 FROM chosen
"""


@pytest.mark.thorough
async def test_reads_what_the_ledger_backs_by_indexes(filled, issue, monkeypatch):
    ledger_id = await issue(filled, asset="USD")
    await pool().execute(LINK, filled.customer_id, ledger_id, BACKED, BASE)
    for table in (*TABLES, "account_backings", "ledgers"):
        await pool().execute(f"VACUUM ANALYZE {table}")
    statements = []

    async def note(sql, *arguments):
        statements.append((sql, arguments))
        return await fetch(sql, *arguments)

    monkeypatch.setattr(safeguarding, "fetch", note)
    for at in (None, BASE + timedelta(minutes=OURS)):
        assert (await read_safeguarding(filled, ledger_id, at)).wallet_count == BACKED - 1  # One is in euros.
    assert len(statements) == 2
    for sql, arguments in statements:
        explained = await fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", *arguments)
        plan = list(nodes_of(json.loads(explained)[0]["Plan"]))
        scanned = {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}
        assert scanned & set(TABLES) == set()
        assert max(node["Actual Rows"] * node["Actual Loops"] for node in plan) <= 4 * BACKED
