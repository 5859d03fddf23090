"""Commits that are done, but whose answer never comes."""

import asyncio
import contextlib

import asyncpg


@contextlib.asynccontextmanager
async def commits_that_hang(postgres):
    """COMMIT hangs when it is done, as if a standby had to confirm it; yields a connection that does not."""
    superuser = await asyncpg.connect(superuser_url(postgres))
    await superuser.execute("SET synchronous_commit = local")
    try:
        await set_standby(superuser, "nobody")
        yield superuser
    finally:
        await set_standby(superuser, "")
        await superuser.close()


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
    while not (rows := await superuser.fetch("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")):
        await asyncio.sleep(0.005)
    return rows[0]["pid"]


def superuser_url(postgres):
    """The URL of the server's database for who may do everything there."""
    return postgres.url.replace("//quaestor@", "//postgres@")
