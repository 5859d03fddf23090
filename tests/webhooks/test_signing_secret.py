"""Signing secrets are shown once; of an ed25519 key anybody may have the public half."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.db.identifiers import new_id
from app.webhooks.signing_secret import (
    PURPOSES,
    SealedKey,
    new_signing_key,
    open_keys,
    private_key,
    public_key_text,
    sealed_keys,
    secret_text,
)
from app.webhooks.vault import Vault

WHOSE = {"customer_id": new_id(), "endpoint_id": new_id()}


def test_shows_32_bytes_in_base64_after_its_prefix():
    key = new_signing_key()
    assert secret_text(key) == "whsec_" + base64.b64encode(key).decode()
    assert len(key) == 32


def test_shows_the_public_key_of_a_seed():
    seed = new_signing_key()
    prefix, octets = public_key_text(seed)[:5], base64.b64decode(public_key_text(seed)[5:])
    assert (prefix, len(octets)) == ("whpk_", 32)
    Ed25519PublicKey.from_public_bytes(octets).verify(private_key(seed).sign(b"text"), b"text")


def test_opens_the_keys_of_both_schemes_in_their_order():
    vault, keys = Vault("a key of this test, of 32 or more"), {"v1": new_signing_key(), "v1a": new_signing_key()}
    stored = [SealedKey(scheme, vault.seal(key, purpose=PURPOSES[scheme], **WHOSE)) for scheme, key in keys.items()]
    symmetric, asymmetric = open_keys(vault, tuple(stored), **WHOSE)
    assert symmetric == keys["v1"]
    assert asymmetric.private_bytes_raw() == keys["v1a"]


def test_reads_aggregated_columns():
    assert sealed_keys(["v1", "v1a"], [b"a", b"b"]) == (SealedKey("v1", b"a"), SealedKey("v1a", b"b"))
    assert sealed_keys(None, None) == ()
