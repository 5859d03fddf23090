"""What the code asserts, the database checks too: each constraint is seen to refuse a copy of a good row made bad.

Those of webhooks are in tests/webhooks/test_constraints.py.
"""

from uuid import UUID

import asyncpg
import orjson
import pytest

from app.db.connection import fetch, fetchval, pool
from tests.migrations.good_rows import (
    ANOTHER,
    ANOTHER_KEY,
    CAPTURED,
    CUSTOMER,
    LEDGER,
    NOBODY,
    NOW,
    ONE_MORE,
    OTHER_EVENT,
    PAYMENT,
    RELEASED,
    ROWS,
    SPARE,
    TABLES,
    TRANSFER,
    UK,
    UK_COUNTERPARTY,
    WITHOUT_FOREIGN_KEY_TO_CUSTOMERS,
    assert_refused,
    insert_a_copy,
    table_of,
)

pytestmark = pytest.mark.postgres15

FREEZE = {"freeze_scope": "ALL", "freeze_reason": "why", "frozen_at": "2026-11-20T12:00:00Z"}
CHECKS = [
    ("access_tokens_check", {"expires_at": NOW}),
    ("access_tokens_scopes_check", {"scopes": []}),
    ("access_tokens_secret_hash_check", {"secret_hash": "\\xab"}),
    ("api_keys_name_check", {"name": ""}),
    ("api_keys_scopes_check", {"scopes": []}),
    ("api_keys_secret_hash_check", {"secret_hash": "\\xab"}),
    ("backdated_days_credits_check", {"credits": -1}),
    ("backdated_days_debits_check", {"debits": -1}),
    ("backdated_days_entry_count_check", {"entry_count": 0}),
    ("closed_books_version_check", {"version": -1}),
    ("customers_name_check", {"name": ""}),
    ("events_body_check", {"body": ""}),
    ("events_body_check", {"body_format": 111, "body_checksum": 1}),
    ("events_body_check", {"body": "", "body_format": 111}),
    ("events_body_check", {"body": "", "body_format": 111, "body_checksum": 1, "type": "ledger.updated"}),
    ("events_resource_version_check", {"resource_version": 0}),
    ("events_traceparent_check", {"traceparent": "00-1"}),
    ("feed_entries_position_check", {"position": 0}),
    ("feeds_epoch_check", {"epoch": "x" * 33}),
    ("feeds_last_position_check", {"last_position": -1}),
    ("feeds_wallets_noted_position_check", {"wallets_noted_position": -1}),
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
    ("holds_amount_minor_units_check", {"amount_minor_units": 0}),
    ("holds_captured_check", {"status": "CAPTURED", **RELEASED}),
    ("holds_captured_check", {"status": "RELEASED", "released_minor_units": 0, **CAPTURED}),
    ("holds_last_transfer_check", {**CAPTURED, "released_minor_units": 0, "last_transfer_id": None}),
    ("holds_last_transfer_check", {**RELEASED, "last_transfer_id": TRANSFER}),
    ("holds_parts_check", CAPTURED),
    ("holds_parts_check", {**RELEASED, "parts_version": None}),
    ("holds_parts_check", {**RELEASED, "released_minor_units": -1}),
    ("holds_parts_check", {**RELEASED, "captured_minor_units": -1}),
    ("holds_parts_check", {**RELEASED, "parts_version": 2}),
    ("holds_parts_check", {**RELEASED, "version": 2}),
    ("holds_whole_check", {"status": "CAPTURED", "released_minor_units": 1, **CAPTURED}),
    ("holds_check", {"credit_id": LEDGER}),
    ("holds_expires_at_check", {"expires_at": "9999-01-01T00:00:00Z"}),
    ("api_keys_expires_at_check", {"expires_at": "1969-12-31T23:59:59Z"}),
    ("holds_check1", {"payment_id": PAYMENT, "expires_at": NOW}),
    ("holds_check2", {"status": "EXPIRED"}),
    ("holds_metadata_check", {"metadata": []}),
    ("holds_status_check", {"status": "PENDING"}),
    ("holds_version_check", {"version": 0}),
    ("idempotency_keys_command_hash_check", {"command_hash": "\\xab"}),
    ("idempotency_keys_key_check", {"key": ""}),
    ("idempotency_keys_other_hash_check", {"other_hash": "\\xab"}),
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
    ("ledgers_overdraft_limit", {"overdraft_limit_minor_units": -1}),
    ("ledgers_freeze_scope", {**FREEZE, "freeze_scope": "SOME"}),
    *(("ledgers_freeze", {**FREEZE, lacking: None}) for lacking in FREEZE),
    ("ledgers_closed_not_frozen", {**FREEZE, "status": "CLOSED"}),
    ("outbox_messages_attempt_count_check", {"attempt_count": -1}),
    ("outbox_messages_retry_count_check", {"retry_count": -1}),
    ("outbox_messages_check", {"next_attempt_at": None}),
    ("outbox_messages_check", {"status": "DEAD"}),
    ("outbox_messages_status_check", {"status": "DONE", "next_attempt_at": None}),
    ("outbox_messages_traceparent_check", {"traceparent": "x" * 56}),
    ("payments_amount_minor_units_check", {"amount_minor_units": 0}),
    ("payments_check", {"direction": "IN"}),
    ("payments_check1", {"status": "DECLINED"}),
    ("payments_check1", {"status_reason": "why"}),
    ("payments_check2", {"counterparty_sort_code": "041234"}),
    ("payments_check2", {"counterparty_account_number": "12345678"}),
    ("payments_check3", {"counterparty_iban": None}),
    ("payments_check4", {"status": "ACCEPTED"}),
    ("payments_check4", {"partner_reference": "SIM-1"}),
    ("payments_counterparty_account_number_check", {**UK_COUNTERPARTY, "counterparty_account_number": "1234567"}),
    ("payments_counterparty_name_check", {"counterparty_name": ""}),
    ("payments_counterparty_sort_code_check", {**UK_COUNTERPARTY, "counterparty_sort_code": "04-12-34"}),
    ("payments_direction_check", {"direction": "UP", "status": "ACCEPTED", "partner_reference": "SIM-1"}),
    ("payments_metadata_check", {"metadata": "text"}),
    ("payments_status_check", {"status": "DONE"}),
    ("payments_version_check", {"version": 0}),
    ("posting_accounts_asset_check", {"asset": "gbp"}),
    ("posting_accounts_asset_check", {"asset": "X" * 13}),
    ("posting_accounts_book_check", {"book": "CASH"}),
    ("posting_accounts_floor", {"debits": 1}),
    ("posting_accounts_floor", {"credits": 10, "held": 11}),
    ("posting_accounts_floor", {"normal_side": "DEBIT", "credits": 1}),
    ("posting_accounts_floor", {"debits": 11, "overdraft_limit": 10}),
    ("posting_accounts_floor", {"debits": 16, "overdraft_limit": 10, "forced_below": 5}),
    ("posting_accounts_forced_below", {"forced_below": 0}),
    ("posting_accounts_forced_below", {"forced_below": 1, "allow_negative": True}),
    ("posting_accounts_frozen_credits", {"frozen_credits": 1}),
    ("posting_accounts_frozen_debits", {"frozen_debits": 1}),
    ("posting_accounts_overdraft_limit", {"overdraft_limit": 0}),
    ("posting_accounts_overdraft_limit", {"overdraft_limit": 1, "allow_negative": True}),
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
    ("simulator_arrivals_amount_minor_units_check", {"amount_minor_units": 0}),
    ("simulator_arrivals_check", {"payer_sort_code": "041234"}),
    ("simulator_payments_amount_minor_units_check", {"amount_minor_units": 0}),
    ("simulator_requests_ask_count_check", {"ask_count": 0}),
    ("simulator_requests_kind_check", {"kind": "CARD"}),
    ("simulator_screenings_ask_count_check", {"ask_count": 0}),
    ("simulator_sort_codes_last_account_number_check", {"last_account_number": 0}),
    ("simulator_sort_codes_last_account_number_check", {"last_account_number": 100_000_000}),
    ("simulator_sort_codes_sort_code_check", {"sort_code": "12345"}),
    ("system_accounts_name_check", {"name": ""}),
    ("system_accounts_system_key_check", {"system_key": "settlement:"}),
    ("system_accounts_system_key_check", {"system_key": "cash:gold"}),
    ("transfers_amount_minor_units_check", {"amount_minor_units": 0}),
    ("transfers_amount_minor_units_check", {"amount_minor_units": -1}),
    ("transfers_check", {"credit_id": LEDGER}),
    ("transfers_check1", {"kind": "REVERSAL"}),
    ("transfers_check1", {"reverses_id": TRANSFER}),
    ("transfers_check2", {"kind": "PAYMENT_IN"}),
    ("transfers_check2", {"kind": "PAYMENT_OUT"}),
    ("transfers_check2", {"payment_id": PAYMENT}),
    ("transfers_credit_sequence_check", {"credit_sequence": 0}),
    ("transfers_debit_sequence_check", {"debit_sequence": 0}),
    ("transfers_effective_at_check", {"effective_at": NOW}),
    ("transfers_kind_check", {"kind": "GIFT"}),
    ("transfers_metadata_check", {"metadata": []}),
]

UNIQUES = [
    ("simulator_arrivals_partner_reference_key", {"payment_id": NOBODY}),
    ("simulator_arrivals_payment_id_is_return_key", {"partner_reference": "ARRIVAL-2"}),
    ("simulator_payments_partner_reference_key", {}),
    ("system_accounts_customer_id_id_key", {}),
    ("transfers_debit", {"debit_sequence": 1}),
    ("transfers_credit", {"credit_sequence": 1}),
    ("access_tokens_prefix", {}),
    ("api_keys_customer_id_prefix_key", {}),
    ("ledgers_iban", UK),
    ("ledgers_uk_bank_account", {"iban": "another"}),
    ("simulator_accounts_iban_key", {"sort_code": None, "account_number": None}),
    ("simulator_accounts_sort_code_account_number_key", {"iban": "another"}),
    ("simulator_ibans_iban_key", {}),
]

UNIQUE_AMONG_SOME = [
    ("holds_payment", {"payment_id": PAYMENT}),
    ("transfers_payment", {"kind": "PAYMENT_OUT", "payment_id": PAYMENT}),
]
"""What the good row has none of."""

FOREIGN_KEYS = [
    ("access_tokens_customer_id_api_key_id_fkey", {"prefix": "q", "api_key_id": NOBODY}),
    ("access_tokens_customer_id_holder_id_fkey", {"prefix": "q", "holder_id": NOBODY}),
    ("backdated_days_customer_id_account_id_fkey", {"account_id": NOBODY}),
    ("feed_entries_customer_id_event_id_fkey", {"event_id": NOBODY}),
    ("ledger_changes_customer_id_ledger_id_fkey", {"ledger_id": NOBODY}),
    ("ledgers_customer_id_holder_id_fkey", {"id": SPARE, "holder_id": NOBODY}),
    ("ledgers_customer_id_id_fkey", {"id": ANOTHER}),
    ("posting_accounts_customer_id_holder_id_fkey", {"holder_id": NOBODY}),
    ("holds_customer_id_credit_id_fkey", {"credit_id": NOBODY}),
    ("holds_customer_id_debit_id_fkey", {"debit_id": NOBODY}),
    ("holds_customer_id_payment_id_fkey", {"payment_id": NOBODY}),
    ("payments_customer_id_ledger_id_fkey", {"ledger_id": NOBODY}),
    ("system_accounts_customer_id_id_fkey", {"id": NOBODY}),
    ("transfers_customer_id_credit_id_fkey", {"credit_id": NOBODY}),
    ("transfers_customer_id_debit_id_fkey", {"debit_id": NOBODY}),
    ("transfers_customer_id_hold_id_fkey", {"hold_id": NOBODY}),
    ("transfers_customer_id_payment_id_fkey", {"kind": "PAYMENT_IN", "payment_id": NOBODY}),
    ("transfers_customer_id_reverses_id_fkey", {"kind": "REVERSAL", "reverses_id": NOBODY}),
    *(
        (f"{table}_customer_id_fkey", {"customer_id": NOBODY})
        for table in TABLES
        if table not in WITHOUT_FOREIGN_KEY_TO_CUSTOMERS and not table.startswith("simulator_")
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


@pytest.mark.parametrize(("constraint", "same"), UNIQUE_AMONG_SOME)
async def test_keeps_unique_what_not_all_have(rows, constraint, same):
    table = table_of(constraint)
    another = {**ANOTHER_KEY.get(table, {"id": ANOTHER}), **same}
    await insert_a_copy(table, **another)
    one_more = {**another, **({"debit_sequence": 3, "credit_sequence": 3} if table == "transfers" else {})}
    await assert_refused(asyncpg.UniqueViolationError, constraint, table, {**one_more, "id": ONE_MORE})


@pytest.mark.parametrize("table", TABLES)
async def test_refuses_a_second_row_of_the_same_key(rows, table):
    other_places = {"debit_sequence": 2, "credit_sequence": 2} if table == "transfers" else {}
    await assert_refused(asyncpg.UniqueViolationError, f"{table}_pkey", table, other_places)


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
    tried = {constraint for constraint, _ in [*CHECKS, *UNIQUES, *UNIQUE_AMONG_SOME, *FOREIGN_KEYS]}
    assert tried == {row["name"] for row in declared}


OF_MESSAGES = {"message_sources", "message_answers"}
"""Tried in tests/idempotency/test_message_sources.py."""
OF_ACCOUNTS = {"accounts", "account_backings", "wallets", "wallet_changes"}
"""Tried in tests/accounts/test_constraints.py."""


async def test_tries_every_table_there_is_but_those_of_webhooks(database):
    tables = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    names = {row["tablename"] for row in tables if not row["tablename"].startswith("webhook_")}
    assert names == {*TABLES, *OF_MESSAGES, *OF_ACCOUNTS, "schema_migrations", "secret_key_check"}


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
