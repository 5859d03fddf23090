"""Checks of an endpoint's own certificates, when they are given: what cannot be connected with is refused."""

import ssl
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, SECP521R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from app.kernel.checks import refuse
from app.kernel.clock import rfc3339, utc_now
from app.kernel.errors import Path
from app.webhooks.client_tls import ClientTls, belongs_to, read_certificates, read_private_key, tls_context
from app.webhooks.webhook_url import parse_webhook_url

PEM_CHARACTERS_MAX = 65_536
CERTIFICATES_MAX = 20
RSA_BITS_MAX = 4_096
TLS_PATH = ("tls",)
CA_PATH = ("tls", "ca_certificate")
CERTIFICATE_PATH = ("tls", "client_certificate")
KEY_PATH = ("tls", "client_key")


def check_tls(tls: ClientTls) -> ClientTls:
    """Certificates that can be connected with: they can be read, are valid now, and the key is the certificate's.

    :raises Invalid: saying what is wrong; the key is never shown.
    """
    if tls.ca_certificate is not None:
        _check_valid(_certificates(tls.ca_certificate, CA_PATH), CA_PATH)
    if tls.client_certificate is None and tls.client_key is None:
        return _tried(tls, CA_PATH)
    if tls.client_certificate is None:
        refuse("A client key goes with its certificate: give both.", CERTIFICATE_PATH)
    if tls.client_key is None:
        refuse("A client certificate goes with its private key: give both.", KEY_PATH)
    certificates = _certificates(tls.client_certificate, CERTIFICATE_PATH)
    _check_valid(certificates[:1], CERTIFICATE_PATH)
    if not belongs_to(_key(tls.client_key), certificates[0]):
        refuse("This is not the private key of the client certificate, which comes first in its text.", KEY_PATH)
    return _tried(tls, CERTIFICATE_PATH)


def check_tls_of(url: str, *certificates: str | None, path: Path) -> None:
    """Refuse certificates of an endpoint whose URL is plain http: they would never be used.

    :raises Invalid: saying what to change.
    """
    if any(certificates) and parse_webhook_url(url).scheme == "http":
        refuse(
            "Certificates go with an https URL, and this one is plain http: write https, or leave `tls` out. An update "
            "takes them away with clear: [CA_CERTIFICATE, CLIENT_CERTIFICATE].",
            path,
        )


def _certificates(pem: str, path: Path) -> Sequence[x509.Certificate]:
    if len(pem) > PEM_CHARACTERS_MAX:
        refuse(f"Certificates have at most {PEM_CHARACTERS_MAX:,} characters; these have {len(pem):,}.", path)
    if "PRIVATE KEY" in pem:
        refuse("There is a private key among the certificates: leave it out.", path)
    try:
        certificates = read_certificates(pem)
    except (ValueError, UnsupportedAlgorithm):
        refuse("No certificate can be read from this text: it is PEM, and begins -----BEGIN CERTIFICATE-----.", path)
    if len(certificates) > CERTIFICATES_MAX:
        refuse(f"At most {CERTIFICATES_MAX} certificates; these are {len(certificates)}.", path)
    return certificates


def _check_valid(certificates: Sequence[x509.Certificate], path: Path) -> None:
    """That these certificates are valid now."""
    now = utc_now()
    for certificate in certificates:
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if not begins <= now <= ends:
            refuse(f"A certificate here is valid from {_day(begins)} to {_day(ends)} only, not now.", path)


def _key(pem: str) -> PrivateKeyTypes:
    if len(pem) > PEM_CHARACTERS_MAX:
        refuse(f"A private key has at most {PEM_CHARACTERS_MAX:,} characters.", KEY_PATH)
    try:
        key = read_private_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        refuse("No private key can be read from this text: it is PEM, without a password.", KEY_PATH)
    if not _is_quick(key):
        refuse(
            f"A private key is RSA of at most {RSA_BITS_MAX:,} bits, EC on P-256, P-384 or P-521, or Ed25519: others "
            "take too long at each connection.",
            KEY_PATH,
        )
    if isinstance(key, RSAPrivateKey) and not _is_consistent(key):
        refuse("The numbers of this RSA key do not belong together: it was damaged.", KEY_PATH)
    return key


def _is_quick(key: PrivateKeyTypes) -> bool:
    """Whether a handshake with it takes a worker no more than some milliseconds."""
    if isinstance(key, RSAPrivateKey):
        return key.key_size <= RSA_BITS_MAX
    if isinstance(key, EllipticCurvePrivateKey):
        return isinstance(key.curve, SECP256R1 | SECP384R1 | SECP521R1)
    return isinstance(key, Ed25519PrivateKey)


def _is_consistent(key: RSAPrivateKey) -> bool:
    """Whether its numbers fit, without the long test of its primes."""
    numbers = key.private_numbers()
    p, q, d, e = numbers.p, numbers.q, numbers.d, numbers.public_numbers.e
    return (
        p * q == numbers.public_numbers.n
        and (d * e) % (p - 1) == 1
        and (d * e) % (q - 1) == 1
        and numbers.dmp1 == d % (p - 1)
        and numbers.dmq1 == d % (q - 1)
        and (numbers.iqmp * q) % p == 1
    )


def _tried(tls: ClientTls, path: Path) -> ClientTls:
    """The same, after OpenSSL has taken it."""
    try:
        tls_context(tls)
    except (ValueError, ssl.SSLError) as error:
        reason = getattr(error, "reason", None) or "it gives no reason"
        refuse(f"OpenSSL does not take these certificates: {reason}.", path)
    return tls


def _day(instant: datetime) -> str:
    return rfc3339(instant)
