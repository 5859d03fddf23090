"""Signing secrets: `whsec_<base64 of 32 bytes>`, shown once, and encrypted wherever they are stored."""

import base64
import functools
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX = "whsec_"
KEY_BYTES = 32
NONCE_BYTES = 12
PURPOSE = b"quaestor webhook signing secrets"


class UnreadableSecret(Exception):
    """A stored secret cannot be decrypted: `QUAESTOR_SECRET_KEY` is not the one it was stored with."""


def new_signing_key() -> bytes:
    """32 random bytes to sign with."""
    return secrets.token_bytes(KEY_BYTES)


def secret_text(key: bytes) -> str:
    """The secret as text, shown once."""
    return PREFIX + base64.b64encode(key).decode()


class Vault:
    """Encrypts and decrypts signing keys with AES-256-GCM, under a key derived from `QUAESTOR_SECRET_KEY`.

    A ciphertext decrypts only for the customer and endpoint it was made for, so rows cannot be swapped.
    """

    def __init__(self, secret_key: str) -> None:
        self._cipher = AESGCM(_derived_key(secret_key))

    def seal(self, key: bytes, *, customer_id: UUID, endpoint_id: UUID) -> bytes:
        """The ciphertext to store: nonce first."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, customer_id.bytes + endpoint_id.bytes)

    def open(self, sealed: bytes, *, customer_id: UUID, endpoint_id: UUID) -> bytes:
        """The signing key.

        :raises UnreadableSecret: it was encrypted under another key, or for another endpoint.
        """
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, ciphertext, customer_id.bytes + endpoint_id.bytes)
        except InvalidTag:
            message = "A webhook secret does not open: QUAESTOR_SECRET_KEY is not the one it was stored with."
            raise UnreadableSecret(message) from None


@functools.lru_cache(maxsize=4)
def _derived_key(secret_key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=PURPOSE).derive(secret_key.encode())
