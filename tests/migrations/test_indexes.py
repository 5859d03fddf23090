"""A database that got the first indexes of transfers in the way that made writers wait has the same ones in the end."""

import asyncpg
import pytest

from app.db import migrate as module
from app.db.migrate import FORMERLY, SchemaMismatch, migrate, migrations

pytestmark = pytest.mark.postgres15

FORMER = """
    DROP INDEX transfers_hold;
    CREATE INDEX transfers_hold ON transfers (customer_id, hold_id, posted_at, id) WHERE hold_id IS NOT NULL;
    ALTER TABLE holds VALIDATE CONSTRAINT holds_parts_check, VALIDATE CONSTRAINT holds_whole_check,
        VALIDATE CONSTRAINT holds_captured_check, VALIDATE CONSTRAINT holds_last_transfer_check;
    DROP INDEX transfers_reversals;
    CREATE INDEX transfers_reverses ON transfers (customer_id, reverses_id, posted_at, id)
        WHERE reverses_id IS NOT NULL;
    CREATE INDEX transfers_group ON transfers (customer_id, group_id, posted_at, id) WHERE group_id IS NOT NULL;
    CREATE INDEX webhook_deliveries_held ON webhook_deliveries (customer_id, endpoint_id, feed_position, id)
        WHERE next_attempt_at IS NULL AND status IN ('PENDING', 'RETRYING');
    DROP INDEX webhook_deliveries_suspended;
    CREATE INDEX webhook_deliveries_in_order
        ON webhook_deliveries (customer_id, endpoint_id, resource_id, feed_position)
        WHERE is_ordered AND status IN ('PENDING', 'RETRYING');
    ALTER TABLE webhook_deliveries VALIDATE CONSTRAINT webhook_deliveries_unscheduled_count_check;
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
NOT_VALIDATED = """
    SELECT conname FROM pg_constraint
    WHERE conrelid IN ('holds'::regclass, 'webhook_deliveries'::regclass) AND NOT convalidated
"""


async def test_ends_with_the_same_indexes_whichever_form_was_applied(fresh_url, monkeypatch):
    known = migrations()
    monkeypatch.setattr(module, "migrations", lambda: [one for one in known if one.name < "0027"])
    await migrate(fresh_url)
    connection = await asyncpg.connect(fresh_url)
    await connection.execute(FORMER)
    formerly = {one.name: FORMERLY.findall(one.sql)[0] for one in known if FORMERLY.search(one.sql)}
    assert [name[:4] for name in formerly] == ["0014", "0017", "0019", "0020", "0021", "0022"]
    for name, checksum in formerly.items():
        await connection.execute("UPDATE schema_migrations SET checksum = $2 WHERE name = $1", name, checksum)
    monkeypatch.undo()

    assert await migrate(fresh_url) == [one.name for one in known if one.name >= "0027"]

    found = {row["indexname"]: row["indexdef"] for row in await connection.fetch(INDEXES)}
    assert await connection.fetch(NOT_VALIDATED) == []
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await migrate(fresh_url)
    assert found == {row["indexname"]: row["indexdef"] for row in await connection.fetch(INDEXES)}
    assert await connection.fetch(NOT_VALIDATED) == []
    assert not {"transfers_hold", "transfers_reverses"} & found.keys()
    await connection.close()


async def test_takes_no_other_form(fresh_url):
    await migrate(fresh_url)
    connection = await asyncpg.connect(fresh_url)
    await connection.execute("UPDATE schema_migrations SET checksum = $1 WHERE name LIKE '0014%'", "0" * 64)
    with pytest.raises(SchemaMismatch, match="0014_holds_in_part is not the one"):
        await migrate(fresh_url)
    await connection.close()
