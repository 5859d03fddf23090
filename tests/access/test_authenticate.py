import base64
from datetime import UTC, datetime, timedelta

import pytest

from app.access.authenticate import HOW_TO_AUTHENTICATE, NOT_VALID, authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.key_format import new_key, read_key
from app.access.note_last_use import finish_noting_last_use
from app.access.revoke_api_key import revoke_api_key
from app.db.connection import fetch, fetchval
from app.kernel.actor import Via
from app.kernel.errors import Unauthenticated


@pytest.mark.parametrize("scheme", ["API-Key", "api-key", "Bearer", "BEARER"])
async def test_lets_a_key_in_with_either_scheme(customer, scheme):
    actor = await authenticate(f"{scheme} {customer.api_key}", Via.REST)
    assert actor.customer_id == customer.customer_id
    assert actor.scopes == frozenset({"*"})
    assert actor.via is Via.REST
    assert actor.holder_id is None
    assert actor.api_key_id == await fetchval("SELECT id FROM api_keys")
    assert actor.name == f"api_key:{actor.api_key_id}"


@pytest.mark.parametrize("header", [None, "", "API-Key", "API-Key ", "Basic dXNlcjpwYXNz", "qk_alone"])
async def test_says_how_to_authenticate_where_there_is_no_key(database, header):
    with pytest.raises(Unauthenticated) as refusal:
        await authenticate(header, Via.GRAPHQL)
    assert refusal.value.message == HOW_TO_AUTHENTICATE


async def test_refuses_what_it_does_not_know_without_saying_why(customer):
    parts = read_key(customer.api_key)
    wrong_secret = base64.urlsafe_b64encode(customer.customer_id.bytes + bytes(32)).decode()
    strangers = [
        "nonsense",
        new_key(customer.customer_id),
        new_key(parts.customer_id.__class__(int=1)),
        f"qk_{parts.prefix}_{wrong_secret}",
    ]
    for key in strangers:
        with pytest.raises(Unauthenticated) as refusal:
            await authenticate(f"API-Key {key}", Via.GRAPHQL)
        assert refusal.value.message == NOT_VALID


async def test_refuses_a_key_with_another_customers_id(customer, database):
    key = customer.api_key
    packed = base64.urlsafe_b64decode(key.split("_", 2)[2])
    forged = base64.urlsafe_b64encode(bytes(16) + packed[16:]).decode()
    with pytest.raises(Unauthenticated):
        await authenticate(f"API-Key qk_{read_key(key).prefix}_{forged}", Via.GRAPHQL)


async def test_refuses_a_revoked_key(actor, customer):
    await revoke_api_key(actor, str(actor.api_key_id))
    with pytest.raises(Unauthenticated) as refusal:
        await authenticate(f"API-Key {customer.api_key}", Via.GRAPHQL)
    assert refusal.value.message == NOT_VALID


async def test_refuses_an_expired_key(actor):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    created, key = await create_api_key(actor, CreateApiKey("short", ["ledgers:read"], tomorrow))
    assert (await authenticate(f"Bearer {key}", Via.GRAPHQL)).scopes == frozenset({"ledgers:read"})
    await fetch("UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1", created.id)
    with pytest.raises(Unauthenticated) as refusal:
        await authenticate(f"Bearer {key}", Via.GRAPHQL)
    assert refusal.value.message == NOT_VALID


async def test_stores_no_key_and_no_secret(customer):
    secret = base64.urlsafe_b64decode(customer.api_key.split("_", 2)[2])[16:]
    for table in ("api_keys", "events", "customers", "holders"):
        stored = await fetchval(f"SELECT string_agg(t::text, ' ') FROM {table} AS t")
        assert customer.api_key not in stored
        assert secret.hex() not in stored


async def test_notes_the_last_use_at_most_once_a_minute(customer):
    header = f"API-Key {customer.api_key}"
    assert await fetchval("SELECT last_used_at FROM api_keys") is None
    await authenticate(header, Via.GRAPHQL)
    await finish_noting_last_use()
    first = await fetchval("SELECT last_used_at FROM api_keys")
    assert first is not None

    await authenticate(header, Via.GRAPHQL)
    await finish_noting_last_use()
    assert await fetchval("SELECT last_used_at FROM api_keys") == first

    await fetch("UPDATE api_keys SET last_used_at = last_used_at - interval '61 seconds'")
    await authenticate(header, Via.GRAPHQL)
    await finish_noting_last_use()
    assert await fetchval("SELECT last_used_at FROM api_keys") > first
