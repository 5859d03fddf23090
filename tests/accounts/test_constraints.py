"""What the code asserts of accounts and wallets, the database checks too: a copy of a good row made bad is refused."""

import asyncpg
import pytest

from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from tests.accounts.conftest import new_wallet, of_holder, opened

pytestmark = pytest.mark.postgres15

TABLES = ("accounts", "account_backings", "wallets", "wallet_changes")
NOBODY = "01997000-0000-7000-8000-00000000000f"
SHORT = "\\xab"

FREEZE = {"freeze_scope": "ALL", "freeze_reason": "why", "frozen_at": "2026-11-20T12:00:00Z"}
LATER = "2099-01-01T00:00:00Z"
CHECKS = [
    ("account_backings_check", {"until": "2020-01-01T00:00:00Z"}),
    ("accounts_check", {"closed_reason": "why"}),
    ("accounts_content_hash_check", {"content_hash": SHORT}),
    ("accounts_metadata_check", {"metadata": []}),
    ("accounts_reference_check", {"reference": ""}),
    ("accounts_reference_check", {"reference": "x" * 256}),
    ("accounts_type_check", {"type": "SAVINGS"}),
    ("accounts_version_check", {"version": 0}),
    ("wallets_accounting_type_check", {"accounting_type": "DEBT"}),
    ("wallets_check", {"closed_reason": "why"}),
    ("wallets_content_hash_check", {"content_hash": SHORT}),
    ("wallets_currency_check", {"currency": "usd"}),
    ("wallets_currency_check", {"currency": "X" * 13}),
    ("wallets_decimal_places_check", {"decimal_places": -1}),
    ("wallets_decimal_places_check", {"decimal_places": 19}),
    ("wallets_metadata_check", {"metadata": "text"}),
    ("wallets_name_check", {"name": ""}),
    ("wallets_name_check", {"name": "x" * 256}),
    ("wallets_version_check", {"version": 0}),
    ("wallets_overdraft_limit", {"overdraft_limit_minor_units": -1}),
    ("wallets_overdraft_limit", {"overdraft_limit_minor_units": 1, "allow_negative": True}),
    ("wallets_freeze_scope", {**FREEZE, "freeze_scope": "SOME"}),
    *(("wallets_freeze", {**FREEZE, lacking: None}) for lacking in FREEZE),
    ("wallets_closed_not_frozen", {**FREEZE, "closed_at": "2026-11-20T12:00:00Z"}),
]
FOREIGN_KEYS = [
    ("account_backings_customer_id_account_id_fkey", {"account_id": NOBODY}),
    ("account_backings_customer_id_ledger_id_fkey", {"ledger_id": NOBODY, "since": LATER}),
    ("accounts_customer_id_fkey", {"customer_id": NOBODY, "holder_id": None}),
    ("accounts_customer_id_holder_id_fkey", {"holder_id": NOBODY}),
    ("accounts_customer_id_backing_ledger_id_fkey", {"backing_ledger_id": NOBODY}),
    ("wallets_customer_id_id_fkey", {"id": NOBODY}),
    ("wallets_customer_id_account_id_fkey", {"account_id": NOBODY}),
    ("wallets_customer_id_holder_id_fkey", {"holder_id": NOBODY}),
    ("wallet_changes_customer_id_wallet_id_fkey", {"wallet_id": NOBODY}),
]
UNIQUES = [
    ("account_backings_pkey", {}),
    ("accounts_pkey", {"reference": "another"}),
    ("accounts_reference", {"id": NOBODY}),
    ("wallets_pkey", {"name": "another"}),
    ("wallets_address", {"id": "spare"}),
    ("wallet_changes_pkey", {}),
]


@pytest.fixture
async def spare(actor, issue):
    """A backed account with a wallet, and the id of a posting account that has none yet."""
    backing = str(await issue(actor, asset="USD"))
    await opened(actor, "a", new_wallet(), holder_id=str(await of_holder(actor)), backing_ledger_id=backing)
    spare_id = new_id()
    await pool().execute(
        """
        INSERT INTO posting_accounts (customer_id, id, book, asset, scale, normal_side, is_open, allow_negative)
        VALUES ($1, $2, 'WALLET', 'USD', 2, 'CREDIT', true, false)
        """,
        actor.customer_id,
        spare_id,
    )
    return str(spare_id)


async def refused(violation, constraint, changes):
    """A copy of the good row with these changes is refused by this constraint, and nothing is written."""
    table = max((table for table in TABLES if constraint.startswith(f"{table}_")), key=len)
    before = {one: await fetchval(f"SELECT count(*) FROM {one}") for one in TABLES}
    with pytest.raises(violation) as refusal:
        await pool().execute(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(good, $1)).* FROM {table} AS good LIMIT 1", changes
        )
    assert refusal.value.constraint_name == constraint
    assert {one: await fetchval(f"SELECT count(*) FROM {one}") for one in TABLES} == before


def distinct(constraint, spare):
    """What a copy must differ in where something else is tried."""
    if constraint.startswith("wallets"):
        return {"id": spare, "name": "another"}
    return {"id": str(new_id()), "reference": "another"} if constraint.startswith("accounts") else {}


@pytest.mark.parametrize(("constraint", "bad"), CHECKS, ids=lambda value: str(value)[:50])
async def test_checks(spare, constraint, bad):
    await refused(asyncpg.CheckViolationError, constraint, {**distinct(constraint, spare), **bad})


@pytest.mark.parametrize(("constraint", "bad"), FOREIGN_KEYS, ids=lambda value: str(value)[:50])
async def test_refers_only_to_what_is_there_and_of_the_same_customer(spare, constraint, bad):
    await refused(asyncpg.ForeignKeyViolationError, constraint, {**distinct(constraint, spare), **bad})


@pytest.mark.parametrize(("constraint", "other"), UNIQUES, ids=lambda value: str(value)[:50])
async def test_keeps_unique(spare, constraint, other):
    changes = {key: spare if value == "spare" else value for key, value in other.items()}
    await refused(asyncpg.UniqueViolationError, constraint, changes)


async def test_tries_every_constraint_there_is(database):
    declared = await fetch(
        """
        SELECT conname AS name FROM pg_constraint
        WHERE contype IN ('c', 'f', 'u', 'p') AND conrelid::regclass::text = ANY($1)
        UNION
        SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid
        WHERE indisunique AND indrelid::regclass::text = ANY($1)
        """,
        TABLES,
    )
    assert {constraint for constraint, _ in [*CHECKS, *FOREIGN_KEYS, *UNIQUES]} == {row["name"] for row in declared}
