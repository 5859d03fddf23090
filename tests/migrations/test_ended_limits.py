"""What was closed with an overdraft limit has none any more, and the others keep theirs."""

import asyncpg
import pytest

from app.db import migrate as module
from app.db.identifiers import new_id
from app.db.migrate import migrate, migrations

pytestmark = pytest.mark.postgres15

FILL = """
    INSERT INTO customers VALUES ($1, 'Example', now());
    INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative, held,
                                  debits, credits, sequence, overdraft_limit)
    SELECT $1, id, book, 'GBP', 2, 'CREDIT', true, false, 0, 0, 0, 0, 50
    FROM unnest(ARRAY[$2, $3, $4, $5, $6]::uuid[], ARRAY['BANK', 'BANK', 'BANK', 'WALLET', 'WALLET']) AS n (id, book);
    INSERT INTO ledgers (customer_id, id, type, is_virtual, asset_class, asset, scale, status, primary_uses,
                         assets_owned_by, jurisdiction, partner_product, iban_status, created_at, updated_at,
                         overdraft_limit_minor_units)
    SELECT $1, id, 'OMNIBUS', false, 'CURRENCY', 'GBP', 2, status, '{}', 'ME', 'GB', 'PayrNet-GBP-1', 'NOT_REQUESTED',
           now(), now(), 50
    FROM unnest(ARRAY[$2, $3, $4]::uuid[], ARRAY['OK', 'CLOSED', 'DECLINED']) AS n (id, status);
    INSERT INTO accounts (customer_id, id, type, reference, content_hash, created_at, updated_at)
    VALUES ($1, $7, 'GROUP', 'customer123', decode(repeat('ab', 32), 'hex'), now(), now());
    INSERT INTO wallets (customer_id, id, account_id, account_reference, name, currency, accounting_type,
                         decimal_places, allow_negative, content_hash, created_at, updated_at, closed_at,
                         overdraft_limit_minor_units)
    SELECT $1, id, $7, 'customer123', name, 'GBP', 'LIABILITY', 2, false, decode(repeat('ab', 32), 'hex'), now(), now(),
           closed_at, 50
    FROM unnest(ARRAY[$5, $6]::uuid[], ARRAY['open', 'closed'], ARRAY[NULL, now()]) AS n (id, name, closed_at)
"""
LIMITS = """
    SELECT n.id, n.overdraft_limit_minor_units, a.overdraft_limit
    FROM (SELECT id, overdraft_limit_minor_units FROM ledgers
          UNION ALL SELECT id, overdraft_limit_minor_units FROM wallets) AS n
    JOIN posting_accounts AS a ON a.id = n.id
"""


async def test_takes_the_limit_of_what_has_ended(fresh_url, monkeypatch):
    known = migrations()
    monkeypatch.setattr(module, "migrations", lambda: [one for one in known if one.name < "0025"])
    await migrate(fresh_url)
    monkeypatch.undo()
    ids = [new_id() for _ in range(7)]
    _, open_ledger, closed, declined, open_wallet, closed_wallet, _ = ids
    connection = await asyncpg.connect(fresh_url)
    text = FILL
    for number, value in enumerate(ids, 1):
        text = text.replace(f"${number}", f"'{value}'")
    await connection.execute(text)

    await migrate(fresh_url)

    limits = {row["id"]: tuple(row)[1:] for row in await connection.fetch(LIMITS)}
    ended = dict.fromkeys((closed, declined, closed_wallet), (0, None))
    assert limits == {**ended, **dict.fromkeys((open_ledger, open_wallet), (50, 50))}
    await connection.close()
