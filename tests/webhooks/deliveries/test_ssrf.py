"""No form of a URL leads a webhook to a private address: each is refused before anything is connected to, when the
endpoint is made and at every attempt, directly and through a proxy. What is allowed works under its own name.
"""

import contextlib
import dataclasses
import socket
import sys
from types import SimpleNamespace

import pytest
from aiohttp import web

from app.settings import load_settings
from app.webhook_settings import Proxy
from app.webhooks.client_tls import ClientTls, tls_context
from app.webhooks.egress import Blocked, EgressRules, check_destination
from tests.webhooks.certificates import Authority, certificate
from tests.webhooks.deliveries.test_send_request import RULES, said_of, sending
from tests.webhooks.forward_proxy import ForwardProxy

PUBLIC_ONLY = EgressRules(allows_http=True, allowed_networks=(), allowed_ports=((80, 80), (443, 443), (8000, 9000)))

LITERAL = {
    "IPv4 loopback": "http://127.0.0.1/",
    "IPv4 loopback, elsewhere in its network": "http://127.255.255.254/",
    "IPv4 this host": "http://0.0.0.0/",
    "IPv4 private 10": "http://10.0.0.1/",
    "IPv4 private 172.16": "http://172.16.0.1/",
    "IPv4 private 172.31": "http://172.31.255.255/",
    "IPv4 private 192.168": "http://192.168.1.1/",
    "IPv4 carrier-grade NAT": "http://100.64.0.1/",
    "IPv4 link-local": "http://169.254.1.1/",
    "IPv4 multicast": "http://224.0.0.1/",
    "IPv4 broadcast": "http://255.255.255.255/",
    "IPv4 reserved": "http://240.0.0.1/",
    "IPv4 documentation": "http://203.0.113.5/",
    "IPv4 benchmarking": "http://198.18.0.1/",
    "IPv4 protocol assignments": "http://192.0.0.8/",
    "IPv4 6to4 relay": "http://192.88.99.1/",
    "metadata of AWS, Azure, GCP": "http://169.254.169.254/latest/meta-data/",
    "metadata of AWS's tasks": "http://169.254.170.2/v2/credentials",
    "metadata of Alibaba": "http://100.100.100.200/latest/meta-data/",
    "metadata of Oracle": "http://192.0.0.192/opc/v2/",
    "metadata of AWS over IPv6": "http://[fd00:ec2::254]/latest/meta-data/",
    "decimal": "http://2130706433/",
    "decimal of metadata": "http://2852039166/",
    "decimal above 32 bits": "http://6425673729/",
    "octal": "http://0177.0.0.1/",
    "octal in one number": "http://017700000001/",
    "octal with many zeros": "http://0000000177.0.0.1/",
    "hexadecimal": "http://0x7f.0.0.1/",
    "hexadecimal in one number": "http://0x7f000001/",
    "hexadecimal in capitals": "http://0X7F000001/",
    "mixed bases": "http://0x7f.0.0.01/",
    "short, two parts": "http://127.1/",
    "short, three parts": "http://127.0.1/",
    "short, zero": "http://0/",
    "five parts": "http://127.0.0.1.1/",
    "trailing dot after an address": "http://127.0.0.1./",
    "trailing dot after a decimal": "http://2130706433./",
    "IPv6 loopback": "http://[::1]/",
    "IPv6 loopback, in full": "http://[0:0:0:0:0:0:0:1]/",
    "IPv6 unspecified": "http://[::]/",
    "IPv6 unique local": "http://[fd12:3456::1]/",
    "IPv6 link-local": "http://[fe80::1]/",
    "IPv6 site-local": "http://[fec0::1]/",
    "IPv6 multicast": "http://[ff02::1]/",
    "IPv6 documentation": "http://[2001:db8::1]/",
    "IPv6 discard": "http://[100::1]/",
    "IPv6 segment routing": "http://[5f00::1]/",
    "zone id": "http://[fe80::1%25eth0]/",
    "zone id, not encoded": "http://[fe80::1%eth0]/",
    "zone id on loopback": "http://[::1%25lo]/",
    "mapped": "http://[::ffff:127.0.0.1]/",
    "mapped, in hexadecimal": "http://[::ffff:7f00:1]/",
    "mapped metadata": "http://[::ffff:169.254.169.254]/",
    "compatible": "http://[::127.0.0.1]/",
    "translated (SIIT)": "http://[::ffff:0:127.0.0.1]/",
    "NAT64": "http://[64:ff9b::127.0.0.1]/",
    "NAT64 of metadata": "http://[64:ff9b::a9fe:a9fe]/",
    "NAT64, local prefix": "http://[64:ff9b:1::7f00:1]/",
    "6to4": "http://[2002:7f00:1::]/",
    "6to4 of metadata": "http://[2002:a9fe:a9fe::1]/",
    "Teredo": "http://[2001:0:7f00:1::80ff:fffe]/",
    "ORCHID": "http://[2001:20::1]/",
    "user-info that looks like the host": "http://example.com@127.0.0.1/",
    "user-info with a password": "https://example.com:443@169.254.169.254/",
    "empty user-info": "http://@127.0.0.1/",
    "backslash before the host": "http://example.com\\@127.0.0.1/",
    "fragment before the host": "http://example.com#@127.0.0.1/",
    "look-alike digits": "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
    "look-alike dots": "http://127\u30020\u30020\u30021/",
    "look-alike full width": "http://\uff11\uff12\uff17.0.0.1/",
    "look-alike letters": "http://loc\u0430lhost/",
    "soft hyphen": "http://local\u00adhost/",
    "encoded host": "http://%31%32%37.0.0.1/",
    "encoded dot": "http://127%2e0.0.1/",
    "line break": "http://example.com/\r\nHost: 127.0.0.1",
    "tab in the host": "http://127.0\t.0.1/",
    "NUL in the host": "http://127.0.0.1\x00.example.com/",
    "port of SSH": "http://8.8.8.8:22/",
    "port of SMTP": "http://8.8.8.8:25/",
    "port of Redis": "http://8.8.8.8:6379/",
    "port 0": "http://8.8.8.8:0/",
    "port beyond": "http://8.8.8.8:65616/",
    "port that is no number": "http://8.8.8.8:8000@127.0.0.1:80/",
    "scheme gopher": "gopher://127.0.0.1:6379/_FLUSHALL",
    "scheme file": "file:///etc/passwd",
    "scheme dict": "dict://127.0.0.1:11211/stats",
    "scheme of a socket": "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "no scheme": "//127.0.0.1/",
    "three slashes": "http:///127.0.0.1/",
    "no host": "http://:80/",
    "two hosts": "http://127.0.0.1,8.8.8.8/",
}
"""URLs that are refused as they stand: no name server is asked for any of them."""

RESOLVED = {
    "localhost": ("http://localhost/", ["127.0.0.1"]),
    "localhost over IPv6": ("http://localhost/", ["::1"]),
    "localhost with a trailing dot": ("http://localhost./", ["127.0.0.1"]),
    "a name that is private": ("https://intranet.example.com/", ["10.0.0.1"]),
    "a name that carries the address": ("http://127.0.0.1.nip.io/", ["127.0.0.1"]),
    "a name of metadata": ("http://metadata.google.internal/", ["169.254.169.254"]),
    "a name of metadata, in capitals": ("http://METADATA.google.INTERNAL/", ["169.254.169.254"]),
    "mixed records, private last": ("https://example.com/", ["8.8.8.8", "10.0.0.1"]),
    "mixed records, private first": ("https://example.com/", ["192.168.0.1", "8.8.8.8"]),
    "mixed records of both families": ("https://example.com/", ["8.8.8.8", "::1"]),
    "mixed records, one of many": ("https://example.com/", [*["8.8.8.8"] * 9, "169.254.169.254", "1.1.1.1"]),
    "a name that is mapped": ("https://example.com/", ["::ffff:127.0.0.1"]),
    "a name that is NAT64": ("https://example.com/", ["64:ff9b::7f00:1"]),
    "a name that is 6to4": ("https://example.com/", ["2002:7f00:1::"]),
    "a name that is Teredo": ("https://example.com/", ["2001:0:7f00:1::80ff:fffe"]),
    "a name with a zone id": ("https://example.com/", ["fe80::1%eth0"]),
    "a name that is this host": ("https://example.com/", ["0.0.0.0"]),
    "a name on another port": ("http://example.com:6379/", ["8.8.8.8"]),
    "punycode that is private": ("http://xn--lclhost-nig0k.example.com/", ["127.0.0.1"]),
    "a name with a trailing dot": ("https://example.com./", ["10.0.0.1"]),
}
"""Names that are refused for the addresses they have."""


class Watch:
    """What this process connects to while `is_on`. An audit hook cannot be taken off again, so there is one."""

    def __init__(self):
        self.is_on = False
        self.connects = []
        self.looked_up = []

    def hook(self, event, arguments):
        if self.is_on and event == "socket.connect":
            self.connects.append(arguments[1])
        if self.is_on and event == "socket.getaddrinfo":
            self.looked_up.append(arguments[0])


WATCH = Watch()
sys.addaudithook(WATCH.hook)


@pytest.fixture
def watch():
    """The connects and the look-ups of the system's own while a test runs."""
    WATCH.connects, WATCH.looked_up, WATCH.is_on = [], [], True
    yield WATCH
    WATCH.is_on = False


@pytest.fixture
def names(monkeypatch):
    """A name server that answers what it is told, one list after another, the last for ever; and its questions."""

    found = SimpleNamespace(answers=[["8.8.8.8"]], asked=[])

    async def look_up(host, port):
        found.asked.append(host)
        addresses = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr("app.webhooks.egress._ask_name_server", look_up)
    return found


@contextlib.asynccontextmanager
async def sending_by(way, rules, **how):
    """A sender, direct or through a proxy; and what the proxy is asked for."""
    async with ForwardProxy().listening() as proxy:
        if way == "through a proxy":
            rules = dataclasses.replace(rules, proxy=Proxy("127.0.0.1", proxy.port))
        async with sending(rules, **how) as sender:
            yield sender, proxy.asked


def test_has_so_many_forms():
    assert len(LITERAL) + len(RESOLVED) >= 100


WAYS = pytest.mark.parametrize("way", ["directly", "through a proxy"])


@WAYS
@pytest.mark.parametrize("url", LITERAL.values(), ids=LITERAL)
async def test_refuses_it_as_it_stands(url, way, names, watch):
    with pytest.raises(Blocked):
        await check_destination(url, PUBLIC_ONLY)
    async with sending_by(way, PUBLIC_ONLY) as (sender, asked):
        assert (await said_of(sender, url)).split(":")[0] == "blocked"
    assert (names.asked, asked, watch.connects, watch.looked_up) == ([], [], [], [])


@WAYS
@pytest.mark.parametrize(("url", "addresses"), RESOLVED.values(), ids=RESOLVED)
async def test_refuses_a_name_for_its_addresses(url, addresses, way, names, watch):
    names.answers = [addresses]
    with pytest.raises(Blocked):
        await check_destination(url, PUBLIC_ONLY)
    async with sending_by(way, PUBLIC_ONLY) as (sender, asked):
        assert (await said_of(sender, url)).split(":")[0] == "blocked"
    assert (asked, watch.connects, watch.looked_up) == ([], [], [])
    assert len(names.asked) == 2


@WAYS
@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1"])
async def test_refuses_a_name_that_became_private_since_the_endpoint_was_made(private, way, names, watch):
    names.answers = [["8.8.8.8"], [private]]
    await check_destination("https://rebind.example.com/", PUBLIC_ONLY)
    async with sending_by(way, PUBLIC_ONLY) as (sender, asked):
        answer = await sender.send("e", "https://rebind.example.com/", {}, b"{}")
    assert answer.error.startswith("blocked: Webhooks cannot go to rebind.example.com on port 443.")
    assert (asked, watch.connects) == ([], [])


@WAYS
async def test_connects_to_the_address_that_was_checked_whatever_the_name_is_by_then(receiver, way, names, watch):
    """Each connection asks once, so there is no moment between a check and another answer."""
    port = int(receiver.url.split(":")[2].split("/")[0])
    names.answers = [["127.0.0.1"], ["127.0.0.66"]]
    async with sending_by(way, RULES) as (sender, asked):
        answer = await sender.send("e", f"http://rebind.example.com:{port}/", {}, b"{}")
    assert answer.is_success
    assert names.asked == ["rebind.example.com"]
    if way == "directly":
        assert watch.connects == [("127.0.0.1", port)]
    else:
        assert asked == [("CONNECT", f"127.0.0.1:{port}")]


@WAYS
@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/", "http://127.0.0.1:{port}/other", "//10.0.0.1/"])
async def test_follows_no_redirect(receiver, way, names, watch, location):
    port = int(receiver.url.split(":")[2].split("/")[0])

    async def redirect(request):
        return web.Response(status=307, headers={"location": location.format(port=port)})

    receiver.answer = redirect
    async with sending_by(way, RULES) as (sender, _):
        answer = await sender.send("e", receiver.url, {}, b"{}")
    assert answer.error == "status: the receiver answered 307"
    assert [received.path for received in receiver.received] == ["/hooks"]


ALLOWED = {
    "an address": ("127.0.0.1", "127.0.0.1"),
    "a mapped address": ("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]"),
    "a name": ("hooks.example.com", "hooks.example.com"),
    "a name in capitals": ("HOOKS.example.COM", "HOOKS.example.COM"),
    "a name with a trailing dot": ("hooks.example.com.", "hooks.example.com."),
    "punycode": ("xn--bcher-kva.example", "xn--bcher-kva.example"),
}


@WAYS
@pytest.mark.parametrize(("host", "host_header"), ALLOWED.values(), ids=ALLOWED)
async def test_reaches_what_is_allowed_under_its_own_name(receiver, way, names, host, host_header):
    names.answers = [["127.0.0.1"]]
    port = int(receiver.url.split(":")[2].split("/")[0])
    url = f"http://{host}:{port}/a%2Fb?c=%20d"
    await check_destination(url, RULES)
    async with sending_by(way, RULES) as (sender, asked):
        answer = await sender.send("e", url, {}, b"{}")
    assert answer.is_success, answer.error
    [received] = receiver.received
    assert received.headers["host"] == f"{host_header}:{port}"
    assert len(asked) == (way != "directly")


@WAYS
async def test_names_the_receiver_in_the_handshake_and_checks_its_certificate(receivers, tmp_path, way, names):
    names.answers = [["127.0.0.1"]]
    server, trust = certificate("hooks.example.com", tmp_path)
    said = []
    server.sni_callback = lambda _socket, name, _context: said.append(name)
    receiver = await receivers(ssl_context=server)
    port = int(receiver.url.split(":")[2].split("/")[0])
    async with sending_by(way, RULES, trust=trust) as (sender, _):
        for host in ("hooks.example.com", "hooks.example.com.", "HOOKS.example.com"):
            answer = await sender.send(host, f"https://{host}:{port}/", {}, b"{}")
            assert answer.is_success, (host, answer.error)
        answer = await sender.send("other", f"https://evil.example.com:{port}/", {}, b"{}")
    assert answer.error.startswith("tls: the certificate of the receiver is not valid: Hostname mismatch")
    assert [name.lower() for name in said] == [*["hooks.example.com"] * 3, "evil.example.com"]
    assert len(receiver.received) == 3


async def test_ignores_the_proxies_and_authorities_of_the_environment(receivers, tmp_path, names, monkeypatch):
    names.answers = [["127.0.0.1"]]
    authority = Authority()
    plain, secured = await receivers(), await receivers(ssl_context=authority.server("hooks.example.com", tmp_path))
    urls = [receiver.url.replace("127.0.0.1", "hooks.example.com") for receiver in (plain, secured)]
    (tmp_path / "authorities.pem").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))
    async with ForwardProxy().listening() as trap:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
        tls_context.cache_clear()  # Read now, with this environment.
        async with sending(EgressRules.of(load_settings())) as sender:
            answers = [await sender.send(url, url, {}, b"{}") for url in urls]
            trusting = await sender.send("trusting", urls[1], {}, b"{}", tls=ClientTls(authority.pem))
        tls_context.cache_clear()
    assert (answers[0].is_success, trusting.is_success) == (True, True)
    assert answers[1].error.startswith("tls: the certificate of the receiver is not valid")
    assert (trap.heads, len(plain.received), len(secured.received)) == ([], 1, 1)
