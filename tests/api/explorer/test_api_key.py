import os

import pytest
from starlette.requests import Request

from app.api.explorer.api_key import may_see_the_key, read_the_key, was_asked_by_this_page
from app.settings import Settings

ON_LOOPBACK = Settings(host="127.0.0.1")


def request(*headers: tuple[str, str], peer: str | None = "127.0.0.1") -> Request:
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/explorer/settings.json",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "client": (peer, 50_000) if peer else None,
    }
    return Request(scope)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LocalHost:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535"]
)
def test_shows_the_key_under_a_name_of_loopback(host):
    assert may_see_the_key(ON_LOOPBACK, request(("Host", host)))


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "localhost.",
        "localhost:",
        "127.0.0.1.evil.example",
        "127.0.0.1:8000@evil.example",
        "127.0.0.2",
        "127.1",
        "0.0.0.0",
        "::1",
        "[::1",
        "[::1]:x",
        "[::1%25lo]",
        "localhost:٨",
        "localhost\nevil.example",
    ],
)
def test_hides_the_key_under_any_other_name(host):
    assert not may_see_the_key(ON_LOOPBACK, request(("Host", host)))


def test_hides_the_key_without_a_host():
    assert not may_see_the_key(ON_LOOPBACK, request())


def test_hides_the_key_from_a_request_with_two_hosts():
    assert not may_see_the_key(ON_LOOPBACK, request(("Host", "localhost"), ("Host", "evil.example")))


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.9", "::1"])
def test_shows_the_key_to_a_peer_on_loopback(peer):
    assert may_see_the_key(ON_LOOPBACK, request(("Host", "localhost"), peer=peer))


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "testclient", None])
def test_hides_the_key_from_any_other_peer(peer):
    assert not may_see_the_key(ON_LOOPBACK, request(("Host", "localhost"), peer=peer))


@pytest.mark.parametrize("bound", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_shows_the_key_on_a_server_bound_to_loopback(bound):
    assert may_see_the_key(Settings(host=bound), request(("Host", "localhost")))


@pytest.mark.parametrize("bound", ["0.0.0.0", "::", "192.0.2.1", "quaestor.example"])
def test_hides_the_key_on_a_server_bound_elsewhere(bound):
    assert not may_see_the_key(Settings(host=bound), request(("Host", "localhost")))


@pytest.mark.parametrize(
    "header", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"]
)
def test_hides_the_key_behind_a_proxy(header):
    assert not may_see_the_key(ON_LOOPBACK, request(("Host", "localhost"), (header, "127.0.0.1")))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Sec-Fetch-Site", "same-origin")],
        [("Origin", "http://localhost:8000")],
        [("Origin", "http://localhost:8000"), ("Sec-Fetch-Site", "same-origin")],
    ],
)
def test_takes_a_request_for_the_pages_own(headers):
    assert was_asked_by_this_page(request(("Host", "localhost:8000"), *headers))


@pytest.mark.parametrize(
    "headers",
    [
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
        [("Sec-Fetch-Site", "none")],
        [("Origin", "null")],
        [("Origin", "http://localhost:9000")],
        [("Origin", "https://localhost:8000")],
        [("Origin", "http://evil.example"), ("Sec-Fetch-Site", "same-origin")],
    ],
)
def test_takes_a_request_for_another_sites(headers):
    assert not was_asked_by_this_page(request(("Host", "localhost:8000"), *headers))


def test_reads_the_key_without_its_end_of_line(tmp_path):
    (tmp_path / "api-key").write_text("the-key\n")

    assert read_the_key(tmp_path) == "the-key"


def test_finds_no_key_in_a_folder_without_one(tmp_path):
    assert read_the_key(tmp_path) is None


def test_finds_no_key_in_an_empty_file(tmp_path):
    (tmp_path / "api-key").write_text("\n")

    assert read_the_key(tmp_path) is None


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="every file can be read by this user")
def test_finds_no_key_in_a_file_of_somebody_elses(tmp_path):
    (tmp_path / "api-key").write_text("the-key")
    (tmp_path / "api-key").chmod(0)

    assert read_the_key(tmp_path) is None
