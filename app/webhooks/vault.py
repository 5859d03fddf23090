"""What is secret about an endpoint is encrypted wherever it is stored."""

import functools
import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.settings import Settings

CIPHER_KEY_BYTES = 32
NONCE_BYTES = 12
DERIVED_FOR = b"quaestor webhook signing secrets"


class UnreadableSecret(Exception):
    """A stored secret cannot be decrypted: `QUAESTOR_SECRET_KEY` is not the one it was stored with."""


class Vault:
    """Encrypts and decrypts with AES-256-GCM, under a key derived from `QUAESTOR_SECRET_KEY`. What was encrypted under
    `old_secret_key` (`QUAESTOR_SECRET_KEY_OLD`) is decrypted, too.

    A ciphertext decrypts only for the customer, the endpoint and the purpose it was made for, so neither rows nor
    columns can be swapped.
    """

    def __init__(self, secret_key: str, old_secret_key: str | None = None) -> None:
        self._cipher = AESGCM(_derived_key(secret_key))
        self._old_cipher = None if old_secret_key is None else AESGCM(_derived_key(old_secret_key))

    @classmethod
    def of(cls, settings: Settings) -> "Vault":
        """The vault of these settings, which have a secret key."""
        assert settings.secret_key is not None, "the start refuses to go on without it"
        return cls(settings.secret_key, settings.secret_key_old)

    def seal(self, secret: bytes, *, customer_id: UUID, endpoint_id: UUID, purpose: str = "") -> bytes:
        """The ciphertext to store: nonce first."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, _bound_to(customer_id, endpoint_id, purpose))

    def open(self, sealed: bytes, *, customer_id: UUID, endpoint_id: UUID, purpose: str = "") -> bytes:
        """The secret.

        :raises UnreadableSecret: it was encrypted under another key, for another endpoint, or for another purpose.
        """
        bound_to = _bound_to(customer_id, endpoint_id, purpose)
        opened = _decrypted(self._cipher, sealed, bound_to)
        if opened is None and self._old_cipher is not None:
            opened = _decrypted(self._old_cipher, sealed, bound_to)
        if opened is None:
            message = "A webhook secret does not open: QUAESTOR_SECRET_KEY is not the one it was stored with."
            raise UnreadableSecret(message)
        return opened

    def is_current(self, sealed: bytes, *, customer_id: UUID, endpoint_id: UUID, purpose: str = "") -> bool:
        """Whether it was encrypted under the present key, not under the old one."""
        return _decrypted(self._cipher, sealed, _bound_to(customer_id, endpoint_id, purpose)) is not None


def _decrypted(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes | None:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):  # The latter for what is too short to be one of ours.
        return None


def _bound_to(customer_id: UUID, endpoint_id: UUID, purpose: str) -> bytes:
    return customer_id.bytes + endpoint_id.bytes + purpose.encode()


@functools.lru_cache(maxsize=4)
def _derived_key(secret_key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=CIPHER_KEY_BYTES, salt=None, info=DERIVED_FOR).derive(secret_key.encode())
