"""An endpoint's own headers: which there may be, and that they are stored encrypted."""

import pytest

from app.db.identifiers import new_id
from app.kernel.errors import Invalid
from app.webhooks.own_headers import (
    HEADERS_BYTES_MAX,
    HEADERS_MAX,
    OwnHeader,
    check_headers,
    open_headers,
    seal_headers,
)
from app.webhooks.vault import UnreadableSecret, Vault

VAULT = Vault("a key of the settings for the tests")
WHOSE = {"customer_id": new_id(), "endpoint_id": new_id()}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Bearer abc.def"), ("X-Api-Key", "a7e1c3"), ("cookie", "a=b; c=d"), ("x", "!"),
        ("X-Tabbed", "a\tb"), ("X_Under.score~1", '{"json": [1, 2]}'), ("Forwarded-By", "us"), ("Webhook", "no prefix"),
    ],
)  # fmt: skip
def test_takes_a_header(name, value):
    assert check_headers([OwnHeader(name, value)]) == (OwnHeader(name, value),)


REFUSED_NAMES = [
    *("Connection", "keep-alive", "Proxy-Authenticate", "Proxy-Authorization", "proxy-connection", "TE", "Trailer"),
    *("trailers", "Transfer-Encoding", "UPGRADE", "Host", "host", "Expect", "Accept-Encoding", "User-Agent", "Date"),
    *("Content-Type", "content-length", "Content-Encoding", "content-anything", "webhook-id", "Webhook-Signature"),
    *("webhook-timestamp", "webhook-x", "svix-id", "Svix-Signature", "Signature", "signature-input"),
    *("x-quaestor-attempt", "X-Quaestor-Anything"),
    *("Webhook_Signature", "webhook_id", "Content_Length", "Transfer_Encoding", "HTTP2-Settings"),
]


@pytest.mark.parametrize("name", REFUSED_NAMES)
def test_refuses_a_name_that_is_not_theirs_to_set(name):
    with pytest.raises(Invalid, match=f"^{name} belongs to the connection") as refused:
        check_headers([OwnHeader("X-Fine", "a"), OwnHeader(name, "secret")])
    assert refused.value.path == ("headers", "1", "name")


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a:", "a\r\nb", "a\nb", "a\x00", "é", "\u212aey", "(a)", "a,b", "x" * 101, "content-type "]
)
def test_refuses_what_is_no_name(name):
    with pytest.raises(Invalid, match="The name of a header has 1 to 100 letters") as refused:
        check_headers([OwnHeader(name, "secret")])
    assert refused.value.path == ("headers", "0", "name")


@pytest.mark.parametrize(
    "value", ["", " ", " a", "a ", "a\r\nX-Other: b", "a\nb", "a\rb", "a\x00b", "a\x7f", "é", "\ud800", "a\x0b", "\ta"]
)
def test_refuses_what_is_no_value_and_does_not_show_it(value):
    with pytest.raises(Invalid, match="The value of a header is plain ASCII on one line") as refused:
        check_headers([OwnHeader("X-Api-Key", f"secret{value}" if value.strip() == value and value else value)])
    assert refused.value.path == ("headers", "0", "value")
    assert "secret" not in refused.value.message


def test_refuses_a_name_twice_however_it_is_written():
    with pytest.raises(Invalid, match="another header of this name") as refused:
        check_headers([OwnHeader("X-Api-Key", "a"), OwnHeader("x-api-KEY", "b")])
    assert refused.value.path == ("headers", "1", "name")


def test_takes_so_many_and_no_more():
    headers = [OwnHeader(f"X-{number}", "a") for number in range(HEADERS_MAX)]
    assert len(check_headers(headers)) == HEADERS_MAX
    with pytest.raises(Invalid, match="at most 20 headers; these are 21"):
        check_headers([*headers, OwnHeader("X-More", "a")])


def test_takes_so_many_bytes_and_no_more():
    check_headers([OwnHeader("X", "a" * (HEADERS_BYTES_MAX - 1))])
    with pytest.raises(Invalid, match="at most 8,192 bytes; these take 8,193"):
        check_headers([OwnHeader("X", "a" * HEADERS_BYTES_MAX)])


def test_are_stored_encrypted_for_their_endpoint():
    headers = (OwnHeader("X-Api-Key", "a secret"), OwnHeader("Cookie", "b"))
    sealed = seal_headers(headers, VAULT, **WHOSE)
    assert b"secret" not in sealed
    assert b"Api" not in sealed
    assert open_headers(sealed, VAULT, **WHOSE) == headers
    with pytest.raises(UnreadableSecret):
        open_headers(sealed, VAULT, customer_id=WHOSE["customer_id"], endpoint_id=new_id())
    with pytest.raises(UnreadableSecret):
        VAULT.open(sealed, **WHOSE)  # It cannot pass for a signing secret.


def test_shows_no_value_in_a_log():
    assert repr(OwnHeader("X-Api-Key", "hush")) == "OwnHeader(name='X-Api-Key')"


def test_none_are_stored_as_nothing():
    assert seal_headers([], VAULT, **WHOSE) is None
    assert open_headers(None, VAULT, **WHOSE) == ()
