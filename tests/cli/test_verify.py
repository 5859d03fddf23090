"""`quaestor verify`, on a database and on a running `quaestor dev`."""

import asyncio
import io
import json
import os
import pty
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest
import typer
from typer.testing import CliRunner

from app.cli.exits import ExitCode, code_for
from app.cli.verify import Progress, verify
from app.db.connection import pool
from app.db.reachable import DatabaseUnreachable, place_of
from app.kernel.errors import Invalid, NotFound, NotReachable, Refused
from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.empty_tables import empty_all_tables
from tests.rich_books import opened, write_rich_books

UNKNOWN = "0197a3c2-5b6e-7c11-8f00-0123456789a8"
SECONDS_MAX = 150

application = typer.Typer()
application.command()(verify)


@pytest.fixture
def call(migrated_url, monkeypatch):
    """Run the command as the program would; answers what it printed, or raises what it refused with."""
    monkeypatch.setenv("DATABASE_URL", migrated_url)

    def invoke(*arguments, exit_code=0):
        result = CliRunner().invoke(application, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result.stdout

    return invoke


@pytest.fixture
def books(migrated_url):
    """Two customers' rich books, in an otherwise empty database: those of the first."""

    async def write():
        async with opened(migrated_url):
            await empty_all_tables()
            await write_rich_books("Other Ltd")
            return await write_rich_books()

    return asyncio.run(write())


@pytest.fixture
def damage(migrated_url):
    """Change rows by hand, as far as the database lets us."""

    def change(sql, *arguments):
        async def execute():
            async with opened(migrated_url):
                await pool().execute(sql, *arguments)

        asyncio.run(execute())

    return change


def test_proves_all_books(call, books, migrated_url):
    summary = json.loads(call("--json"))

    assert (summary["proven"], summary["broken_rules"], summary["findings"]) == (True, {}, [])
    assert summary["checked"]["customers"] == 2
    assert summary["checked"]["entries"] == 2 * summary["checked"]["transfers"]
    assert summary["checked"]["transfers"] > 80
    assert summary["checked"]["wallets"] == 2 * 5
    assert summary["seconds"] > 0
    printed = call()
    assert printed.startswith("Proven: 2 customers, 32 accounts, ")
    assert printed.endswith(f" s, in the database {place_of(migrated_url)}.\n")
    assert summary["database"] == place_of(migrated_url)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_is_not_green_where_there_is_nothing_to_prove(call, migrated_url, options):
    async def empty():
        async with opened(migrated_url):
            await empty_all_tables()

    asyncio.run(empty())
    with pytest.raises(Refused) as refusal:
        call(*options)
    assert str(refusal.value).startswith(f"NOT PROVEN. There is no customer in the database {place_of(migrated_url)}, ")
    assert code_for(refusal.value) is ExitCode.REFUSED
    assert json.loads(call("--json", "--may-be-empty"))["checked"]["customers"] == 0


def test_exits_1_and_names_what_is_wrong(call, books, damage):
    damage("UPDATE posting_accounts SET sequence = 7 WHERE id = $1", books.gold)

    printed = call(exit_code=1).splitlines()

    assert printed[:2] == [
        "account-sequence: 1",
        (f"  customer {books.customer_id}, posting account {books.gold}: is 7; should be 3, the number of its entries"),
    ]
    assert printed[2].startswith("NOT PROVEN. Looked at 2 customers, 32 accounts, ")
    assert len(printed) == 3


@pytest.mark.thorough
def test_prints_findings_as_json(call, books, damage):
    damage("UPDATE posting_accounts SET sequence = 7 WHERE id = $1", books.gold)

    summary = json.loads(call("--json", exit_code=1))

    assert (summary["proven"], summary["broken_rules"]) == (False, {"account-sequence": 1})
    assert summary["findings"] == [
        {
            "customer_id": str(books.customer_id),
            "rule": "account-sequence",
            "object_type": "posting account",
            "object_id": str(books.gold),
            "stored": "7",
            "expected": "3, the number of its entries",
        }
    ]


@pytest.mark.thorough
def test_lists_what_is_below_its_floor_by_force_though_all_is_proven(call, books, damage):
    """As if the payment that was captured by force had found the ledger empty."""
    damage("UPDATE posting_accounts SET held = 0 WHERE id = $1", books.frozen)
    damage("UPDATE posting_accounts SET held = 650, forced_below = 50 WHERE id = $1", books.frozen)

    listed = call("--customer", str(books.customer_id), exit_code=1).splitlines()
    told = json.loads(call("--json", exit_code=1))

    assert "below-by-force: 1" in listed
    assert any(f"posting account {books.frozen}: is 50 below its floor" in line for line in listed)
    assert told["below_by_force_count"] == 1
    assert [one["object_id"] for one in told["below_by_force"]] == [str(books.frozen)]
    assert set(told["broken_rules"]) == {"account-held"}  # What was held was made up here.


@pytest.mark.thorough
def test_prints_so_many_findings_and_counts_the_rest(call, books, damage):
    damage("UPDATE idempotency_keys SET resource_id = gen_random_uuid() WHERE operation = 'placeHold'")

    printed = call("--customer", str(books.customer_id), "--findings", "2", exit_code=1).splitlines()

    assert printed[0] == "key-hold: 7"
    assert [line.split(",")[1].split(":")[0] for line in printed[1:3]] == [
        " idempotency key placeHold key-18",
        " idempotency key placeHold key-19",
    ]
    assert printed[3] == "  and 5 more"
    assert printed[4].startswith("NOT PROVEN. Looked at 1 customer, 16 accounts, ")


@pytest.mark.thorough
def test_blames_no_books_for_a_proof_that_was_not_finished(call, books, migrated_url, monkeypatch):
    monkeypatch.setattr("app.proof.prove_books.LOCK_TIMEOUT", "50ms")
    locked, tried = threading.Event(), threading.Event()

    async def lock():
        connection = await asyncpg.connect(migrated_url)
        async with connection.transaction():
            await connection.execute("LOCK TABLE transfers IN ACCESS EXCLUSIVE MODE")
            locked.set()
            await asyncio.to_thread(tried.wait)
        await connection.close()

    with ThreadPoolExecutor() as elsewhere:
        locking = elsewhere.submit(asyncio.run, lock())
        locked.wait()
        try:
            with pytest.raises(
                NotReachable, match="not finished, so nothing is known of the books: canceling"
            ) as problem:
                call()
        finally:
            tried.set()
        locking.result()
    assert code_for(problem.value) is ExitCode.NOT_REACHABLE


@pytest.mark.thorough
def test_looks_at_one_customer_where_one_is_named(call, books, damage):
    damage("UPDATE posting_accounts SET sequence = 7 WHERE id = $1", books.gold)
    call("--customer", str(books.customer_id), exit_code=1)
    damage("UPDATE posting_accounts SET sequence = 3 WHERE id = $1", books.gold)
    damage("UPDATE posting_accounts SET sequence = 7 WHERE customer_id <> $1", books.customer_id)
    assert json.loads(call("--customer", str(books.customer_id), "--json"))["checked"]["customers"] == 1


@pytest.mark.parametrize(("customer", "refusal"), [(UNKNOWN, NotFound), ("Example Ltd", Invalid)])
def test_refuses_who_is_no_customer(call, customer, refusal):
    with pytest.raises(refusal) as refused:
        call("--customer", customer)
    assert code_for(refused.value) is ExitCode.REFUSED


def test_exits_2_for_wrong_usage(call):
    call("--findings", "0", exit_code=2)


def test_exits_3_where_no_database_answers(call, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://quaestor@127.0.0.1:9/quaestor")
    with pytest.raises(DatabaseUnreachable) as refused:
        call()
    assert code_for(refused.value) is ExitCode.NOT_REACHABLE


@pytest.mark.thorough
def test_proves_the_books_of_a_running_dev(dev):
    done = subprocess.run(
        [QUAESTOR, "verify", "--json"],
        cwd=dev.working_dir,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )

    summary = json.loads(done.stdout)
    assert (done.returncode, summary["findings"]) == (0, [])
    assert summary["checked"]["ledgers"] > 0


def test_says_now_and_then_what_it_does_where_there_is_no_terminal():
    often, seldom = io.StringIO(), io.StringIO()

    for stream, every_seconds in ((often, 0), (seldom, 3_600)):
        progress = Progress(stream, every_seconds=every_seconds)
        progress.tell("customer 1: events")
        progress.tell("customer 1: ledgers")
        progress.end()

    assert often.getvalue() == "customer 1: events\ncustomer 1: ledgers\n"
    assert seldom.getvalue() == ""


def test_says_in_one_line_what_it_does_on_a_terminal():
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as stream:
        progress = Progress(stream)
        progress.tell("customer 1: events")
        progress.end()
        said = b""
        while len(said) < len(b"\r\x1b[2Kcustomer 1: events\r\x1b[2K"):
            said += os.read(master, 1_000)
    os.close(master)
    assert said == b"\r\x1b[2Kcustomer 1: events\r\x1b[2K"
