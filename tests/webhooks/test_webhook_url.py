"""A webhook's URL is read strictly: what cannot be connected to, or means two things, is refused."""

from ipaddress import ip_address

import httpx
import pytest

from app.webhooks.webhook_url import MalformedUrl, WebhookUrl, parse_webhook_url

LONG_LABEL = "a" * 63
LONG_HOST = ".".join([LONG_LABEL] * 3 + ["b" * 61])

READ = {
    "https://example.com/webhooks": ("https", "example.com", 443, "/webhooks", "example.com"),
    "https://example.com:8443/a?b=c%20d": ("https", "example.com", 8443, "/a?b=c%20d", "example.com:8443"),
    "http://example.com:80": ("http", "example.com", 80, "/", "example.com"),
    "http://example.com:443/": ("http", "example.com", 443, "/", "example.com:443"),
    "https://example.com:/x": ("https", "example.com", 443, "/x", "example.com"),
    "https://example.com:0443/": ("https", "example.com", 443, "/", "example.com"),
    "https://example.com?a=b": ("https", "example.com", 443, "/?a=b", "example.com"),
    "https://example.com/hook?": ("https", "example.com", 443, "/hook?", "example.com"),
    "https://example.com/a@b:c": ("https", "example.com", 443, "/a@b:c", "example.com"),
    "HTTPS://EXAMPLE.COM./": ("https", "EXAMPLE.COM.", 443, "/", "EXAMPLE.COM."),
    "https://xn--bcher-kva.example/": ("https", "xn--bcher-kva.example", 443, "/", "xn--bcher-kva.example"),
    "https://xn--a/": ("https", "xn--a", 443, "/", "xn--a"),
    "https://a_b.example-1.com/": ("https", "a_b.example-1.com", 443, "/", "a_b.example-1.com"),
    "https://1.2.3.example/": ("https", "1.2.3.example", 443, "/", "1.2.3.example"),
    "https://0xyz/": ("https", "0xyz", 443, "/", "0xyz"),
    "http://localhost:1/": ("http", "localhost", 1, "/", "localhost:1"),
    "http://127.0.0.1:65535/": ("http", "127.0.0.1", 65535, "/", "127.0.0.1:65535"),
    "http://[::1]:9000/": ("http", "::1", 9000, "/", "[::1]:9000"),
    "http://[2001:db8::192.0.2.1]/": ("http", "2001:db8::192.0.2.1", 80, "/", "[2001:db8::192.0.2.1]"),
    f"https://{LONG_HOST}/": ("https", LONG_HOST, 443, "/", LONG_HOST),
}


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_reads_a_url(text, expected):
    url = parse_webhook_url(text)
    assert (url.scheme, url.host, url.port, url.target, url.host_header) == expected
    # What httpx makes of its origin goes to the same place.
    origin = httpx.URL(f"{url.scheme}://{url.host_header}/")
    assert (origin.raw_host.decode(), origin.port or url.port) == (url.host.lower(), url.port)


def test_tells_a_literal_address_from_a_name():
    assert parse_webhook_url("http://192.0.2.1/").address == ip_address("192.0.2.1")
    assert parse_webhook_url("http://[2001:db8::1]/").address == ip_address("2001:db8::1")
    assert parse_webhook_url("http://example.com/") == WebhookUrl("http", "example.com", 80, None, "/")


IPV4 = "four decimal numbers without leading zeros"
IPV6 = "In brackets stands an IPv6 address without a zone"
HOST = "like https://example\\.com/webhooks"
UNREADABLE = "The host of this URL cannot be read"
LETTERS = "letters, digits, hyphens and dots"
PORT = "A port is a number from 1 to 65535"
PLAIN = "plain ASCII without spaces or backslashes"
EMPTY = "no empty parts"

REFUSED = [
    ("", HOST), ("example.com", HOST), ("//example.com/", HOST), ("ftp://example.com/", HOST),
    ("file:///etc/passwd", HOST), ("mailto:x", HOST), ("https:/example.com", HOST), ("https:///x", HOST),
    ("https://", HOST), ("https://?a", HOST), ("https://:443/", HOST), ("httpss://example.com/", HOST),
    # Other ways to write 127.0.0.1, and what looks like it.
    ("http://0177.0.0.1:9000/", IPV4), ("http://127.1/", IPV4), ("http://127.0.1/", IPV4),
    ("http://2130706433/", IPV4), ("http://0x7f000001/", IPV4), ("http://0x7f.0.0.1/", IPV4),
    ("http://127.0.0.0x1/", IPV4), ("http://017700000001/", IPV4), ("http://0/", IPV4), ("http://0x/", IPV4),
    ("http://127.0.0.01/", IPV4), ("http://127.0.0.1./", IPV4), ("http://127.0.0.256/", IPV4),
    ("http://127.0.0.1.1/", IPV4), ("http://127.0.0.0.1/", IPV4), ("http://127..1/", IPV4), ("http://a.127/", IPV4),
    ("http://256.1.1.1/", IPV4), ("http://192.0.2.1.5/", IPV4), ("http://4294967296/", IPV4),
    # IPv6.
    ("http://[::1", UNREADABLE), ("http://::1/", UNREADABLE), ("http://::1]/", UNREADABLE),
    ("http://[[::1]]/", UNREADABLE), ("http://[::1]x/", UNREADABLE), ("http://[::1]:80:80/", UNREADABLE),
    ("http://[]/", IPV6), ("http://[::1%25lo]/", IPV6), ("http://[::1%lo]/", IPV6), ("http://[127.0.0.1]/", IPV6),
    ("http://[::g]/", IPV6), ("http://[v1.x]/", IPV6), ("http://[1:2:3]/", IPV6), ("http://[example.com]/", IPV6),
    # Names.
    ("http://a..example/", EMPTY), ("http://.example/", EMPTY), ("http://./", EMPTY), ("http://example../", EMPTY),
    (f"http://{LONG_LABEL}a.example/", "at most 63 characters; one here has 64"),
    (f"http://{LONG_HOST}b/", "at most 253 characters; this one has 254"),
    ("http://ex%61mple.com/", LETTERS), ("http://a,b/", LETTERS), ("http://a*b/", LETTERS), ("http://a!/", LETTERS),
    ("http://bücher.example/", PLAIN), ("http://127。0。0。1/", PLAIN), ("http://①/", PLAIN),
    # Ports.
    ("http://a:0/", PORT), ("http://a:65536/", PORT), ("http://a:99999/", PORT), ("http://a:" + "9" * 1_000, PORT),
    ("http://a:000080/", PORT),
    ("http://a:x/", UNREADABLE), ("http://a:-1/", UNREADABLE), ("http://a:+80/", UNREADABLE),
    ("http://a:80:80/", UNREADABLE), ("http://a: 80/", PLAIN), ("http://a:8 0/", PLAIN),
    ("http://a:\uff18\uff10/", PLAIN),
    # Other parts.
    ("https://user:pass@example.com/", "user name"), ("https://user@example.com/", "user name"),
    ("https://@example.com/", "user name"), ("https://example.com#@127.0.0.1/", "fragment"),
    ("https://example.com/#a", "fragment"), ("https://example.com/#", "fragment"),
    ("https://example.com\\@127.0.0.1/", PLAIN), ("https://exam ple.com/", PLAIN), ("https://example.com/\x00", PLAIN),
    ("https://example.com/\r\nx: y", PLAIN), ("https://example.com/\t", PLAIN), ("https://example.com/\x7f", PLAIN),
    ("https://example.com/\ud800", PLAIN), ("https://example.com/" + "a" * 2_048, "at most 2,048 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_refuses_what_cannot_be_connected_to_and_says_why(text, reason):
    with pytest.raises(MalformedUrl, match=reason):
        parse_webhook_url(text)
