import asyncio
import json

import pytest
from typer.testing import CliRunner

from app.access.open_customer import open_customer
from app.cli import work
from app.db.connection import close_database, open_database
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.kernel.actor import worker_actor
from app.kernel.errors import Refused
from app.outbox.promise import promise
from tests.empty_tables import empty_all_tables

UNKNOWN = "0197a3c2-5b6e-7c11-8f00-0123456789a8"


@pytest.fixture
def call(migrated_url, monkeypatch):
    """Run a command as the program would; answers what it printed, or raises what it refused with."""
    monkeypatch.setenv("DATABASE_URL", migrated_url)

    def invoke(*arguments, exit_code=0):
        result = CliRunner().invoke(work.commands, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result.stdout

    return invoke


@pytest.fixture
def dead(migrated_url):
    """The resource of one piece of work that is out of retries, in an otherwise empty database."""
    resource_id = new_id()

    async def fill():
        await open_database(migrated_url)
        try:
            await empty_all_tables()
            actor = worker_actor((await open_customer("Example Ltd")).customer_id)
            async with transaction() as tx:
                await promise(tx, actor, "provision_ledger", resource_id)
                await tx.execute("UPDATE outbox_messages SET status = 'DEAD', next_attempt_at = NULL")
        finally:
            await close_database()

    asyncio.run(fill())
    return resource_id


def test_lists_what_is_out_of_retries_and_makes_it_due_again(call, dead):
    [listed] = json.loads(call("list", "--dead", "--json"))
    assert (listed["resource_id"], listed["kind"], listed["status"]) == (str(dead), "provision_ledger", "DEAD")
    assert json.loads(call("retry", listed["id"], "--json")) == {"retried": 1}
    assert call("list", "--dead") == "Nothing is stuck.\n"
    assert json.loads(call("list", "--json"))[0]["status"] == "PENDING"


def test_retries_all(call, dead):
    assert call("retry", "--all") == "1 made due again\n"


def test_refuses_to_retry_what_is_not_stuck(call, dead):
    with pytest.raises(Refused, match=UNKNOWN):
        call("retry", UNKNOWN)


@pytest.mark.parametrize("arguments", [("retry",), ("retry", UNKNOWN, "--all")])
def test_asks_for_one_piece_or_all(call, arguments):
    call(*arguments, exit_code=2)
