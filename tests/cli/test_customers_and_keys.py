import asyncio
import json
import re
from uuid import UUID

import pytest
from typer.testing import CliRunner

from app.access.authenticate import authenticate
from app.access.note_last_use import finish_noting_last_use
from app.cli import customers, keys
from app.cli.exits import ExitCode, code_for
from app.db.connection import close_database, open_database
from app.kernel.actor import Via
from app.kernel.errors import Unauthenticated

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def call(migrated_url, monkeypatch):
    """Run a command as the program would; answers what it printed, or raises what it refused with."""
    monkeypatch.setenv("DATABASE_URL", migrated_url)

    def invoke(commands, *arguments):
        result = CliRunner().invoke(commands, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


@pytest.fixture
def customer(call):
    return json.loads(call(customers.commands, "create", "Example Ltd", "--json"))


def let_in(url, key):
    async def ask():
        await open_database(url)
        try:
            return await authenticate(f"API-Key {key}", Via.REST)
        finally:
            await finish_noting_last_use()
            await close_database()

    return asyncio.run(ask())


def test_makes_a_customer_whose_first_key_opens_the_door(customer, migrated_url):
    assert set(customer) == {"customer_id", "api_key"}
    actor = let_in(migrated_url, customer["api_key"])
    assert (actor.customer_id, actor.scopes) == (UUID(customer["customer_id"]), frozenset({"*"}))


def test_tells_people_to_keep_the_key(call):
    printed = call(customers.commands, "create", "Example Ltd")
    assert printed.startswith("customer ")
    assert "API key  qk_" in printed
    assert printed.endswith("Keep the key: it is not shown again.\n")


def test_lists_all_customers_newest_first(call, customer):
    second = json.loads(call(customers.commands, "create", "Other Ltd", "--json"))
    listed = json.loads(call(customers.commands, "list", "--json"))
    assert [row["name"] for row in listed[:2]] == ["Other Ltd", "Example Ltd"]
    assert [row["customer_id"] for row in listed[:2]] == [second["customer_id"], customer["customer_id"]]
    assert {tuple(row) for row in listed} == {customers.COLUMNS}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", listed[0]["created_at"])

    lines = call(customers.commands, "list").splitlines()
    assert lines[0].split() == list(customers.COLUMNS)
    assert lines[1].startswith(second["customer_id"])
    assert "Other Ltd" in lines[1]
    assert len(lines) == len(listed) + 1


def test_makes_a_key_with_its_scopes_and_expiry(call, customer, migrated_url):
    options = ("--scopes", "ledgers:read, holders:read", "--expires", "2999-01-01T00:00:00Z", "--name", "reports")
    made = json.loads(call(keys.commands, "create", "--customer", customer["customer_id"], *options, "--json"))
    assert set(made) == {"api_key_id", "api_key"}
    actor = let_in(migrated_url, made["api_key"])
    assert actor.scopes == frozenset({"ledgers:read", "holders:read"})
    listed = json.loads(call(keys.commands, "list", "--customer", customer["customer_id"], "--json"))
    assert [row["name"] for row in listed] == ["reports", "first key"]
    assert listed[0]["api_key_id"] == made["api_key_id"]
    assert made["api_key"].startswith(f"{listed[0]['prefix']}_")
    assert listed[0]["scopes"] == ["holders:read", "ledgers:read"]
    assert listed[0]["expires_at"] == "2999-01-01T00:00:00.000000Z"
    assert listed[0]["last_used_at"] is not None
    assert customer["api_key"] not in json.dumps(listed)


def test_lists_the_keys_of_all_customers_as_a_table(call, customer):
    lines = call(keys.commands, "list").splitlines()
    assert lines[0].split() == list(keys.COLUMNS)
    assert any(customer["customer_id"] in line and "first key" in line for line in lines[1:])


def test_revokes_a_key_and_twice_is_once(call, customer, migrated_url):
    made = json.loads(call(keys.commands, "create", "--customer", customer["customer_id"], "--json"))
    first = json.loads(call(keys.commands, "revoke", made["api_key_id"], "--json"))
    assert first["revoked_at"] is not None
    assert json.loads(call(keys.commands, "revoke", made["api_key_id"], "--json")) == first
    with pytest.raises(Unauthenticated):
        let_in(migrated_url, made["api_key"])
    assert let_in(migrated_url, customer["api_key"]).customer_id == UUID(customer["customer_id"])


@pytest.mark.parametrize(
    ("commands", "arguments", "said"),
    [
        (customers.commands, ("create", " "), "blank"),
        (keys.commands, ("create", "--customer", NOBODY), "no customer"),
        (keys.commands, ("create", "--customer", "Example Ltd"), "UUID"),
        (keys.commands, ("revoke", NOBODY), "no API key"),
        (keys.commands, ("list", "--customer", NOBODY), "no customer"),
    ],
)
def test_refuses_with_exit_code_1_and_says_why(call, commands, arguments, said):
    with pytest.raises(Exception, match=said) as refusal:
        call(commands, *arguments)
    assert code_for(refusal.value) is ExitCode.REFUSED


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scopes", "ledger:read"), "not a scope"),
        (("--scopes", " ,"), "at least one scope"),
        (("--expires", "soon"), "RFC"),
        (("--expires", "9999-12-31T23:59:59.9999999Z"), "six decimals"),
        (("--expires", "9999-12-31T23:59:59Z"), "1970 to 9998"),
    ],
)
def test_refuses_a_key_that_makes_no_sense(call, customer, options, said):
    with pytest.raises(Exception, match=said) as refusal:
        call(keys.commands, "create", "--customer", customer["customer_id"], *options)
    assert code_for(refusal.value) is ExitCode.REFUSED


def test_asks_for_a_migration_where_the_schema_is_not_current(call, monkeypatch, postgres):
    async def make_database():
        import asyncpg  # noqa: PLC0415 - only this test talks to the server itself

        connection = await asyncpg.connect(postgres.url)
        await connection.execute("DROP DATABASE IF EXISTS unmigrated")
        await connection.execute("CREATE DATABASE unmigrated")
        await connection.close()

    asyncio.run(make_database())
    path, _, query = postgres.url.partition("?")
    monkeypatch.setenv("DATABASE_URL", f"{path.rpartition('/')[0]}/unmigrated?{query}")
    with pytest.raises(Exception, match="quaestor migrate") as refusal:
        call(customers.commands, "create", "Example Ltd")
    assert code_for(refusal.value) is ExitCode.REFUSED
