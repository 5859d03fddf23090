"""What the code asserts, the database checks too: each constraint is seen to refuse a copy of a good row made bad.

Those of webhooks are in tests/webhooks/test_constraints.py.
"""

from uuid import UUID

import asyncpg
import orjson
import pytest

from app.db.connection import fetch, fetchval, pool

pytestmark = pytest.mark.postgres15

CUSTOMER = "01997000-0000-7000-8000-000000000001"
HOLDER = "01997000-0000-7000-8000-000000000002"
LEDGER = "01997000-0000-7000-8000-000000000003"
SPARE = "01997000-0000-7000-8000-000000000004"
"""A posting account without ledger."""
EVENT = "01997000-0000-7000-8000-000000000005"
OTHER_EVENT = "01997000-0000-7000-8000-000000000006"
ANOTHER = "01997000-0000-7000-8000-00000000000e"
NOBODY = "01997000-0000-7000-8000-00000000000f"
NOW = "2026-11-20T12:00:00Z"
HASH = "\\x" + "ab" * 32
IBAN = {"iban": "GB33PAYR04123412345678", "bic": "PAYRGB2LXXX"}
UK = {"sort_code": "041234", "account_number": "12345678"}

ROWS = [
    ("customers", {"name": "Example Ltd", "created_at": NOW}),
    (
        "api_keys",
        {"id": EVENT, "name": "key", "prefix": "p", "secret_hash": HASH, "scopes": ["*"], "created_at": NOW},
    ),
    (
        "idempotency_keys",
        {"operation": "issueLedger", "key": "k", "command_hash": HASH, "resource_id": LEDGER, "created_at": NOW},
    ),
    (
        "outbox_messages",
        {
            "id": EVENT,
            "kind": "screen_holder",
            "resource_id": HOLDER,
            "status": "PENDING",
            "next_attempt_at": NOW,
            "created_at": NOW,
        },
    ),
    *(
        (
            "events",
            {
                "id": event_id,
                "type": "holder.created",
                "resource_type": "holder",
                "resource_id": HOLDER,
                "resource_version": 1,
                "body": "{}",
                "via": "cli",
                "actor": "operator",
                "occurred_at": NOW,
            },
        )
        for event_id in (EVENT, OTHER_EVENT)
    ),
    (
        "unnumbered_events",
        {
            "event_id": OTHER_EVENT,
            "type": "holder.created",
            "resource_type": "holder",
            "resource_id": HOLDER,
            "occurred_at": NOW,
        },
    ),
    ("feeds", {"last_position": 1}),
    (
        "feed_entries",
        {
            "position": 1,
            "event_id": EVENT,
            "type": "holder.created",
            "resource_type": "holder",
            "resource_id": HOLDER,
            "occurred_at": NOW,
        },
    ),
    (
        "holders",
        {
            "id": HOLDER,
            "kind": "ENDUSER",
            "status": "OK",
            "party": "PERSON",
            "name": "Ada",
            "country": "GB",
            "created_at": NOW,
            "updated_at": NOW,
        },
    ),
    *(
        (
            "posting_accounts",
            {
                "id": account_id,
                "book": "BANK",
                "asset": "GBP",
                "scale": 2,
                "normal_side": "CREDIT",
                "holder_id": HOLDER,
                "is_open": True,
                "allow_negative": False,
            },
        )
        for account_id in (LEDGER, SPARE)
    ),
    (
        "ledgers",
        {
            "id": LEDGER,
            "holder_id": HOLDER,
            "type": "SINGLE_USER",
            "is_virtual": False,
            "asset_class": "CURRENCY",
            "asset": "GBP",
            "scale": 2,
            "status": "OK",
            "primary_uses": ["DEPOSIT"],
            "assets_owned_by": "ME",
            "jurisdiction": "GB",
            "partner_product": "PayrNet-GBP-1",
            "iban_status": "OK",
            "created_at": NOW,
            "updated_at": NOW,
            **IBAN,
            **UK,
        },
    ),
    ("ledger_changes", {"ledger_id": LEDGER, "changed_at": NOW}),
    ("reserved_bank_identifiers", {"kind": "IBAN", "value": "x", "ledger_id": LEDGER}),
    ("simulator_requests", {"kind": "ACCOUNT", "request_id": LEDGER, "ask_count": 1, "first_asked_at": NOW}),
    ("simulator_sort_codes", {"sort_code": "041234", "last_account_number": 1}),
    ("simulator_accounts", {"ledger_id": LEDGER, "product": "PayrNet-GBP-1", "opened_at": NOW, **IBAN, **UK}),
    ("simulator_ibans", {"request_id": LEDGER, "ledger_id": LEDGER, "assigned_at": NOW, **IBAN}),
    ("simulator_screenings", {"holder_id": HOLDER, "ask_count": 1, "first_asked_at": NOW}),
]

TABLES = list(dict(ROWS))

ANOTHER_KEY = {
    "customers": {"customer_id": NOBODY},
    "idempotency_keys": {"key": "another"},
    "unnumbered_events": {"insertion": 10**9},
    "feeds": {"customer_id": NOBODY},
    "feed_entries": {"position": 2},
    "ledger_changes": {"ledger_id": NOBODY},
    "reserved_bank_identifiers": {"value": "another"},
    "simulator_requests": {"request_id": NOBODY},
    "simulator_sort_codes": {"sort_code": "999999"},
    "simulator_accounts": {"ledger_id": NOBODY},
    "simulator_ibans": {"request_id": NOBODY},
    "simulator_screenings": {"holder_id": NOBODY},
}
"""What gives a copy another primary key; elsewhere `id`."""

CHECKS = [
    ("api_keys_name_check", {"name": ""}),
    ("api_keys_scopes_check", {"scopes": []}),
    ("api_keys_secret_hash_check", {"secret_hash": "\\xab"}),
    ("customers_name_check", {"name": ""}),
    ("events_resource_version_check", {"resource_version": 0}),
    ("feed_entries_position_check", {"position": 0}),
    ("feeds_last_position_check", {"last_position": -1}),
    ("holders_check", {"kind": "CUSTOMER"}),
    ("holders_check", {"id": CUSTOMER}),
    ("holders_check1", {"status": "MISSING_DATA"}),
    ("holders_check1", {"missing_data": ["dateOfBirth"]}),
    ("holders_check2", {"party": "COMPANY", "date_of_birth": "1990-01-01"}),
    ("holders_check3", {"registration_number": "1"}),
    ("holders_country_check", {"country": "gb"}),
    ("holders_country_check", {"country": "GBR"}),
    ("holders_kind_check", {"kind": "FRIEND"}),
    ("holders_metadata_check", {"metadata": []}),
    ("holders_name_check", {"name": ""}),
    ("holders_party_check", {"party": "ROBOT"}),
    ("holders_screening_round_check", {"screening_round": 0}),
    ("holders_status_check", {"status": "CLOSED"}),
    ("holders_version_check", {"version": 0}),
    ("idempotency_keys_command_hash_check", {"command_hash": "\\xab"}),
    ("idempotency_keys_key_check", {"key": ""}),
    ("idempotency_keys_key_check", {"key": "k" * 256}),
    ("ledgers_account_number_check", {"account_number": "1234567"}),
    ("ledgers_asset_class_check", {"asset_class": "STOCK"}),
    ("ledgers_assets_owned_by_check", {"assets_owned_by": "YOU"}),
    ("ledgers_check", {"partner_product": None}),
    ("ledgers_check1", {"partner_product": None, "is_virtual": True}),
    ("ledgers_check2", {"assets_owned_by": None}),
    ("ledgers_check2", {"jurisdiction": None}),
    ("ledgers_check3", {"iban_status": "PENDING"}),
    ("ledgers_check3", {"iban": None, "bic": None}),
    ("ledgers_check4", {"bic": None}),
    ("ledgers_check5", {"sort_code": None}),
    ("ledgers_check6", {"status": "MISSING_DATA"}),
    ("ledgers_check6", {"missing_data": ["dateOfBirth"]}),
    ("ledgers_check7", {"status": "MISSING_DATA", "missing_data": ["dateOfBirth"], "holder_id": None}),
    ("ledgers_iban_status_check", {"iban_status": "ERROR", "iban": None, "bic": None}),
    ("ledgers_jurisdiction_check", {"jurisdiction": "us"}),
    ("ledgers_metadata_check", {"metadata": "text"}),
    ("ledgers_sort_code_check", {"sort_code": "04-12-34"}),
    ("ledgers_status_check", {"status": "OPEN"}),
    ("ledgers_type_check", {"type": "MULTI_USER"}),
    ("ledgers_version_check", {"version": 0}),
    ("outbox_messages_attempt_count_check", {"attempt_count": -1}),
    ("outbox_messages_check", {"next_attempt_at": None}),
    ("outbox_messages_check", {"status": "DEAD"}),
    ("outbox_messages_status_check", {"status": "DONE", "next_attempt_at": None}),
    ("posting_accounts_asset_check", {"asset": "gbp"}),
    ("posting_accounts_asset_check", {"asset": "X" * 13}),
    ("posting_accounts_book_check", {"book": "CASH"}),
    ("posting_accounts_check", {"debits": 1}),
    ("posting_accounts_check", {"credits": 10, "held": 11}),
    ("posting_accounts_check", {"normal_side": "DEBIT", "credits": 1}),
    ("posting_accounts_credits_check", {"credits": -1, "allow_negative": True}),
    ("posting_accounts_debits_check", {"debits": -1}),
    ("posting_accounts_held_check", {"held": -1}),
    ("posting_accounts_normal_side_check", {"normal_side": "LEFT"}),
    ("posting_accounts_scale_check", {"scale": -1}),
    ("posting_accounts_scale_check", {"scale": 19}),
    ("posting_accounts_sequence_check", {"sequence": -1}),
    ("reserved_bank_identifiers_kind_check", {"kind": "SWIFT"}),
    ("simulator_accounts_check", {"sort_code": None}),
    ("simulator_accounts_check1", {"iban": None}),
    ("simulator_requests_ask_count_check", {"ask_count": 0}),
    ("simulator_requests_kind_check", {"kind": "CARD"}),
    ("simulator_screenings_ask_count_check", {"ask_count": 0}),
    ("simulator_sort_codes_last_account_number_check", {"last_account_number": 0}),
    ("simulator_sort_codes_last_account_number_check", {"last_account_number": 100_000_000}),
    ("simulator_sort_codes_sort_code_check", {"sort_code": "12345"}),
]

UNIQUES = [
    ("api_keys_customer_id_prefix_key", {}),
    ("feed_entries_customer_id_event_id_key", {}),
    ("ledgers_iban", UK),
    ("ledgers_uk_bank_account", {"iban": "another"}),
    ("simulator_accounts_iban_key", {"sort_code": None, "account_number": None}),
    ("simulator_accounts_sort_code_account_number_key", {"iban": "another"}),
    ("simulator_ibans_iban_key", {}),
]

FOREIGN_KEYS = [
    ("feed_entries_customer_id_event_id_fkey", {"event_id": NOBODY}),
    ("ledger_changes_customer_id_ledger_id_fkey", {"ledger_id": NOBODY}),
    ("ledgers_customer_id_holder_id_fkey", {"id": SPARE, "holder_id": NOBODY}),
    ("ledgers_customer_id_id_fkey", {"id": ANOTHER}),
    ("posting_accounts_customer_id_holder_id_fkey", {"holder_id": NOBODY}),
    *(
        (f"{table}_customer_id_fkey", {"customer_id": NOBODY})
        for table in TABLES
        if table not in {"customers", "reserved_bank_identifiers"} and not table.startswith("simulator_")
    ),
]

UNIQUE_PER_LEDGER = {"iban": None, "bic": None, "iban_status": "DECLINED", "sort_code": None, "account_number": None}
"""What must differ between two ledgers, where something else is tried."""


@pytest.fixture
async def rows(database):
    """One good row of each table, of one customer."""
    for table, given in ROWS:
        row = given if table.startswith("simulator_") else {"customer_id": CUSTOMER, **given}
        columns = ", ".join(row)
        await pool().execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, $1)", row
        )


async def insert_a_copy(table, **changes):
    """Insert one more row: the first one of the table with these changes."""
    await pool().execute(
        f"INSERT INTO {table} SELECT (jsonb_populate_record(good, $1)).* FROM {table} AS good LIMIT 1",
        changes,
    )


def table_of(constraint):
    return max((table for table in TABLES if constraint.startswith(f"{table}_")), key=len)


async def counts():
    return {table: await fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def assert_refused(violation, constraint, table, changes):
    before = await counts()
    with pytest.raises(violation) as refusal:
        await insert_a_copy(table, **changes)
    assert refusal.value.constraint_name == constraint
    assert await counts() == before


@pytest.mark.parametrize(
    ("constraint", "bad"), CHECKS, ids=lambda value: value if isinstance(value, str) else str(value)[:60]
)
async def test_checks(rows, constraint, bad):
    table = table_of(constraint)
    await assert_refused(
        asyncpg.CheckViolationError, constraint, table, {**ANOTHER_KEY.get(table, {"id": ANOTHER}), **bad}
    )


@pytest.mark.parametrize(("constraint", "same"), UNIQUES)
async def test_keeps_unique(rows, constraint, same):
    table = table_of(constraint)
    await assert_refused(
        asyncpg.UniqueViolationError, constraint, table, {**ANOTHER_KEY.get(table, {"id": ANOTHER}), **same}
    )


@pytest.mark.parametrize("table", TABLES)
async def test_refuses_a_second_row_of_the_same_key(rows, table):
    await assert_refused(asyncpg.UniqueViolationError, f"{table}_pkey", table, {})


@pytest.mark.parametrize(("constraint", "bad"), FOREIGN_KEYS)
async def test_refers_only_to_what_is_there_and_of_the_same_customer(rows, constraint, bad):
    table = table_of(constraint)
    distinct = UNIQUE_PER_LEDGER if table == "ledgers" else {}
    another = {
        **ANOTHER_KEY.get(table, {"id": ANOTHER}),
        **({"event_id": OTHER_EVENT} if table == "feed_entries" else {}),
    }
    if "customer_id" in bad and table == "ledgers":
        another = {"id": SPARE}
    await assert_refused(asyncpg.ForeignKeyViolationError, constraint, table, {**distinct, **another, **bad})


async def test_tries_every_constraint_there_is(database):
    declared = await fetch(
        """
        SELECT conname AS name FROM pg_constraint
        WHERE contype IN ('c', 'f', 'u') AND conrelid::regclass::text = ANY($1)
        UNION
        SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid
        WHERE indisunique AND NOT indisprimary AND indrelid::regclass::text = ANY($1)
        """,
        TABLES,
    )
    tried = {constraint for constraint, _ in [*CHECKS, *UNIQUES, *FOREIGN_KEYS]}
    assert tried == {row["name"] for row in declared}


async def test_tries_every_table_there_is_but_those_of_webhooks(database):
    tables = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    names = {row["tablename"] for row in tables if not row["tablename"].startswith("webhook_")}
    assert names == {*TABLES, "schema_migrations"}


async def test_accepts_amounts_of_38_digits_and_no_more(rows):
    largest = 10**38 - 1
    await pool().execute("UPDATE posting_accounts SET credits = $1 WHERE id = $2", largest, UUID(LEDGER))
    assert await fetchval("SELECT credits FROM posting_accounts WHERE id = $1", UUID(LEDGER)) == largest
    with pytest.raises(asyncpg.NumericValueOutOfRangeError):
        await pool().execute("UPDATE posting_accounts SET credits = $1", largest + 1)


async def test_finds_metadata_by_its_index_without_seeing_another_customer_s(rows):
    plan = "\n".join(
        row[0]
        for row in await fetch(
            "EXPLAIN SELECT id FROM ledgers WHERE tenant_metadata(customer_id, metadata) @> tenant_metadata($1, $2)",
            UUID(CUSTOMER),
            orjson.loads('{"a": 1}'),
        )
    )
    assert "tenant_metadata" in plan
    same = 'SELECT tenant_metadata($1, \'{"a": 1, "b": 2}\') @> tenant_metadata($2, \'{"a": 1}\')'
    assert await fetchval(same, UUID(CUSTOMER), UUID(CUSTOMER)) is True
    assert await fetchval(same, UUID(CUSTOMER), UUID(NOBODY)) is False
