"""One good row of each table, of one customer, and copies of them that are made bad."""

import pytest

from app.db.connection import fetchval, pool

CUSTOMER = "01997000-0000-7000-8000-000000000001"
HOLDER = "01997000-0000-7000-8000-000000000002"
LEDGER = "01997000-0000-7000-8000-000000000003"
SPARE = "01997000-0000-7000-8000-000000000004"
"""A posting account without ledger."""
EVENT = "01997000-0000-7000-8000-000000000005"
OTHER_EVENT = "01997000-0000-7000-8000-000000000006"
HOLD = "01997000-0000-7000-8000-000000000007"
TRANSFER = "01997000-0000-7000-8000-000000000008"
PAYMENT = "01997000-0000-7000-8000-000000000009"
SYSTEM = "01997000-0000-7000-8000-00000000000a"
"""The posting account of a system account."""
ONE_MORE = "01997000-0000-7000-8000-00000000000d"
ANOTHER = "01997000-0000-7000-8000-00000000000e"
NOBODY = "01997000-0000-7000-8000-00000000000f"
NOW = "2026-11-20T12:00:00Z"
HASH = "\\x" + "ab" * 32
UK_COUNTERPARTY = {"counterparty_sort_code": "041234", "counterparty_account_number": "12345678"}
IBAN = {"iban": "GB33PAYR04123412345678", "bic": "PAYRGB2LXXX"}
UK = {"sort_code": "041234", "account_number": "12345678"}
AMOUNT = {"amount_minor_units": 10_000, "asset": "GBP", "scale": 2}
CAPTURED = {
    "captured_minor_units": 10_000,
    "last_transfer_id": "00000000-0000-7000-8000-0000000000aa",
    "parts_version": 1,
}
RELEASED = {"captured_minor_units": 0, "released_minor_units": 10_000, "parts_version": 1}

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
            "latest_at": NOW,
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
    (
        "access_tokens",
        {
            "id": EVENT,
            "api_key_id": EVENT,
            "holder_id": HOLDER,
            "prefix": "p",
            "secret_hash": HASH,
            "scopes": ["*"],
            "created_at": NOW,
            "expires_at": "2026-11-21T12:00:00Z",
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
        "posting_accounts",
        {
            "id": SYSTEM,
            "book": "BANK",
            "asset": "GBP",
            "scale": 2,
            "normal_side": "DEBIT",
            "is_open": True,
            "allow_negative": True,
            "is_system": True,
        },
    ),
    ("system_accounts", {"system_key": "settlement:PayrNet-GBP-1", "id": SYSTEM, "name": "Settlement"}),
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
    (
        "payments",
        {
            "id": PAYMENT,
            "ledger_id": LEDGER,
            "direction": "OUT",
            "status": "PENDING",
            "counterparty_name": "Grace",
            "counterparty_iban": "DE75512108001245126199",
            "metadata": {},
            "version": 1,
            "created_at": NOW,
            "updated_at": NOW,
            **AMOUNT,
        },
    ),
    (
        "holds",
        {
            "id": HOLD,
            "status": "PLACED",
            "debit_id": LEDGER,
            "credit_id": SPARE,
            "metadata": {},
            "version": 1,
            "created_at": NOW,
            "updated_at": NOW,
            **AMOUNT,
        },
    ),
    (
        "transfers",
        {
            "id": TRANSFER,
            "kind": "INTER_LEDGER",
            "debit_id": LEDGER,
            "debit_sequence": 1,
            "debit_balance_after": 0,
            "credit_id": SPARE,
            "credit_sequence": 1,
            "credit_balance_after": 10_000,
            "metadata": {},
            "posted_at": NOW,
            **AMOUNT,
        },
    ),
    (
        "backdated_days",
        {"account_id": LEDGER, "day": "2026-11-19", "debits": 10_000, "credits": 0, "entry_count": 1},
    ),
    ("backdated_totals", {"account_id": LEDGER, "posted_at": NOW, "credited": -10_000}),
    ("closed_books", {"closed_through": NOW, "version": 1}),
    ("reserved_bank_identifiers", {"kind": "IBAN", "value": "x", "ledger_id": LEDGER}),
    ("simulator_requests", {"kind": "ACCOUNT", "request_id": LEDGER, "ask_count": 1, "first_asked_at": NOW}),
    ("simulator_sort_codes", {"sort_code": "041234", "last_account_number": 1}),
    (
        "simulator_payments",
        {
            "payment_id": PAYMENT,
            "ledger_id": LEDGER,
            "product": "PayrNet-GBP-1",
            "counterparty_name": "Grace",
            "counterparty_account": "DE75512108001245126199",
            "partner_reference": "SIM-1",
            "paid_at": NOW,
            **AMOUNT,
        },
    ),
    (
        "simulator_arrivals",
        {
            "arrival_id": LEDGER,
            "payment_id": LEDGER,
            "is_return": False,
            "ledger_id": LEDGER,
            "asset": "GBP",
            "scale": 2,
            "amount_minor_units": 100,
            "payer_name": "Ada Lovelace",
            "partner_reference": "ARRIVAL-1",
            "arrived_at": NOW,
        },
    ),
    ("simulator_accounts", {"ledger_id": LEDGER, "product": "PayrNet-GBP-1", "opened_at": NOW, **IBAN, **UK}),
    ("simulator_ibans", {"request_id": LEDGER, "ledger_id": LEDGER, "assigned_at": NOW, **IBAN}),
    ("simulator_screenings", {"holder_id": HOLDER, "ask_count": 1, "first_asked_at": NOW}),
]

TABLES = list(dict(ROWS))

WITHOUT_FOREIGN_KEY_TO_CUSTOMERS = {
    "access_tokens",
    "backdated_days",
    "backdated_totals",
    "customers",
    "events",
    "feed_entries",
    "holds",
    "idempotency_keys",
    "payments",
    "reserved_bank_identifiers",
    "system_accounts",
    "transfers",
    "unnumbered_events",
}
"""Those of money refer to posting accounts and ledgers, which refer to customers; an event is written with its row."""

ANOTHER_KEY = {
    "backdated_days": {"day": "2026-11-18"},
    "backdated_totals": {"posted_at": "2026-11-20T12:00:01Z"},
    "closed_books": {"customer_id": NOBODY},
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
    "simulator_payments": {"payment_id": NOBODY},
    "simulator_arrivals": {"arrival_id": NOBODY},
    "simulator_screenings": {"holder_id": NOBODY},
    "system_accounts": {"system_key": "vault:gold"},
    "transfers": {"id": ANOTHER, "debit_sequence": 2, "credit_sequence": 2},
}
"""What gives a copy another primary key; elsewhere `id`."""


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
