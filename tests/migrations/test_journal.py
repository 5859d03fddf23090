"""What was issued before there was a journal gets its counterparts when it is migrated."""

import asyncpg
import pytest

from app.db import migrate as module
from app.db.identifiers import new_id
from app.db.migrate import migrate, migrations

pytestmark = pytest.mark.postgres15

BEFORE = "0003_simulator"
ISSUE = """
    INSERT INTO ledgers (customer_id, id, type, is_virtual, asset_class, asset, scale, status, primary_uses,
                         assets_owned_by, jurisdiction, partner_product, iban_status, created_at, updated_at)
    VALUES ($1, $2, 'OMNIBUS', $3::text IS NULL, 'CURRENCY', $4, $5, 'OK', '{}', 'ME', 'GB', $3, 'NOT_REQUESTED',
            now(), now())
"""
OPEN = """
    INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative)
    VALUES ($1, $2, $3, $4, $5, 'CREDIT', true, false)
"""
ISSUED = [
    ("PayrNet-GBP-1", "GBP", 2),
    ("PayrNet-GBP-1", "GBP", 2),
    ("PayrNet-EUR-1", "EUR", 2),
    (None, "GOLD", 6),
    (None, "GOLD", 6),
    (None, "GBP", 2),
]


async def test_opens_a_settlement_account_for_each_product_and_a_vault_for_each_virtual_asset(fresh_url, monkeypatch):
    known = migrations()
    with monkeypatch.context() as patch:
        patch.setattr(module, "migrations", lambda: [one for one in known if one.name <= BEFORE])
        await migrate(fresh_url)
    connection = await asyncpg.connect(fresh_url)
    customers = [new_id(), new_id()]
    for customer_id in customers:
        await connection.execute("INSERT INTO customers VALUES ($1, 'Example Ltd', now())", customer_id)
    for customer_id, issued in [*((customers[0], one) for one in ISSUED), (customers[1], ISSUED[0])]:
        product, asset, scale = issued
        ledger_id, book = new_id(), "VIRTUAL" if product is None else "BANK"
        await connection.execute(OPEN, customer_id, ledger_id, book, asset, scale)
        await connection.execute(ISSUE, customer_id, ledger_id, product, asset, scale)

    await migrate(fresh_url)

    rows = await connection.fetch(
        """
        SELECT customer_id, system_key, name, book, asset, scale, normal_side, is_open, allow_negative, is_system,
               holder_id, debits + credits + held + sequence AS moved
        FROM system_accounts JOIN posting_accounts USING (customer_id, id)
        """
    )
    same = ("DEBIT", True, True, True, None, 0)
    assert {tuple(row) for row in rows} == {
        (customers[0], "settlement:PayrNet-GBP-1", "Settlement with PayrNet-GBP-1", "BANK", "GBP", 2, *same),
        (customers[0], "settlement:PayrNet-EUR-1", "Settlement with PayrNet-EUR-1", "BANK", "EUR", 2, *same),
        (customers[0], "vault:GOLD", "Vault of GOLD", "VIRTUAL", "GOLD", 6, *same),
        (customers[0], "vault:GBP", "Vault of GBP", "VIRTUAL", "GBP", 2, *same),
        (customers[1], "settlement:PayrNet-GBP-1", "Settlement with PayrNet-GBP-1", "BANK", "GBP", 2, *same),
    }
    assert await connection.fetchval("SELECT count(*) FROM posting_accounts WHERE is_system") == 5
    assert await connection.fetchval("SELECT count(*) FROM posting_accounts WHERE NOT is_system") == len(ISSUED) + 1
    await connection.close()
