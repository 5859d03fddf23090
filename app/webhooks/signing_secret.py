"""Signing keys: `whsec_<base64 of 32 bytes>`, shown once, and ed25519 keys, whose public half is `whpk_<base64>`."""

import base64
import functools
import secrets
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.webhooks.signature import ASYMMETRIC_VERSION, SYMMETRIC_VERSION, SigningKey
from app.webhooks.vault import Vault

PREFIX = "whsec_"
PUBLIC_PREFIX = "whpk_"
KEY_BYTES = 32
PURPOSES = {SYMMETRIC_VERSION: "", ASYMMETRIC_VERSION: ASYMMETRIC_VERSION}
"""By scheme, what a key is sealed for."""
PRIVATE_KEYS_KEPT_MAX = 4_096


class SealedKey(NamedTuple):
    """A stored signing key, and its scheme: `v1` or `v1a`."""

    scheme: str
    sealed: bytes


def new_signing_key() -> bytes:
    """32 random bytes: a symmetric secret, or the seed of an ed25519 key."""
    return secrets.token_bytes(KEY_BYTES)


def secret_text(key: bytes) -> str:
    """The secret as text, shown once."""
    return PREFIX + base64.b64encode(key).decode()


@functools.lru_cache(maxsize=PRIVATE_KEYS_KEPT_MAX)
def private_key(seed: bytes) -> Ed25519PrivateKey:
    """The ed25519 key of this seed."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key_text(seed: bytes) -> str:
    """The public key that verifies what this seed's key signs."""
    return PUBLIC_PREFIX + base64.b64encode(private_key(seed).public_key().public_bytes_raw()).decode()


def sealed_keys(schemes: Sequence[str] | None, sealed: Sequence[bytes] | None) -> tuple[SealedKey, ...]:
    """Stored keys, from two columns that were aggregated in the same order; none of nulls."""
    return tuple(SealedKey(*pair) for pair in zip(schemes or (), sealed or (), strict=True))


@functools.lru_cache(maxsize=PRIVATE_KEYS_KEPT_MAX)
def open_keys(
    vault: Vault, keys: tuple[SealedKey, ...], *, customer_id: UUID, endpoint_id: UUID
) -> tuple[SigningKey, ...]:
    """What to sign an endpoint's messages with, in the same order. Remembered, since each message needs them.

    :raises UnreadableSecret: one is sealed under another key, or for another endpoint.
    """
    return tuple(_opened(vault, key, customer_id, endpoint_id) for key in keys)


def _opened(vault: Vault, key: SealedKey, customer_id: UUID, endpoint_id: UUID) -> SigningKey:
    opened = vault.open(key.sealed, customer_id=customer_id, endpoint_id=endpoint_id, purpose=PURPOSES[key.scheme])
    return private_key(opened) if key.scheme == ASYMMETRIC_VERSION else opened
