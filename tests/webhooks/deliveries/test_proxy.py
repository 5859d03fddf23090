"""Through a forward proxy go requests to addresses that were vetted here, with the receiver's own name inside."""

import asyncio
import dataclasses

import pytest
import uvloop

from app.settings import WrongSetting, load_settings
from app.webhook_settings import Proxy
from app.webhooks.deliveries.send_request import FaultOfOurs
from app.webhooks.egress import EgressRules
from tests.free_ports import free_port
from tests.webhooks.certificates import certificate
from tests.webhooks.conftest import Receiver, listening
from tests.webhooks.deliveries.test_send_request import RULES, STRICT, resolving_to, said_of, sending
from tests.webhooks.forward_proxy import ForwardProxy

ESTABLISHED = b"HTTP/1.1 200 OK\r\n\r\n"


def through(proxy, rules=RULES, authorization=None):
    return dataclasses.replace(rules, proxy=Proxy("127.0.0.1", proxy.port, authorization))


async def test_sends_plain_http_through_a_tunnel_to_the_vetted_address(receiver, monkeypatch):
    resolving_to(monkeypatch, "127.0.0.1")
    url = receiver.url.replace("127.0.0.1", "hooks.example.com")
    async with ForwardProxy().listening() as proxy, sending(through(proxy)) as sender:
        answer = await sender.send("e", url, {"x-a": "b"}, b"{}")
    assert (answer.status, answer.error) == (200, None)
    port = receiver.url.split(":")[2].split("/")[0]
    assert proxy.asked == [("CONNECT", f"127.0.0.1:{port}")]
    [received] = receiver.received
    assert (received.headers["host"], received.headers["x-a"]) == (f"hooks.example.com:{port}", "b")
    assert "proxy-authorization" not in proxy.heads[0].lower()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_sends_https_with_the_name_in_the_handshake_and_in_the_certificate(tmp_path, monkeypatch, run):
    resolving_to(monkeypatch, "127.0.0.1")
    server, trust = certificate("hooks.example.com", tmp_path)
    names = []
    server.sni_callback = lambda _socket, name, _context: names.append(name)

    async def send():
        async with listening(Receiver(), ssl_context=server) as receiver, ForwardProxy().listening() as proxy:
            async with sending(through(proxy), trust=trust) as sender:
                right = await sender.send("e", receiver.url.replace("127.0.0.1", "hooks.example.com"), {}, b"{}")
                again = await sender.send("e", receiver.url.replace("127.0.0.1", "hooks.example.com"), {}, b"{}")
                other = await sender.send("e", receiver.url.replace("127.0.0.1", "other.example.com"), {}, b"{}")
            return [right, again, other], receiver.received, proxy.asked

    (right, again, other), received, asked = run(send())
    assert [right.status, again.status, other.status] == [200, 200, None]
    assert other.error.startswith("tls: the certificate of the receiver is not valid: Hostname mismatch")
    assert names == ["hooks.example.com", "other.example.com"]  # The second request used the first one's connection.
    assert len(asked) == 2
    assert [one.headers["host"].split(":")[0] for one in received] == ["hooks.example.com"] * 2


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://127.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://a.test/"]
)
async def test_asks_the_proxy_for_no_address_that_is_refused(monkeypatch, url):
    resolving_to(monkeypatch, "8.8.8.8", "169.254.169.254")
    async with ForwardProxy().listening() as proxy, sending(through(proxy, STRICT)) as sender:
        assert (await said_of(sender, url)).startswith("blocked: ")
    assert proxy.asked == []


async def test_tells_the_proxy_its_user_and_password_and_nobody_else(receiver):
    async with ForwardProxy().listening() as proxy, sending(through(proxy, authorization="Basic dTpw")) as sender:
        assert (await sender.send("e", receiver.url, {}, b"{}")).is_success
    assert "\r\nProxy-Authorization: Basic dTpw\r\n" in proxy.heads[0]
    assert "proxy-authorization" not in receiver.received[0].headers


async def test_tries_the_next_address_where_the_proxy_cannot_connect(receiver, monkeypatch):
    port = int(receiver.url.split(":")[2].split("/")[0])
    monkeypatch.setattr("app.webhooks.egress.random.shuffle", lambda addresses: addresses.sort(reverse=True))
    resolving_to(monkeypatch, "127.0.0.1", "127.0.0.9")
    async with ForwardProxy().listening() as proxy, sending(through(proxy)) as sender:
        answer = await sender.send("e", f"http://hooks.example.com:{port}/", {}, b"{}")
    assert answer.is_success
    assert [target for _, target in proxy.asked] == [f"127.0.0.9:{port}", f"127.0.0.1:{port}"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, "connect: the proxy could not connect to it (502)"),
        (b"HTTP/1.1 504 Gateway Timeout\r\n\r\n", "connect: the proxy could not connect to it (504)"),
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 4\r\n\r\nnope", "blocked: the proxy does not allow it (403)"),
        (
            b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\n\r\n",
            "blocked: the proxy does not allow it (302)",
        ),
    ],
)
async def test_records_what_the_proxy_says_of_the_receiver(answer, error):
    async with ForwardProxy(answer).listening() as proxy, sending(through(proxy)) as sender:
        said = await sender.send("e", f"http://127.0.0.1:{free_port()}/", {}, b"{}")
    assert (said.status, said.error) == (None, error)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "another user or password"),
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\n", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "does not answer as HTTP/1.1 says"),
        (b"HTTP/1.1 abc\r\n\r\n", "does not answer as HTTP/1.1 says"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 20_000, "does not answer as HTTP/1.1 says"),
        (ESTABLISHED + b"more", "bytes of its own"),
    ],
)
async def test_takes_a_fault_of_the_proxy_for_one_of_ours(answer, fault):
    async with ForwardProxy(answer).listening() as proxy, sending(through(proxy)) as sender:
        with pytest.raises(FaultOfOurs, match=fault):
            await sender.send("e", "http://127.0.0.1:9/", {}, b"{}")


async def test_takes_a_proxy_that_is_down_for_a_fault_of_ours(monkeypatch):
    rules = dataclasses.replace(RULES, proxy=Proxy("127.0.0.1", free_port()))
    async with sending(rules) as sender:
        with pytest.raises(FaultOfOurs, match=r"does not take our connection \(ECONNREFUSED\)"):
            await sender.send("e", "http://127.0.0.1:9/", {}, b"{}")


async def test_takes_a_proxy_that_is_silent_for_a_fault_of_ours(monkeypatch):
    monkeypatch.setattr("app.webhooks.deliveries.proxy.PROXY_SECONDS_MAX", 0.1)

    async def wait_for_ever(_addresses):
        await asyncio.Event().wait()

    monkeypatch.setattr("app.webhooks.deliveries.proxy.start_connection", wait_for_ever)
    async with sending(dataclasses.replace(RULES, proxy=Proxy("127.0.0.1", 9))) as sender:
        with pytest.raises(FaultOfOurs, match=r"does not take our connection within 0\.1 s"):
            await sender.send("e", "http://127.0.0.1:9/", {}, b"{}")


async def test_leaves_no_socket_open_when_the_deadline_passes():
    async with ForwardProxy(is_silent=True).listening() as proxy, sending(through(proxy), deadline_seconds=1) as sender:
        answer = await sender.send("e", "http://127.0.0.1:9/", {}, b"{}")
        assert answer.error == "timeout: no complete answer within 1 s"
        assert len(proxy.asked) == 1
    # The proxy has ended: it waits until the connection is closed.


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.internal:3128", Proxy("proxy.internal", 3128)),
        ("http://proxy.internal/", Proxy("proxy.internal", 80)),
        ("http://[::1]:3128", Proxy("::1", 3128)),
        ("http://u:p%40ss@proxy:3128", Proxy("proxy", 3128, "Basic dTpwQHNz")),
        ("", None),
    ],
)
def test_is_read_from_the_settings(monkeypatch, text, proxy):
    monkeypatch.setenv("QUAESTOR_WEBHOOK_PROXY", text)
    assert EgressRules.of(load_settings()).proxy == proxy


@pytest.mark.parametrize(
    "text", ["proxy:3128", "https://proxy:3128", "http://proxy:99999", "http://u:hush@/", "http://a/b"]
)
def test_is_refused_where_it_cannot_be_read_and_shows_no_password(monkeypatch, text):
    monkeypatch.setenv("QUAESTOR_WEBHOOK_PROXY", text)
    with pytest.raises(WrongSetting, match=r"^QUAESTOR_WEBHOOK_PROXY cannot be used") as wrong:
        load_settings()
    assert "http://[user:password@]host[:port]" in str(wrong.value)
    assert "hush" not in str(wrong.value)
