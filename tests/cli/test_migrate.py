"""`quaestor migrate --finish` applies what is held for the end of an upgrade."""

import asyncio
import json

import asyncpg
import pytest
import typer
from typer.testing import CliRunner

from app.cli.exits import ExitCode
from app.cli.migrate import WHEN_TO_FINISH
from app.cli.migrate import migrate as command
from app.db.identifiers import new_id
from app.db.migrate import migrate, migrations

HELD = [migration.name for migration in migrations() if migration.is_held]


@pytest.fixture
def call(fresh_url, monkeypatch):
    """Call the command on a database with a customer, to which nothing that is held was applied; answers its result."""

    async def prepare():
        await migrate(fresh_url)
        connection = await asyncpg.connect(fresh_url)
        await connection.execute("DELETE FROM schema_migrations WHERE name = ANY($1)", HELD)
        # As it was before they were applied.
        await connection.execute(
            """ALTER TABLE feed_entries
                   ADD CONSTRAINT feed_entries_customer_id_event_id_key UNIQUE (customer_id, event_id)"""
        )
        await connection.execute(
            "INSERT INTO customers (customer_id, name, created_at) VALUES ($1, 'X', now())", new_id()
        )
        await connection.close()

    asyncio.run(prepare())
    monkeypatch.setenv("DATABASE_URL", fresh_url)
    program = typer.Typer()
    program.command()(command)
    return lambda *arguments: CliRunner().invoke(program, arguments)


def test_names_what_is_held_and_applies_it_when_it_is_called_to_finish(call):
    checked = call("--check")
    assert (checked.exit_code, checked.output.split()) == (
        ExitCode.DONE,
        f"The schema is current. Held: {', '.join(HELD)}. {WHEN_TO_FINISH}".split(),
    )
    assert json.loads(call("--json").output) == {"applied": [], "held": HELD}

    assert json.loads(call("--finish", "--json").output) == {"applied": HELD, "held": []}

    assert json.loads(call("--check", "--json").output) == {"current": True, "pending": [], "held": []}
    again = call("--finish")
    assert (again.exit_code, again.output) == (ExitCode.DONE, "The schema was current already.\n")


def test_refuses_to_check_and_to_finish_at_once(call):
    refused = call("--check", "--finish")
    assert refused.exit_code != ExitCode.DONE
    assert "--check changes nothing, and --finish does: give one of them." in f"{refused.output}{refused.exception}"
    assert json.loads(call("--check", "--json").output)["held"] == HELD
