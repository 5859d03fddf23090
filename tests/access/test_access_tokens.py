"""Access tokens: what they may, how long they last, what ends them, and what is stored of them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.access import create_access_token as module
from app.access.authenticate import authenticate
from app.access.create_access_token import CreateAccessToken, create_access_token
from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.open_customer import open_customer
from app.access.queries import find_access_token, is_still_valid, list_access_tokens
from app.access.remembered_keys import remembered_keys
from app.access.revoke_access_token import revoke_access_token
from app.access.revoke_api_key import revoke_api_key
from app.db.connection import fetchrow, fetchval, pool
from app.kernel.actor import CUSTOMER_SCOPES, Via
from app.kernel.clock import rfc3339
from app.kernel.errors import Forbidden, Invalid, LimitExceeded, NotFound, Unauthenticated
from tests.bookkeeping import nothing_changes

READ = ["ledgers:read"]


def wanted(actor, scopes=READ, **more):
    """A token for the customer's own holder."""
    return CreateAccessToken(str(actor.customer_id), scopes, **more)


async def who(token, via=Via.REST):
    """Who asks with this token."""
    return await authenticate(f"Bearer {token}", via)


async def ends(token):
    """Whether the token is refused."""
    with pytest.raises(Unauthenticated) as refused:
        await who(token)
    return "access token" in refused.value.message


async def move_back(**interval):
    """As if every token had been made so much earlier."""
    await pool().execute(
        "UPDATE access_tokens SET expires_at = expires_at - $1::interval, created_at = created_at - $1::interval",
        timedelta(**interval),
    )


async def test_becomes_an_actor_of_one_holder(actor):
    made, token = await create_access_token(actor, wanted(actor, ["transfers:read", "ledgers:read", "ledgers:read"]))
    known = await who(token)
    assert known.holder_id == actor.customer_id
    assert known.scopes == {"ledgers:read", "transfers:read"}
    assert (known.name, known.via) == (f"access_token:{made.id}", Via.REST)
    assert (known.customer_id, known.api_key_id, known.access_token_id) == (
        actor.customer_id,
        actor.api_key_id,
        made.id,
    )
    assert known.expires_at == made.expires_at
    assert known.with_request("request") == replace(known, request_id="request")
    assert known.credential_ids == (made.id, actor.api_key_id)
    assert await find_access_token(known, made.id) == made == await find_access_token(actor, made.id)
    other, _ = await create_access_token(actor, wanted(actor))
    assert await find_access_token(known, other.id) is None
    assert await find_access_token(replace(actor, scopes=frozenset({"ledgers:read"})), made.id) is None


async def test_lasts_as_long_as_asked_but_no_longer_than_its_key(actor):
    made, _ = await create_access_token(actor, wanted(actor))
    assert made.expires_at - made.created_at == timedelta(seconds=900)
    made, _ = await create_access_token(actor, wanted(actor, expires_in_seconds=1))
    assert made.expires_at - made.created_at == timedelta(seconds=1)
    soon = await fetchval("SELECT clock_timestamp() + interval '1 minute'")
    key, secret = await create_api_key(actor, CreateApiKey("short", ["*"], rfc3339(soon)))
    short = await authenticate(f"API-Key {secret}", Via.GRAPHQL)
    made, token = await create_access_token(short, wanted(actor, expires_in_seconds=600))
    assert made.expires_at == key.expires_at == (await who(token)).expires_at


async def test_stores_no_secret_and_shows_none(actor):
    made, token = await create_access_token(actor, wanted(actor))
    assert token.startswith(f"{made.prefix}_")
    assert made.prefix.startswith("qt_")
    row = await fetchrow("SELECT t::text AS text, secret_hash FROM access_tokens AS t")
    assert len(row["secret_hash"]) == 32
    for shown in (row["text"], repr(made)):
        assert token[-40:] not in shown


async def test_is_refused_with_another_secret_or_as_a_key(actor):
    _, token = await create_access_token(actor, wanted(actor))
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert await ends(other)
    with pytest.raises(Unauthenticated):
        await who(token.replace("qt_", "qk_", 1))
    assert (await who(token)).holder_id is not None


async def test_ends_when_its_time_is_up(actor):
    _, token = await create_access_token(actor, wanted(actor))
    known = await who(token)
    assert await is_still_valid(known)
    await move_back(seconds=899)
    assert await is_still_valid(known)
    await move_back(seconds=1)
    assert await ends(token)
    assert not await is_still_valid(known)
    assert await list_access_tokens(actor, actor.customer_id) == []


async def test_ends_with_its_revocation_and_no_other_token_does(actor):
    made, token = await create_access_token(actor, wanted(actor))
    _, other = await create_access_token(actor, wanted(actor))
    known = await who(token)
    revoked = await revoke_access_token(actor, str(made.id))
    assert revoked.revoked_at is not None
    assert (await revoke_access_token(actor, str(made.id))).revoked_at == revoked.revoked_at
    assert await ends(token)
    assert not await is_still_valid(known)
    assert await is_still_valid(await who(other))
    assert [one.id for one in await list_access_tokens(actor, actor.customer_id)] == [
        (await who(other)).access_token_id
    ]


async def test_ends_with_the_key_that_made_it(actor):
    key, secret = await create_api_key(actor, CreateApiKey("doomed", ["*"]))
    doomed = await authenticate(f"API-Key {secret}", Via.GRAPHQL)
    _, token = await create_access_token(doomed, wanted(actor))
    _, other = await create_access_token(actor, wanted(actor))
    known = await who(token)
    await revoke_api_key(actor, str(key.id))
    assert await ends(token)
    assert not await is_still_valid(known)
    assert await is_still_valid(await who(other))
    assert len(await list_access_tokens(actor, actor.customer_id)) == 1


async def test_ends_itself_but_no_other(actor):
    made, token = await create_access_token(actor, wanted(actor))
    other, _ = await create_access_token(actor, wanted(actor, ["*"]))
    known = await who(token)
    with pytest.raises(Forbidden):
        await revoke_access_token(known, str(other.id))
    assert (await revoke_access_token(known, str(made.id))).id == made.id
    assert await ends(token)


async def test_is_forgotten_at_once_where_it_was_remembered(actor, monkeypatch):
    made, token = await create_access_token(actor, wanted(actor))
    key, secret = await create_api_key(actor, CreateApiKey("doomed", ["*"]))
    doomed = await authenticate(f"API-Key {secret}", Via.GRAPHQL)
    _, of_doomed = await create_access_token(doomed, wanted(actor))
    for one in (token, of_doomed):
        await who(one)
        await who(one)
    await revoke_access_token(actor, str(made.id))
    await revoke_api_key(actor, str(key.id))
    assert await ends(token)
    assert await ends(of_doomed)
    remembered_keys.forget_all()


async def test_grants_no_more_than_its_creator_has(actor):
    _, secret = await create_api_key(actor, CreateApiKey("narrow", ["keys:write", "ledgers:read"]))
    narrow = await authenticate(f"API-Key {secret}", Via.GRAPHQL)
    async with nothing_changes():
        for scopes, lacking in ((["ledgers:read", "transfers:write"], "transfers:write"), (["*"], "*")):
            with pytest.raises(Forbidden) as refused:
                await create_access_token(narrow, wanted(actor, scopes))
            assert (refused.value.required_scope, refused.value.path[0]) == (lacking, "scopes")
    assert (await create_access_token(narrow, wanted(actor)))[0].scopes == ("ledgers:read",)


USELESS = ["webhooks:read", "webhooks:write", "holders:review", "ledgers:freeze", "books:write", "keys:write"]


@pytest.mark.parametrize("scope", USELESS)
async def test_refuses_a_scope_that_a_token_can_never_use(actor, scope):
    async with nothing_changes():
        with pytest.raises(Invalid) as refused:
            await create_access_token(actor, wanted(actor, ["ledgers:read", scope, "*"]))
    assert refused.value.path == ("scopes", "1")
    assert f"can never use {scope}:" in refused.value.message


async def test_names_every_scope_that_a_token_can_never_use(actor):
    with pytest.raises(Invalid) as refused:
        await create_access_token(actor, wanted(actor, [*USELESS, *READ, *USELESS]))
    assert f"can never use {', '.join(USELESS)}:" in refused.value.message
    assert set(USELESS) == set(CUSTOMER_SCOPES)


async def test_refuses_who_may_not_and_what_is_wrong(actor):
    _, token = await create_access_token(actor, wanted(actor, ["*"]))
    holder = await who(token)
    reader = replace(actor, scopes=frozenset({"ledgers:read"}))
    async with nothing_changes():
        for refused, path in (
            (wanted(actor, []), "scopes"),
            (wanted(actor, ["all"]), "scopes"),
            (CreateAccessToken("no id", READ), "holder_id"),
            (wanted(actor, expires_in_seconds=0), "expires_in_seconds"),
            (wanted(actor, expires_in_seconds=86_401), "expires_in_seconds"),
        ):
            with pytest.raises(Invalid) as refusal:
                await create_access_token(actor, refused)
            assert refusal.value.path[0] == path
        for one in (holder, reader, replace(actor, api_key_id=None)):
            with pytest.raises(Forbidden):
                await create_access_token(one, wanted(actor))
        for one in (holder, reader):
            with pytest.raises(Forbidden):
                await list_access_tokens(one, actor.customer_id)
        with pytest.raises(Forbidden):
            await revoke_access_token(reader, str(holder.access_token_id))
        with pytest.raises(NotFound) as refusal:
            await create_access_token(actor, CreateAccessToken(str(UUID(int=7)), READ))
        assert refusal.value.path == ("holder_id",)


async def test_knows_nothing_of_another_customers(actor):
    other = await open_customer("Other Ltd")
    stranger = await authenticate(f"API-Key {other.api_key}", Via.GRAPHQL)
    made, token = await create_access_token(actor, wanted(actor))
    with pytest.raises(NotFound):
        await create_access_token(stranger, wanted(actor))
    with pytest.raises(NotFound):
        await revoke_access_token(stranger, str(made.id))
    assert await list_access_tokens(stranger, actor.customer_id) == []
    assert await is_still_valid(await who(token))


async def test_allows_a_holder_so_many_at_a_time_even_to_who_asks_at_once(actor, monkeypatch):
    monkeypatch.setattr(module, "LIVE_TOKENS_MAX", 3)
    await create_access_token(actor, wanted(actor, expires_in_seconds=60))
    asked = [create_access_token(actor, wanted(actor)) for _ in range(8)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, LimitExceeded)]
    made = [one for one in answers if not isinstance(one, Exception)]
    assert (len(made), len(refused)) == (2, 6)
    assert all(50 < one.retry_after_seconds <= 60 for one in refused)
    await revoke_access_token(actor, str(made[0][0].id))
    await create_access_token(actor, wanted(actor))
    with pytest.raises(LimitExceeded):
        await create_access_token(actor, wanted(actor))
    await move_back(seconds=60)
    await create_access_token(actor, wanted(actor))


async def test_removes_what_ended_long_ago(actor, monkeypatch):
    monkeypatch.setattr(module, "SWEPT_MAX", 2)
    for _ in range(3):
        await create_access_token(actor, wanted(actor))
    await move_back(days=1, seconds=890)
    await create_access_token(actor, wanted(actor))
    assert await fetchval("SELECT count(*) FROM access_tokens") == 4
    await move_back(seconds=20)
    for left in (3, 3, 4):
        await create_access_token(actor, wanted(actor))
        assert await fetchval("SELECT count(*) FROM access_tokens") == left
