import pytest

from app.kernel.origins import is_own_page, read_origin


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("https://app.example.com/", "https://app.example.com"),
        ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80/", "http://app.example.com"),
        ("http://app.example.com:443", "http://app.example.com:443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[2001:DB8::1]:3000", "http://[2001:db8::1]:3000"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("null", "null"),
        ("file://", "file://"),
        ("file:///", "file://"),
        ("electron://altair", "electron://altair"),
        ("app://.", "app://."),
        ("capacitor://localhost", "capacitor://localhost"),
        ("ionic://localhost", "ionic://localhost"),
        ("chrome-extension://aejoelaoggembcahagimdiliamlcdmfm", "chrome-extension://aejoelaoggembcahagimdiliamlcdmfm"),
        (
            "moz-extension://0b1f7c1e-4b0f-4f6e-9a52-7d0f6d3b9c55",
            "moz-extension://0b1f7c1e-4b0f-4f6e-9a52-7d0f6d3b9c55",
        ),
        ("safari-web-extension://0B1F7C1E-4B0F", "safari-web-extension://0B1F7C1E-4B0F"),
    ],
)
def test_reads_an_origin_as_browsers_send_it(written, sent):
    assert read_origin(written) == sent
    assert read_origin(sent) == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "NULL",
        "app.example.com",
        "https:app.example.com",
        "https://",
        "https://:443",
        "file://:1",
        "https://*.example.com",
        "https://app.example.com/path",
        "https://app.example.com//",
        "https://app.example.com?q",
        "https://app.example.com#x",
        "https://user@app.example.com",
        "https://app.example.com:port",
        "https://b\u00fccher.example",
        "https://app.example.com\n",
        "https://a b.example",
        "1a://x",
    ],
)
def test_refuses_what_no_browser_sends(text):
    with pytest.raises(ValueError, match=r"^An origin is `https://app\.example\.com`, "):
        read_origin(text)


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("https://localhost:8000", "localhost:8000", True),
        ("http://localhost:9000", "localhost:8000", False),
        ("http://localhost:8000", None, False),
        ("electron://localhost:8000", "localhost:8000", False),
        ("null", "null", False),
        ("null", "", False),
        ("file://", "", False),
        ("http://[::1", "[::1", True),
        ("http://[::1", "localhost", False),
    ],
)
def test_knows_a_page_of_this_server(origin, host, expected):
    assert is_own_page(origin, host) is expected
