"""/.well-known/webhook-keys/<endpoint id>: the public keys of an endpoint, and nothing else, for whoever knows it."""

import base64

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.applications import Starlette

from app.access.open_customer import open_customer
from app.api.operations.webhook_keys import webhook_key_routes
from app.db.connection import fetch, pool
from app.db.identifiers import new_id
from app.kernel.actor import worker_actor
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.rotate_webhook_secret import rotate_webhook_secret
from app.webhooks.signing_secret import PURPOSES, private_key
from app.webhooks.vault import Vault
from tests.webhooks.conftest import EGRESS

VAULT = Vault("a key of the settings for the tests")


@pytest.fixture
async def ask():
    """A function that asks for the keys of an endpoint."""
    application = Starlette(routes=webhook_key_routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://localhost") as client:
        yield lambda endpoint_id: client.get(f"/.well-known/webhook-keys/{endpoint_id}")


@pytest.fixture
async def actor(make_actor):
    return await make_actor()


@pytest.fixture
async def endpoint(actor):
    made, _ = await create_webhook_endpoint(
        actor, CreateWebhookEndpoint("http://127.0.0.1:9/"), vault=VAULT, egress=EGRESS
    )
    return made


async def test_shows_the_key_as_a_web_key_and_as_the_specification_writes_it(ask, endpoint):
    answer = await ask(endpoint.id)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    [shown] = answer.json()["keys"]
    assert {name: shown[name] for name in ("kty", "crv", "alg", "use", "expires_at")} == {
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "expires_at": None,
    }  # fmt: skip
    assert shown["webhook_key"] == endpoint.public_key
    octets = base64.urlsafe_b64decode(shown["x"] + "=")
    assert octets == base64.b64decode(endpoint.public_key.removeprefix("whpk_"))
    [row] = await fetch("SELECT * FROM webhook_secrets WHERE scheme = 'v1a'")
    seed = VAULT.open(row["sealed"], customer_id=endpoint.customer_id, endpoint_id=endpoint.id, purpose=PURPOSES["v1a"])
    Ed25519PublicKey.from_public_bytes(octets).verify(private_key(seed).sign(b"a message"), b"a message")


async def test_shows_the_thumbprint_of_rfc_7638_as_the_key_id(ask, endpoint):
    """The example of RFC 8037, appendix A.3."""
    await pool().execute(
        "UPDATE webhook_secrets SET public_key = 'whpk_' || $1 WHERE scheme = 'v1a'",
        base64.b64encode(base64.urlsafe_b64decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")).decode(),
    )
    [shown] = (await ask(endpoint.id)).json()["keys"]
    assert shown["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


async def test_shows_old_keys_until_their_overlap_ends(ask, endpoint, actor):
    rotated, _ = await rotate_webhook_secret(actor, str(endpoint.id), vault=VAULT)
    new, old = (await ask(endpoint.id)).json()["keys"]
    assert [new["webhook_key"], old["webhook_key"]] == [rotated.public_key, endpoint.public_key]
    assert new["expires_at"] is None
    assert old["expires_at"].endswith("Z")
    await rotate_webhook_secret(actor, str(endpoint.id), overlap_hours=0, vault=VAULT)
    assert len((await ask(endpoint.id)).json()["keys"]) == 1


async def test_says_the_same_of_all_that_it_does_not_show(ask, endpoint, actor):
    other = await open_customer("Other Ltd")
    deleted, _ = await create_webhook_endpoint(
        worker_actor(other.customer_id), CreateWebhookEndpoint("http://127.0.0.1:9/"), vault=VAULT, egress=EGRESS
    )
    await delete_webhook_endpoint(worker_actor(other.customer_id), str(deleted.id))
    answers = [await ask(asked) for asked in (new_id(), deleted.id, other.customer_id, "nonsense", "%00", "a" * 5_000)]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {
        '{"error":"There is no webhook endpoint of this id that signs with a public key."}'
    }


async def test_says_that_the_database_is_away(ask, monkeypatch):
    async def away(_endpoint_id):
        raise OSError("for this test")

    monkeypatch.setattr("app.api.operations.webhook_keys.public_keys_of_endpoint", away)
    answer = await ask(new_id())
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
