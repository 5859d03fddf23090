"""Certificates are refused when they are given, not when the first message fails."""

import base64
import datetime as dt
import time
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.kernel.errors import Invalid
from app.webhooks.client_tls import PUBLIC_TLS, ClientTls
from app.webhooks.endpoints.tls_checks import check_tls
from tests.webhooks.certificates import DAY, Authority

CA = Authority()
PEM, KEY = CA.certify("client of Quaestor")
OTHER_PEM, OTHER_KEY = CA.certify("another client")
PAST, FUTURE = {"begins": -2 * DAY, "ends": -DAY}, {"begins": DAY, "ends": 2 * DAY}
CA_PATH, CERTIFICATE_PATH, KEY_PATH = (("tls", name) for name in ("ca_certificate", "client_certificate", "client_key"))


@pytest.mark.parametrize(
    "tls",
    [
        PUBLIC_TLS,
        ClientTls(CA.pem),
        ClientTls(CA.pem + Authority("another").pem),
        ClientTls(None, PEM, KEY),
        ClientTls(CA.pem, PEM + CA.pem, KEY),
        ClientTls(None, *CA.certify("client", key=rsa.generate_private_key(65537, 2048))),
        ClientTls(None, *CA.certify("client", key=ed25519.Ed25519PrivateKey.generate())),
        ClientTls(None, *CA.certify("client", key=ec.generate_private_key(ec.SECP521R1()))),
        ClientTls(f"our own authority\n{CA.pem}\n", f"\n{PEM}", f"{KEY}\n\n"),
    ],
    ids=["none", "CA", "two CAs", "client", "CA and chain", "RSA", "Ed25519", "P-521", "with text around"],
)
def test_takes_what_can_be_connected_with(tls):
    assert check_tls(tls) is tls


@pytest.mark.parametrize(
    ("tls", "path", "message"),
    [
        (ClientTls("nonsense"), CA_PATH, "No certificate can be read"),
        (ClientTls(""), CA_PATH, "No certificate can be read"),
        (ClientTls("é" * 10), CA_PATH, "No certificate can be read"),
        (ClientTls("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), CA_PATH, "No certificate can be"),
        (ClientTls(CA.pem + KEY), CA_PATH, "private key among the certificates"),
        (ClientTls(CA.pem * 21), CA_PATH, "At most 20 certificates"),
        (ClientTls("x" * 70_000), CA_PATH, "at most 65,536 characters"),
        (ClientTls(Authority(**PAST).pem), CA_PATH, "not now"),
        (ClientTls(Authority(**FUTURE).pem), CA_PATH, "not now"),
        (ClientTls(None, PEM), KEY_PATH, "goes with its private key"),
        (ClientTls(None, None, KEY), CERTIFICATE_PATH, "goes with its certificate"),
        (ClientTls(None, PEM, OTHER_KEY), KEY_PATH, "not the private key of the client certificate"),
        (ClientTls(None, CA.pem + PEM, KEY), KEY_PATH, "not the private key of the client certificate"),
        (ClientTls(None, "nonsense", KEY), CERTIFICATE_PATH, "No certificate can be read"),
        (ClientTls(None, PEM, "nonsense"), KEY_PATH, "No private key can be read"),
        (ClientTls(None, PEM, PEM), KEY_PATH, "No private key can be read"),
        (ClientTls(None, PEM, "x" * 70_000), KEY_PATH, "at most 65,536 characters"),
        (ClientTls(None, *CA.certify("client", password=b"hush")), KEY_PATH, "without a password"),
        (ClientTls(None, *CA.certify("client", **PAST)), CERTIFICATE_PATH, "not now"),
        (ClientTls(None, *CA.certify("client", **FUTURE)), CERTIFICATE_PATH, "not now"),
    ],
)
def test_refuses_what_cannot_be_connected_with(tls, path, message):
    with pytest.raises(Invalid, match=message) as refused:
        check_tls(tls)
    assert refused.value.path == path
    assert "PRIVATE KEY" not in refused.value.message


@pytest.mark.parametrize(
    "generate",
    [
        partial(ec.generate_private_key, ec.BrainpoolP512R1()),
        partial(dsa.generate_private_key, 2048),
        ed448.Ed448PrivateKey.generate,
    ],
    ids=["Brainpool", "DSA", "Ed448"],
)
def test_refuses_a_kind_of_key_that_is_slow_or_rare(generate):
    pem = generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(Invalid, match="RSA of at most 4,096 bits, EC on P-256") as refused:
        check_tls(ClientTls(None, PEM, pem))
    assert refused.value.path == KEY_PATH


def rsa_pem(size, **changed):
    """A key of two numbers that are hardly prime, in no time, with some parts changed."""
    p, q = 2 ** (size // 2) - 1, 2 ** (size // 2) - 3
    parts = {"n": p * q, "p": p, "q": q, "d": 3, "dmp1": 3, "dmq1": 3, "iqmp": pow(q, -1, p), **changed}
    numbers = b"".join(_der(number) for number in (
        0, parts["n"], 65537, *(parts[name] for name in ("d", "p", "q", "dmp1", "dmq1", "iqmp"))
    ))  # fmt: skip
    encoded = base64.b64encode(_der_of(0x30, numbers)).decode()
    return f"-----BEGIN RSA PRIVATE KEY-----\n{encoded}\n-----END RSA PRIVATE KEY-----\n"


def _der(number):
    return _der_of(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _der_of(tag, octets):
    length = len(octets).to_bytes((len(octets).bit_length() + 7) // 8)
    return bytes([tag, *([len(octets)] if len(octets) < 0x80 else [0x80 | len(length), *length])]) + octets


@pytest.mark.parametrize("size", [8_192, 16_384])
def test_refuses_a_large_rsa_key_without_a_long_test_of_it(size):
    began = time.process_time()
    with pytest.raises(Invalid, match=r"RSA of at most 4,096 bits|No private key can be read") as refused:
        check_tls(ClientTls(None, PEM, rsa_pem(size)))
    assert refused.value.path == KEY_PATH
    assert time.process_time() - began < 2  # To test the primes of 8,192 bits took 4.


def test_refuses_an_rsa_key_whose_numbers_do_not_fit():
    misfit = r"do not belong together|No private key can be read"
    with pytest.raises(Invalid, match=misfit):
        check_tls(ClientTls(None, PEM, rsa_pem(2_048)))
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.private_numbers()
    known = {name: getattr(numbers, name) for name in ("p", "q", "d", "dmp1", "dmq1", "iqmp")}
    certificate, _ = CA.certify("client", key=key)
    whole = {"n": numbers.public_numbers.n, **known}
    check_tls(ClientTls(None, certificate, rsa_pem(2_048, **whole)))
    for name in ("d", "dmp1", "dmq1", "iqmp"):
        with pytest.raises(Invalid, match=misfit):
            check_tls(ClientTls(None, certificate, rsa_pem(2_048, **{**whole, name: known[name] + 2})))


def test_says_for_when_a_certificate_is_valid():
    with pytest.raises(Invalid) as refused:
        check_tls(ClientTls(Authority(**PAST).pem))
    yesterday = (dt.datetime.now(dt.UTC) - DAY).date().isoformat()
    assert f"to {yesterday}T" in refused.value.message


def test_shows_no_key_in_a_log():
    assert KEY not in repr(ClientTls(CA.pem, PEM, KEY))
