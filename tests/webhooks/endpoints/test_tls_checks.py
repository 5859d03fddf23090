"""Certificates are refused when they are given, not when the first message fails."""

import datetime as dt

import pytest

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
        ClientTls(f"our own authority\n{CA.pem}\n", f"\n{PEM}", f"{KEY}\n\n"),
    ],
    ids=["none", "CA", "two CAs", "client", "CA and chain", "with text around"],
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


def test_says_for_when_a_certificate_is_valid():
    with pytest.raises(Invalid) as refused:
        check_tls(ClientTls(Authority(**PAST).pem))
    yesterday = (dt.datetime.now(dt.UTC) - DAY).date().isoformat()
    assert f"to {yesterday}T" in refused.value.message


def test_shows_no_key_in_a_log():
    assert KEY not in repr(ClientTls(CA.pem, PEM, KEY))
