"""An endpoint's own certificates: the authority that its receiver's are from, and the one that we show to it."""

import functools
import secrets
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.webhooks.vault import Vault

PURPOSE = "client key"
CONTEXTS_KEPT_MAX = 256


@dataclass(frozen=True, slots=True)
class ClientTls:
    """PEM of what an endpoint is connected to with. None: the public authorities, or no certificate of our own.

    `client_certificate` may be followed by those in between. The key's value is secret.
    """

    ca_certificate: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None

    def __repr__(self) -> str:
        """Without the key, so that no log shows it."""
        return f"ClientTls({'own CA' if self.ca_certificate else 'public CAs'}, {bool(self.client_certificate)})"


PUBLIC_TLS = ClientTls()
"""The public authorities, and no certificate of our own."""


@dataclass(frozen=True, slots=True)
class SealedTls:
    """The same as it is stored: the key encrypted."""

    ca_certificate: str | None
    client_certificate: str | None
    sealed_client_key: bytes | None

    def open(self, vault: Vault, *, customer_id: UUID, endpoint_id: UUID) -> ClientTls:
        """What to connect with.

        :raises UnreadableSecret: the key is sealed under another one, or for another endpoint.
        """
        key = None
        if self.sealed_client_key is not None:
            whose = {"customer_id": customer_id, "endpoint_id": endpoint_id}
            key = vault.open(self.sealed_client_key, **whose, purpose=PURPOSE).decode()
        return ClientTls(self.ca_certificate, self.client_certificate, key)


def sealed_tls(
    ca_certificate: str | None, client_certificate: str | None, sealed_client_key: bytes | None
) -> SealedTls | None:
    """None for an endpoint without certificates of its own."""
    if ca_certificate is None and client_certificate is None:
        return None
    return SealedTls(ca_certificate, client_certificate, sealed_client_key)


def seal_client_key(client_key: str, vault: Vault, *, customer_id: UUID, endpoint_id: UUID) -> bytes:
    """What to store of a key."""
    return vault.seal(client_key.encode(), customer_id=customer_id, endpoint_id=endpoint_id, purpose=PURPOSE)


@functools.lru_cache(maxsize=CONTEXTS_KEPT_MAX)
def tls_context(tls: ClientTls) -> ssl.SSLContext:
    """What a connection is secured with. With a CA of its own, an endpoint's certificate must be from that one.

    :raises ValueError, ssl.SSLError: a certificate or the key cannot be used.
    """
    if tls.ca_certificate is None:
        context = httpx.create_ssl_context(trust_env=False)
    else:
        context = ssl.create_default_context(cadata=tls.ca_certificate)
        # Newer versions of Python want extensions that the authorities of many companies do not write.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if tls.client_certificate is not None and tls.client_key is not None:
        _load(context, tls.client_certificate, tls.client_key)
    return context


def read_certificates(pem: str) -> Sequence[x509.Certificate]:
    """The certificates of a text, in its order.

    :raises ValueError: there is none, or one cannot be read.
    """
    return x509.load_pem_x509_certificates(pem.encode())


def read_private_key(pem: str) -> PrivateKeyTypes:
    """The key, which has no password. Whether the primes of an RSA key are primes is not tested: that takes seconds.

    :raises ValueError, TypeError, UnsupportedAlgorithm: it cannot be read, or it has one.
    """
    return load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)


def belongs_to(key: PrivateKeyTypes, certificate: x509.Certificate) -> bool:
    """Whether this is the certificate's private key."""
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form) == certificate.public_key().public_bytes(*form)


def fingerprint(pem: str) -> str:
    """The SHA-256 fingerprint of the first certificate, in hexadecimal."""
    return read_certificates(pem)[0].fingerprint(SHA256()).hex()


def _load(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """OpenSSL reads keys from files only. This one is encrypted, and there for a moment."""
    password = secrets.token_urlsafe(16).encode()
    encrypted = read_private_key(key).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
    )
    with tempfile.TemporaryDirectory(prefix="quaestor-") as folder:
        file = Path(folder) / "client.pem"
        file.write_bytes(encrypted + b"\n" + certificate.encode())
        context.load_cert_chain(file, password=password)
