"""A new secret signs at once, the old one keeps signing through the overlap, and no longer."""

import asyncio
import base64
import dataclasses
from datetime import timedelta

import orjson
import pytest
import standardwebhooks
import svix.webhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.kernel.actor import Via
from app.kernel.errors import Forbidden, Invalid, InvalidState, NotFound
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.give_public_key import give_public_key
from app.webhooks.endpoints.rotate_webhook_secret import rotate_webhook_secret
from app.webhooks.queries import find_webhook_endpoint, public_keys_of_endpoint, secret_ends_of_endpoints
from tests.webhooks.conftest import VAULT

LIBRARIES = [standardwebhooks.Webhook, svix.webhooks.Webhook]


@pytest.fixture
async def endpoint(subscribe, receiver):
    made, secret = await subscribe(receiver.url, event_types=["ledger.*"])
    return made, secret


@pytest.fixture
def rotate(actor, endpoint):
    async def run(*, by=None, **how):
        return await rotate_webhook_secret(by or actor, str(endpoint[0].id), vault=VAULT, **how)

    return run


@pytest.fixture
def message(happen, pipeline, receiver):
    """A function that lets something happen, and answers what the receiver got of it."""

    async def arrive():
        receiver.received.clear()
        await happen()
        async with asyncio.timeout(60):
            await pipeline.drain(budget_seconds=60)
        [received] = receiver.received
        return received

    return arrive


def verifies(library, secret, received):
    try:
        library(secret).verify(received.body, received.headers)
    except (standardwebhooks.WebhookVerificationError, svix.webhooks.WebhookVerificationError):
        return False
    return True


def verifies_publicly(public_key, received):
    signed = b".".join(
        (received.headers["webhook-id"].encode(), received.headers["webhook-timestamp"].encode(), received.body)
    )
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    for entry in received.headers["webhook-signature"].split(" "):
        version, _, signature = entry.partition(",")
        if version == "v1a":
            try:
                key.verify(base64.b64decode(signature), signed)
            except InvalidSignature:
                continue
            return True
    return False


async def let_overlaps_end():
    await pool().execute("UPDATE webhook_secrets SET expires_at = now() WHERE expires_at IS NOT NULL")


async def test_signs_with_both_schemes_from_the_beginning(endpoint, message):
    made, secret = endpoint
    received = await message()
    assert [entry.split(",")[0] for entry in received.headers["webhook-signature"].split(" ")] == ["v1", "v1a"]
    assert all(verifies(library, secret, received) for library in LIBRARIES)
    assert verifies_publicly(made.public_key, received)
    assert not verifies_publicly("whpk_" + base64.b64encode(b"\1" + b"\0" * 31).decode(), received)


async def test_is_verified_with_either_secret_during_the_overlap_and_then_with_the_new_one_only(
    endpoint, rotate, message
):
    old, old_secret = endpoint
    new, new_secret = await rotate()
    assert new_secret != old_secret
    assert new.public_key != old.public_key
    received = await message()
    assert [entry.split(",")[0] for entry in received.headers["webhook-signature"].split(" ")] == [
        *("v1", "v1", "v1a", "v1a")
    ]
    for library in LIBRARIES:
        assert verifies(library, old_secret, received)
        assert verifies(library, new_secret, received)
    assert verifies_publicly(old.public_key, received)
    assert verifies_publicly(new.public_key, received)
    await let_overlaps_end()
    received = await message()
    for library in LIBRARIES:
        assert not verifies(library, old_secret, received)
        assert verifies(library, new_secret, received)
    assert not verifies_publicly(old.public_key, received)
    assert verifies_publicly(new.public_key, received)


async def test_signs_retries_with_the_secrets_that_are_live_then(endpoint, rotate, happen, pipeline, receiver):
    """The second attempt is claimed from the table, and not with the event."""
    receiver.answer = 500
    await happen()
    await pipeline.drain(budget_seconds=60)
    _, new_secret = await rotate(overlap_hours=0)
    receiver.answer = 200
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now(), status = 'RETRYING'")
    await pipeline.drain(budget_seconds=60)
    received = receiver.received[-1]
    assert verifies(standardwebhooks.Webhook, new_secret, received)
    assert not verifies(standardwebhooks.Webhook, endpoint[1], received)


async def test_says_when_the_old_secrets_end(endpoint, rotate, actor):
    made, _ = endpoint
    assert await secret_ends_of_endpoints(actor, [made.id]) == {}
    await rotate(overlap_hours=48)
    await rotate()
    now = await fetchval("SELECT now()")
    [first, second] = (await secret_ends_of_endpoints(actor, [made.id]))[made.id]
    # No older secret outlasts the overlap that was asked for last.
    assert first == second
    assert timedelta(hours=23, minutes=50) < first - now <= timedelta(hours=24)


async def test_ends_all_older_secrets_at_once_without_an_overlap(endpoint, rotate, message):
    _, first = endpoint
    _, second = await rotate()
    _, third = await rotate(overlap_hours=0)
    received = await message()
    found = [verifies(standardwebhooks.Webhook, secret, received) for secret in (first, second, third)]
    assert found == [False, False, True]
    assert await fetchval("SELECT count(*) FROM webhook_secrets") == 2  # One of each scheme: what has ended is removed.


async def test_lets_five_secrets_sign_and_no_more_even_at_once(endpoint, rotate, message):
    _, first = endpoint
    outcomes = await asyncio.gather(*(rotate() for _ in range(6)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert [type(error) for error in refused] == [InvalidState, InvalidState]
    assert "5 secrets that still sign" in refused[0].message
    received = await message()
    secrets = [first, *(outcome[1] for outcome in outcomes if not isinstance(outcome, BaseException))]
    assert len(secrets) == 5
    assert all(verifies(standardwebhooks.Webhook, secret, received) for secret in secrets)
    _, last = await rotate(overlap_hours=0)
    assert [verifies(standardwebhooks.Webhook, secret, await message()) for secret in (last, first)] == [True, False]


async def test_writes_one_event_without_a_secret_and_tells_the_others(endpoint, rotate, subscribe, receivers, pipeline):
    made, _ = endpoint
    other = await receivers()
    await subscribe(other.url, event_types=["webhook_endpoint.*"])
    changed, secret = await rotate()
    [event] = await fetch("SELECT body FROM events WHERE type = 'webhook_endpoint.secret_rotated'")
    body = orjson.loads(event["body"])
    assert body["data"]["public_key"] == changed.public_key
    assert body["previous"] == {"public_key": made.public_key}
    assert changed.version == made.version + 1
    assert secret not in event["body"]
    await pipeline.drain(budget_seconds=60)
    assert "webhook_endpoint.secret_rotated" in other.types


@pytest.mark.parametrize("hours", [-1, 169, 10**9])
async def test_refuses_an_overlap_out_of_range(rotate, hours):
    with pytest.raises(Invalid, match="0 to 168 hours") as refused:
        await rotate(overlap_hours=hours)
    assert refused.value.path == ("overlap_hours",)
    assert await fetchval("SELECT count(*) FROM webhook_secrets") == 2


async def test_takes_a_week(rotate, actor, endpoint):
    await rotate(overlap_hours=168)
    [ends_at] = (await secret_ends_of_endpoints(actor, [endpoint[0].id]))[endpoint[0].id]
    assert ends_at - await fetchval("SELECT now()") > timedelta(hours=167)


async def test_refuses_a_key_that_holds_less_than_the_endpoint(rotate, actor):
    _, key = await create_api_key(actor, CreateApiKey("narrow", ["webhooks:write", "webhooks:read"]))
    with pytest.raises(Forbidden) as refused:
        await rotate(by=await authenticate(f"API-Key {key}", Via.GRAPHQL))
    assert refused.value.required_scope == "*"
    with pytest.raises(Forbidden):
        await rotate(by=dataclasses.replace(actor, holder_id=new_id()))


async def test_finds_no_endpoint_of_another_customer_nor_a_deleted_one(rotate, actor, other_actor, endpoint):
    with pytest.raises(NotFound):
        await rotate(by=other_actor)
    await delete_webhook_endpoint(actor, str(endpoint[0].id))
    with pytest.raises(NotFound):
        await rotate()


async def test_shows_the_public_keys_that_sign_to_whoever_knows_the_endpoint(endpoint, rotate, actor):
    made, _ = endpoint
    rotated, _ = await rotate()
    new, old = await public_keys_of_endpoint(made.id)
    assert [new.text, old.text] == [rotated.public_key, made.public_key]
    assert new.expires_at is None
    assert old.expires_at is not None
    await let_overlaps_end()
    assert [key.text for key in await public_keys_of_endpoint(made.id)] == [rotated.public_key]
    await delete_webhook_endpoint(actor, str(made.id))
    assert await public_keys_of_endpoint(made.id) == []


async def test_gives_an_endpoint_of_an_older_version_its_key_when_it_is_asked_for(actor, endpoint, message):
    made, secret = endpoint
    await pool().execute("DELETE FROM webhook_secrets WHERE scheme = 'v1a'")
    await pool().execute("UPDATE webhook_endpoints SET public_key = NULL")
    received = await message()
    assert received.headers["webhook-signature"].startswith("v1,")
    assert " " not in received.headers["webhook-signature"]
    found = await find_webhook_endpoint(actor, made.id)
    asked = await asyncio.gather(*(give_public_key(actor, found, vault=VAULT) for _ in range(5)))
    assert len(set(asked)) == 1
    received = await message()
    assert verifies_publicly(asked[0], received)
    assert verifies(standardwebhooks.Webhook, secret, received)


async def test_shows_who_rotates_what_the_answer_holds_though_they_may_not_read_webhooks(actor, endpoint, rotate):
    await rotate()
    writer = dataclasses.replace(actor, scopes=frozenset({"webhooks:write"}))
    made, _ = endpoint
    assert (await give_public_key(writer, made, vault=VAULT)).startswith("whpk_")
    assert len((await secret_ends_of_endpoints(writer, [made.id]))[made.id]) == 1
    holder = dataclasses.replace(actor, holder_id=new_id())
    for shown in (give_public_key(holder, made, vault=VAULT), secret_ends_of_endpoints(holder, [made.id])):
        with pytest.raises(Forbidden):
            await shown
