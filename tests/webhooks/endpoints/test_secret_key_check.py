"""A process with another secret key than the one that secrets are stored under does not start."""

import asyncio

import asyncpg
import pytest

from app.db import migrate as module
from app.db.connection import pool
from app.db.identifiers import new_id
from app.db.migrate import migrate, migrations
from app.settings import WrongSetting
from app.webhooks.endpoints.secret_key_check import check_secret_key, finish_move
from app.webhooks.signing_secret import new_signing_key
from app.webhooks.vault import Vault

RIGHT = "the secret key that this installation has"
NEXT = "the secret key that it will have next"
WRONG = "some other secret key, also long enough"


@pytest.fixture
async def connection(database):
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


async def store_secret(connection, actor, secret_key, *, created_at="now()"):
    endpoint_id = new_id()
    await connection.execute(
        "INSERT INTO webhook_endpoints (customer_id, id, url, status, event_types, payload, ordered, scopes,"
        " first_position, created_at, updated_at)"
        " VALUES ($1, $2, 'https://example.com', 'ENABLED', '{}', 'FULL', false, '{*}', 0, now(), now())",
        actor.customer_id,
        endpoint_id,
    )
    sealed = Vault(secret_key).seal(new_signing_key(), customer_id=actor.customer_id, endpoint_id=endpoint_id)
    await connection.execute(
        "INSERT INTO webhook_secrets (customer_id, endpoint_id, id, scheme, sealed, created_at)"
        f" VALUES ($1, $2, $3, 'v1', $4, {created_at})",
        actor.customer_id,
        endpoint_id,
        new_id(),
        sealed,
    )


async def test_takes_the_first_key_and_no_other_after_it(connection):
    await check_secret_key(connection, RIGHT)
    await check_secret_key(connection, RIGHT)
    with pytest.raises(WrongSetting, match=r"^QUAESTOR_SECRET_KEY is not the key that the secrets in this database"):
        await check_secret_key(connection, WRONG)
    assert await connection.fetchval("SELECT count(*) FROM secret_key_check") == 1


async def test_tries_a_stored_secret_where_nothing_was_sealed_yet(connection, make_actor):
    actor = await make_actor()
    await store_secret(connection, actor, RIGHT, created_at="now() - interval '1 day'")
    await store_secret(connection, actor, WRONG)  # As a process with a wrong key made one, before this was checked.
    with pytest.raises(WrongSetting, match="QUAESTOR_SECRET_KEY"):
        await check_secret_key(connection, WRONG)
    assert await connection.fetchval("SELECT count(*) FROM secret_key_check") == 0
    await check_secret_key(connection, RIGHT)
    assert await connection.fetchval("SELECT count(*) FROM secret_key_check") == 1


async def test_lets_one_of_two_keys_win_that_come_at_the_same_time(database):
    for _ in range(10):
        await pool().execute("TRUNCATE secret_key_check")
        connections = [await asyncpg.connect(database) for _ in range(4)]
        outcomes = await asyncio.gather(
            *(check_secret_key(one, key) for one, key in zip(connections, (RIGHT, WRONG) * 2, strict=True)),
            return_exceptions=True,
        )
        refused = [isinstance(outcome, WrongSetting) for outcome in outcomes]
        assert refused in ([True, False] * 2, [False, True] * 2)
        for one in connections:
            await one.close()


async def test_does_without_where_nothing_can_be_written(connection):
    await connection.execute("SET default_transaction_read_only = on")
    await check_secret_key(connection, RIGHT)
    assert await connection.fetchval("SELECT count(*) FROM secret_key_check") == 0


async def test_waits_for_the_schema(fresh_url, monkeypatch):
    """An API may start before the migration; `/readyz` says meanwhile that the schema is missing."""
    connection = await asyncpg.connect(fresh_url)
    await check_secret_key(connection, RIGHT)
    earlier = [migration for migration in migrations() if migration.name < "0009"]
    with monkeypatch.context() as patched:
        patched.setattr(module, "migrations", lambda: earlier)
        await migrate(fresh_url)
    await check_secret_key(connection, RIGHT)
    await migrate(fresh_url)
    await check_secret_key(connection, WRONG)
    with pytest.raises(WrongSetting):
        await check_secret_key(connection, RIGHT)
    await connection.close()


async def next_is_known(connection):
    return await connection.fetchval("SELECT next_sealed IS NOT NULL FROM secret_key_check")


async def test_takes_two_keys_while_secrets_are_moved_from_one_to_the_other(connection):
    await check_secret_key(connection, RIGHT)
    await check_secret_key(connection, RIGHT, NEXT)  # All processes know both first.
    assert not await next_is_known(connection)
    await check_secret_key(connection, NEXT, RIGHT)
    assert await next_is_known(connection)
    await check_secret_key(connection, NEXT, RIGHT)
    await check_secret_key(connection, RIGHT, NEXT)


async def test_refuses_a_third_key_while_secrets_are_moved(connection):
    await check_secret_key(connection, RIGHT)
    await check_secret_key(connection, NEXT, RIGHT)
    with pytest.raises(WrongSetting, match="neither the key that the secrets in this database are stored under, nor"):
        await check_secret_key(connection, WRONG, RIGHT)
    with pytest.raises(WrongSetting, match="is not the key that the secrets in this database are stored under"):
        await check_secret_key(connection, WRONG, NEXT)


async def test_refuses_a_process_that_lacks_the_key_that_secrets_are_moved_to(connection):
    await check_secret_key(connection, RIGHT)
    await check_secret_key(connection, NEXT, RIGHT)
    for old in (None, WRONG):
        with pytest.raises(WrongSetting, match="are being moved from this QUAESTOR_SECRET_KEY to another one"):
            await check_secret_key(connection, RIGHT, old)


async def test_refuses_the_old_key_once_all_are_moved(connection):
    await check_secret_key(connection, RIGHT)
    await check_secret_key(connection, NEXT, RIGHT)
    await finish_move(connection, Vault(NEXT, RIGHT))
    await check_secret_key(connection, NEXT)
    await check_secret_key(connection, NEXT, RIGHT)
    assert not await next_is_known(connection)
    with pytest.raises(WrongSetting, match="is not the key that the secrets in this database are stored under"):
        await check_secret_key(connection, RIGHT)


async def test_lets_one_of_two_next_keys_win_that_come_at_the_same_time(database):
    connections = [await asyncpg.connect(database) for _ in range(4)]
    await check_secret_key(connections[0], RIGHT)
    outcomes = await asyncio.gather(
        *(check_secret_key(one, key, RIGHT) for one, key in zip(connections, (NEXT, WRONG) * 2, strict=True)),
        return_exceptions=True,
    )
    refused = [isinstance(outcome, WrongSetting) for outcome in outcomes]
    assert refused in ([True, False] * 2, [False, True] * 2)
    for one in connections:
        await one.close()
