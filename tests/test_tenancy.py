"""Read from PostgreSQL's catalog: every key of a tenant's table begins with the tenant."""

import pytest

from app.db.connection import fetch

pytestmark = pytest.mark.postgres15

WITHOUT_TENANT = {
    "schema_migrations": "about the database itself",
    "secret_key_check": "about the installation itself",
    "reserved_bank_identifiers": "what banks gave is unique over all customers",
    "simulator_requests": "the simulated bank's own memory",
    "simulator_sort_codes": "the simulated bank's own memory",
    "simulator_accounts": "the simulated bank's own memory",
    "simulator_ibans": "the simulated bank's own memory",
    "simulator_payments": "the simulated bank's own memory",
    "simulator_arrivals": "the simulated bank's own memory",
    "simulator_screenings": "the simulated screening's own memory",
}


async def columns_of_tables():
    rows = await fetch(
        """
        SELECT table_name, array_agg(column_name::text) AS columns FROM information_schema.columns
        WHERE table_schema = 'public' GROUP BY table_name
        """
    )
    return {row["table_name"]: set(row["columns"]) for row in rows}


async def test_gives_every_table_its_tenant_but_those_that_have_none(database):
    tables = await columns_of_tables()
    assert {table for table, columns in tables.items() if "customer_id" not in columns} | {
        "reserved_bank_identifiers"
    } == set(WITHOUT_TENANT)


async def test_begins_every_unique_index_with_the_tenant(database):
    rows = await fetch(
        """
        SELECT index.indrelid::regclass::text AS table_name, index.indexrelid::regclass::text AS name,
               attribute.attname::text AS first_column
        FROM pg_index AS index
        JOIN pg_class AS class ON class.oid = index.indrelid
        JOIN pg_namespace AS space ON space.oid = class.relnamespace AND space.nspname = 'public'
        LEFT JOIN pg_attribute AS attribute
          ON attribute.attrelid = index.indrelid AND attribute.attnum = index.indkey[0]
        WHERE index.indisunique
        """
    )
    tenants = [row for row in rows if row["table_name"] not in WITHOUT_TENANT]
    assert len(tenants) > 15
    assert [row["name"] for row in tenants if row["first_column"] != "customer_id"] == []


async def test_begins_every_foreign_key_with_the_tenant_on_both_sides(database):
    rows = await fetch(
        """
        SELECT con.conrelid::regclass::text AS table_name, con.conname::text AS name,
               own.attname::text AS own_column, other.attname::text AS other_column,
               con.confrelid = 'customers'::regclass OR cardinality(con.conkey) > 1 AS holds_the_tenant_and_more
        FROM pg_constraint AS con
        JOIN pg_attribute AS own ON own.attrelid = con.conrelid AND own.attnum = con.conkey[1]
        JOIN pg_attribute AS other ON other.attrelid = con.confrelid AND other.attnum = con.confkey[1]
        WHERE con.contype = 'f' AND con.connamespace = 'public'::regnamespace
        """
    )
    assert len(rows) > 15
    wrong = [row["name"] for row in rows if (row["own_column"], row["other_column"]) != ("customer_id", "customer_id")]
    assert wrong == []
    assert [row["name"] for row in rows if not row["holds_the_tenant_and_more"]] == []


async def test_sets_no_column_of_a_composite_key_to_null_when_what_it_names_goes(database):
    rows = await fetch("SELECT conname FROM pg_constraint WHERE contype = 'f' AND confdeltype IN ('n', 'd')")
    assert rows == []


async def test_has_no_triggers(database):
    rows = await fetch("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
    assert rows == []
