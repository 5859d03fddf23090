import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import asyncpg
import pytest

from app.embedded.leftovers import all_processes, find_process
from app.embedded.postgres import GUARD_MARK, EmbeddedPostgres, OtherVersion, _is_chatter
from app.embedded.server import NotStarted
from app.journal import compare_accounts


@pytest.fixture
def server(tmp_path):
    made = EmbeddedPostgres(tmp_path / "data", durable=False)
    yield made
    made.stop()


async def value(url, sql):
    connection = await asyncpg.connect(url, timeout=60)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def processes_of(server):
    return [process.pid for process in all_processes() if server._is_ours(process)]


async def test_keeps_its_data_from_one_start_to_the_next(server):
    server.start()
    await value(server.url, "CREATE TABLE kept AS SELECT 42 AS number")
    server.stop()
    server.start()
    assert await value(server.url, "SELECT number FROM kept") == 42


@pytest.mark.thorough
async def test_is_set_for_safety_and_only_on_its_socket(tmp_path):
    server = EmbeddedPostgres(tmp_path)
    server.start()
    try:
        wanted = {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "jit": "off",
            "listen_addresses": "",
            "max_connections": "200",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
        }
        assert {name: await value(server.url, f"SHOW {name}") for name in wanted} == wanted
        assert await value(server.url, "SELECT lower('ÄÖ') || upper('ß')") == "äöß"
        socket = server.data_folder / "sockets" / ".s.PGSQL.5432"
        assert stat.S_ISSOCK(socket.stat().st_mode)
        assert socket.parent.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()


@pytest.mark.thorough
async def test_gives_a_role_that_owns_its_database_and_is_no_superuser(server):
    server.start()
    sql = "SELECT rolname || ' ' || rolsuper || ' ' || rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert await value(server.url, sql) == "quaestor false true"
    await value(server.url, "CREATE DATABASE another")
    assert await value(server.url_of("another"), "SELECT current_database()") == "another"


@pytest.mark.thorough
def test_leaves_no_process_and_no_socket_when_stopped(server):
    server.start()
    assert server.pid in processes_of(server)
    server.stop()
    assert processes_of(server) == []
    assert list((server.data_folder / "sockets").iterdir()) == []


@pytest.mark.thorough
def test_works_where_the_path_is_too_long_for_a_socket(tmp_path):
    server = EmbeddedPostgres(tmp_path / ("long" * 20) / ("er" * 20), durable=False)
    server.start()
    try:
        assert asyncio.run(value(server.url, "SELECT 1")) == 1
        outside = Path((server.data_folder / "sockets-at").read_text())
    finally:
        server.stop()
    assert not outside.exists()


@pytest.mark.thorough
async def test_starts_again_past_a_busy_backend_of_a_killed_postmaster(server):
    server.start()
    busy = await asyncpg.connect(server.url)
    backend = await busy.fetchval("SELECT pg_backend_pid()")
    # One that only computes does not notice that its postmaster is gone.
    computing = asyncio.ensure_future(busy.execute("DO $$ BEGIN LOOP END LOOP; END $$"))
    while await value(server.url, f"SELECT state FROM pg_stat_activity WHERE pid = {backend}") != "active":
        await asyncio.sleep(0.01)
    os.kill(server.pid, signal.SIGKILL)
    server._child.wait(60)
    assert find_process(backend) is not None
    server._child = None

    server.start()

    assert find_process(backend) is None
    assert await value(server.url, "SELECT 1") == 1
    with pytest.raises((asyncpg.PostgresError, ConnectionError)):
        await computing
    busy.terminate()


@contextlib.contextmanager
def ended_by_then(process):
    """Kill it in the end, also where the test fails: else `Popen` waits for it."""
    try:
        yield
    finally:
        process.kill()


@pytest.mark.thorough
def test_starts_past_the_lock_file_of_a_dead_one_whose_id_another_program_has_now(server):
    server.start()
    server.stop()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other, ended_by_then(other):
        stale = f"{other.pid}\n{server.files}\n1\n5432\n{server.data_folder}/sockets\n\n  1  1\nready   \n"
        (server.files / "postmaster.pid").write_text(stale)
        (server.data_folder / "sockets" / ".s.PGSQL.5432.lock").write_text(stale)
        server.start()
        assert other.poll() is None


@pytest.mark.thorough
def test_refuses_files_of_another_major_version(server):
    server.prepare()
    (server.files / "PG_VERSION").write_text("14\n")
    with pytest.raises(OtherVersion, match="was made by PostgreSQL 14, and this is 18"):
        server.start()


@pytest.mark.thorough
def test_hides_what_is_no_fault():
    assert [
        _is_chatter(line)
        for line in (
            "LOG:  database system is ready to accept connections",
            'ERROR:  unrecognized configuration parameter "quaestor.accounts_have_changed:01a2/01a3;"',
            'ERROR:  unrecognized configuration parameter "quaestor.other"',
            "FATAL:  the database system is starting up",
        )
    ] == [True, True, False, False]


def test_marks_what_posting_says():
    assert f'"{compare_accounts._CHANGED}' == GUARD_MARK


@pytest.mark.thorough
def test_says_so_when_it_cannot_start(server):
    server.prepare()
    with (server.files / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(NotStarted, match="postgres did not start"):
        server.start()
    assert processes_of(server) == []


@pytest.mark.thorough
def test_starts_after_a_first_start_that_was_cut_short(server):
    half_made = server.data_folder / "postgres.new-half"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    server.start()
    assert not half_made.exists()


@pytest.mark.thorough
def test_does_not_outlive_its_parent_even_with_a_busy_backend(tmp_path):
    program = f"""
        import asyncio, asyncpg
        from pathlib import Path
        from app.embedded.postgres import EmbeddedPostgres

        async def be_busy():
            connection = await asyncpg.connect(server.url)
            print("busy", flush=True)
            await connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")

        server = EmbeddedPostgres(Path({str(tmp_path)!r}), durable=False)
        server.start()
        asyncio.run(be_busy())
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE)
    assert parent.stdout.readline() == b"busy\n"
    parent.stdout.close()
    server = EmbeddedPostgres(tmp_path)
    assert processes_of(server) != []
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 60
    while processes_of(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(server) == []
