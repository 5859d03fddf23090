"""API and worker under a role that may read and write rows and nothing else, as the page on security advises."""

import re
from pathlib import Path

import asyncpg
import pytest

from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.db.migrate import migrate
from app.events.begin_epoch import begin_epoch
from app.main import create_app
from app.proof.prove_books import prove_books
from tests.api.product.calls import EXAMPLES
from tests.api.product.conftest import Client, product_settings
from tests.api.product.objects import objects_of
from tests.conftest import drop_database, superuser_url
from tests.promised_work import PromisedWork

SECURITY = Path(__file__).parents[3] / "docs" / "security.md"
SQL = re.compile(r"^ *```sql\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
OWNER, ROLE = "quaestor_owner", "quaestor_app"


@pytest.fixture
async def url(postgres):
    """A database made by the statements of the page, and migrated by its owner; as the limited role reaches it."""
    name = f"roles_{new_id().hex}"
    roles, privileges = SQL.findall(SECURITY.read_text(encoding="utf-8"))
    superuser = await asyncpg.connect(superuser_url(postgres))
    try:
        # One by one: a database is made in no transaction.
        for statement in roles.replace("DATABASE quaestor ", f"DATABASE {name} ").strip().split("\n"):
            await superuser.execute(statement)
        owned_url = postgres.url_of(name).replace("//quaestor@", f"//{OWNER}@")
        owner = await asyncpg.connect(owned_url)
        await owner.execute(privileges)
        await owner.close()
        await migrate(owned_url)
        yield postgres.url_of(name).replace("//quaestor@", f"//{ROLE}@")
    finally:
        await drop_database(postgres, name)
        await superuser.execute(f"DROP ROLE {ROLE}")
        await superuser.execute(f"DROP ROLE {OWNER}")
        await superuser.close()


@pytest.fixture
async def client(url):
    made = create_app(product_settings(url))
    async with made.app.router.lifespan_context(made):
        assert await fetchval("SELECT current_user") == ROLE
        opened = await open_customer("Example Ltd")
        yield Client(made, opened.api_key, opened.customer_id)
        await finish_noting_last_use()


async def test_does_all_that_is_asked_of_the_api_and_the_worker(client, url):
    work = PromisedWork(product_settings(url))
    ids = await objects_of(client, work)
    ids = {**ids, "own_holder": ids["holder"], "own_unassigned": ids["unassigned"], "own_wallet": ids["wallet"]}
    calls = [
        (name, call)
        for name, example in EXAMPLES.items()
        if not name.startswith("Subscription.")
        for call in example.calls
    ]
    for name, call in calls:
        body = await client.ask(call.document, **call.variables(ids))
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        assert codes <= ({"VALIDATION"} if call.missing == "VALIDATION" else set()), (name, body)
    await work()
    assert (await prove_books()).findings.counts == {}
    await begin_epoch()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id integer)",
        "ALTER TABLE transfers DISABLE TRIGGER ALL",
        "DROP TABLE transfers",
        "TRUNCATE transfers CASCADE",
        "CREATE INDEX mine ON transfers (customer_id)",
    ],
)
async def test_may_not_change_the_schema(client, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool().execute(statement)
