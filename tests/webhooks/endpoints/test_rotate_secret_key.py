"""Everything sealed is moved to another key, in batches, whatever happens meanwhile."""

import asyncio

import pytest

from app.db.connection import fetch, fetchval, pool
from app.webhooks.client_tls import PURPOSE as CLIENT_KEY
from app.webhooks.endpoints import rotate_secret_key as module
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.endpoints.rotate_secret_key import SEALED, rotate_secret_key
from app.webhooks.endpoints.secret_key_check import check_secret_key
from app.webhooks.own_headers import OwnHeader, open_headers, seal_headers
from app.webhooks.signing_secret import PURPOSES
from app.webhooks.vault import Vault
from tests.webhooks.conftest import EGRESS

OLD_KEY, NEW_KEY = "the key that all secrets are under now", "the key that all secrets shall be under"
OLD, BOTH, NEW = Vault(OLD_KEY), Vault(NEW_KEY, OLD_KEY), Vault(NEW_KEY)
HEADERS = (OwnHeader("X-Api-Key", "a secret of the gateway"),)


async def make_endpoint(actor, vault):
    made, _ = await create_webhook_endpoint(
        actor, CreateWebhookEndpoint("http://127.0.0.1:9/"), vault=vault, egress=EGRESS
    )
    return made


@pytest.fixture
async def endpoints(make_actor):
    """Twelve endpoints of two customers under the old key, one of them with headers and a client certificate."""
    actors = [await make_actor() for _ in range(2)]
    made = [await make_endpoint(actor, OLD) for actor in actors for _ in range(6)]
    first = {"customer_id": made[0].customer_id, "endpoint_id": made[0].id}
    await pool().execute(
        "UPDATE webhook_endpoints SET header_names = '{X-Api-Key}', sealed_headers = $2, client_certificate = 'PEM',"
        " sealed_client_key = $3 WHERE id = $1",
        made[0].id,
        seal_headers(HEADERS, OLD, **first),
        OLD.seal(b"a client's key, which is in PEM", purpose=CLIENT_KEY, **first),
    )
    return made


async def opened_by(vault):
    """All values, opened by this vault."""
    keys = [
        vault.open(
            row["sealed"],
            customer_id=row["customer_id"],
            endpoint_id=row["endpoint_id"],
            purpose=PURPOSES[row["scheme"]],
        )
        for row in await fetch("SELECT * FROM webhook_secrets ORDER BY id")
    ]
    [row] = await fetch("SELECT * FROM webhook_endpoints WHERE sealed_headers IS NOT NULL")
    whose = {"customer_id": row["customer_id"], "endpoint_id": row["id"]}
    return [
        *keys,
        open_headers(row["sealed_headers"], vault, **whose),
        vault.open(row["sealed_client_key"], purpose=CLIENT_KEY, **whose),
    ]


async def test_names_every_column_that_holds_sealed_values(database):
    rows = await fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name LIKE '%sealed%' AND table_name <> 'secret_key_check'"
    )
    assert {(row["table_name"], row["column_name"]) for row in rows} == {(one.table, one.column) for one in SEALED}


@pytest.mark.parametrize("batch_size", [1, 5, 24, 500])
async def test_moves_everything_to_the_new_key(endpoints, monkeypatch, batch_size):
    monkeypatch.setattr(module, "BATCH_SIZE_MAX", batch_size)
    before = await opened_by(OLD)
    rotated = await rotate_secret_key(BOTH)
    assert (rotated.moved, rotated.unreadable) == (24 + 2, 0)
    assert await opened_by(NEW) == before


async def test_changes_nothing_the_second_time(endpoints):
    await rotate_secret_key(BOTH)
    known = await fetch("SELECT sealed, xmin FROM webhook_secrets ORDER BY id")
    again = await rotate_secret_key(BOTH)
    assert (again.moved, again.unreadable) == (0, 0)
    assert await fetch("SELECT sealed, xmin FROM webhook_secrets ORDER BY id") == known


async def test_goes_on_where_another_one_ended(endpoints, monkeypatch):
    monkeypatch.setattr(module, "BATCH_SIZE_MAX", 5)
    done = 0
    whole = module._move_batch

    async def fails_at_the_third(*arguments):
        nonlocal done
        done += 1
        if done == 3:
            raise asyncio.CancelledError
        return await whole(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(module, "_move_batch", fails_at_the_third)
        with pytest.raises(asyncio.CancelledError):
            await rotate_secret_key(BOTH)
    before = await opened_by(BOTH)  # Readable meanwhile, some under either key.
    rotated = await rotate_secret_key(BOTH)
    assert rotated.moved == 26 - 10
    assert await opened_by(NEW) == before


async def test_moves_what_is_stored_under_the_old_key_meanwhile(endpoints, make_actor, monkeypatch):
    actor = await make_actor()
    whole = module._pass_through

    async def beside_another_process(*arguments):
        done = await whole(*arguments)
        if await fetchval("SELECT count(*) FROM webhook_endpoints") == 12:
            await make_endpoint(actor, OLD)
        return done

    monkeypatch.setattr(module, "_pass_through", beside_another_process)
    rotated = await rotate_secret_key(BOTH)
    assert rotated.moved == 26 + 2
    await opened_by(NEW)


async def test_two_of_them_do_no_harm(endpoints, monkeypatch):
    monkeypatch.setattr(module, "BATCH_SIZE_MAX", 3)
    before = await opened_by(OLD)
    both = await asyncio.gather(rotate_secret_key(BOTH), rotate_secret_key(BOTH))
    assert sum(one.moved for one in both) == 26
    assert await opened_by(NEW) == before


async def test_leaves_what_neither_key_opens_and_keeps_the_old_key_known(endpoints):
    async with pool().acquire() as connection:
        await check_secret_key(connection, OLD_KEY)
        await check_secret_key(connection, NEW_KEY, OLD_KEY)
    lost = Vault("a key that nobody has any more, alas").seal(
        b"x" * 32, customer_id=endpoints[3].customer_id, endpoint_id=endpoints[3].id
    )
    await pool().execute(
        "UPDATE webhook_secrets SET sealed = $2 WHERE endpoint_id = $1 AND scheme = 'v1'", endpoints[3].id, lost
    )
    rotated = await rotate_secret_key(BOTH)
    assert (rotated.moved, rotated.unreadable) == (25, 1)
    assert await fetchval("SELECT count(*) FROM webhook_secrets WHERE sealed = $1", lost) == 1
    assert await fetchval("SELECT next_sealed IS NOT NULL FROM secret_key_check")
