"""Commits that are done, but whose answer never comes."""

import asyncio
import contextlib

import asyncpg

from app.db.connection import by_key_pool, pool
from tests.conftest import superuser_url


@contextlib.asynccontextmanager
async def commits_that_hang(postgres):
    """COMMIT hangs when it is done, as if a standby had to confirm it; yields a connection that does not."""
    superuser = await asyncpg.connect(superuser_url(postgres))
    await superuser.execute("SET synchronous_commit = local")
    try:
        await set_standby(superuser, "nobody")
        while not await _does_a_commit_hang(postgres, superuser):
            pass
        yield superuser
    finally:
        await set_standby(superuser, "")
        await superuser.close()


async def _does_a_commit_hang(postgres, superuser):
    """Whether commits wait by now: they do when the checkpointer has read the new setting, not when others have."""
    connection = await asyncpg.connect(postgres.url)
    backend = connection.get_server_pid()
    committing = asyncio.create_task(connection.execute("SELECT pg_logical_emit_message(true, 'tests', '')"))
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid = $1"
    while not committing.done() and not await superuser.fetchval(waiting, backend):
        await asyncio.sleep(0.005)
    hangs = not committing.done()
    await superuser.execute("SELECT pg_terminate_backend($1)", backend)
    await asyncio.gather(committing, return_exceptions=True)
    connection.terminate()
    return hangs


async def set_standby(superuser, name):
    await superuser.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    await superuser.execute("SELECT pg_reload_conf()")
    while await superuser.fetchval("SHOW synchronous_standby_names") != name:
        await asyncio.sleep(0.005)


async def lose_a_commit(superuser):
    """End the backend that waits for its commit to be confirmed, and let the others commit."""
    backend = await hanging_backend(superuser)
    await superuser.execute("SELECT pg_terminate_backend($1)", backend)
    while await superuser.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", backend):
        await asyncio.sleep(0.005)
    await set_standby(superuser, "")


async def hanging_backend(superuser):
    hanging = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND backend_type = 'client backend'"
    while (backend := await superuser.fetchval(hanging)) is None:
        await asyncio.sleep(0.005)
    return backend


def cut_connections_in_use():
    """Cut this process's connections on which something is under way. The server does not know of it yet."""
    for holder in (*pool()._holders, *by_key_pool()._holders):
        if holder._in_use is not None:
            holder._con.terminate()
