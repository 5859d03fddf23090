"""One request to a subscriber is vetted, bounded, and its failure told by stage."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import socket

import pytest
from aiohttp import web

from app.webhooks.deliveries.send_request import FaultOfOurs, Sender
from app.webhooks.egress import EgressRules, VettedResolver
from app.webhooks.webhook_url import parse_webhook_url
from tests.webhooks.certificates import certificate

RULES = EgressRules(
    allows_http=True, allowed_networks=(ipaddress.ip_network("127.0.0.0/8"),), allowed_ports=((80, 80), (443, 443))
)
STRICT = EgressRules(allows_http=True, allowed_networks=(), allowed_ports=((1, 65535),))


@contextlib.asynccontextmanager
async def sending(rules=RULES, **how):
    sender = Sender(rules, **how)
    try:
        yield sender
    finally:
        await sender.close()


@pytest.fixture
async def sender():
    async with sending(deadline_seconds=60) as made:
        yield made


def resolving_to(monkeypatch, *addresses):
    """Make every name have these addresses; answers the names that were asked for."""
    asked = []

    async def look_up(host, port):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr("app.webhooks.egress._ask_name_server", look_up)
    return asked


async def test_posts_the_bytes_and_headers_it_is_given(sender, receiver):
    answer = await sender.send(
        "e", receiver.url, {"content-type": "application/json", "x-a": "b"}, b'{"a": "\xc3\xab"}'
    )
    assert answer.is_success
    assert (answer.status, answer.error, answer.body) == (200, None, "")
    [received] = receiver.received
    assert received.body == b'{"a": "\xc3\xab"}'
    assert received.headers["content-type"] == "application/json"
    assert received.headers["x-a"] == "b"
    assert received.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_takes_2xx_for_success(sender, receiver, status):
    receiver.answer = status
    assert (await sender.send("e", receiver.url, {}, b"{}")).is_success


@pytest.mark.parametrize("status", [300, 304, 400, 404, 410, 429, 500, 503])
async def test_takes_anything_else_for_failure(sender, receiver, status):
    receiver.answer = status
    answer = await sender.send("e", receiver.url, {}, b"{}")
    assert not answer.is_success
    assert answer.status == status
    assert answer.error == f"status: the receiver answered {status}"
    assert answer.is_gone == (status == 410)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_never_follows_a_redirect(sender, receivers, status):
    target, receiver = await receivers(), await receivers()

    async def redirect(request):
        return web.Response(status=status, headers={"location": target.url})

    receiver.answer = redirect
    answer = await sender.send("e", receiver.url, {}, b"{}")
    assert (answer.is_success, answer.status) == (False, status)
    assert len(receiver.received) == 1
    assert target.received == []


async def test_keeps_4_kib_of_the_answer_without_nuls(sender, receiver):
    async def answer_much(request):
        return web.Response(status=500, body=b"\x00\xffa" * 20_000)

    receiver.answer = answer_much
    answer = await sender.send("e", receiver.url, {}, b"{}")
    assert answer.body == "\ufffda" * 2_048


async def test_stops_reading_an_endless_answer(receiver):
    async def answer_for_ever(request):
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x" * 16_384)
        return response

    receiver.answer = answer_for_ever
    async with sending(deadline_seconds=100) as sender, asyncio.timeout(60):
        answer = await sender.send("e", receiver.url, {}, b"{}")
    assert answer.is_success
    assert answer.body == "x" * 4_096


async def test_ends_a_slow_drip_at_the_deadline(receiver):
    async def drip(request):
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"x")
                await asyncio.sleep(0.02)
        return response

    receiver.answer = drip
    async with sending(deadline_seconds=0.3) as sender, asyncio.timeout(60):
        answer = await sender.send("e", receiver.url, {}, b"{}")
    assert answer.error == "timeout: no complete answer within 0.3 s"
    assert not answer.is_success


async def test_ends_a_silent_receiver_at_the_deadline(receiver):
    async def be_silent(request):
        await asyncio.Event().wait()

    receiver.answer = be_silent
    async with sending(deadline_seconds=0.2) as sender, asyncio.timeout(60):
        answer = await sender.send("e", receiver.url, {}, b"{}")
    assert answer.error == "timeout: no complete answer within 0.2 s"


async def test_hands_on_what_retry_after_asks_for(sender, receiver):
    async def be_busy(request):
        return web.Response(status=503, headers={"retry-after": "90"})

    receiver.answer = be_busy
    answer = await sender.send("e", receiver.url, {}, b"{}")
    assert answer.retry_after == dt.timedelta(seconds=90)


async def test_keeps_no_cookies(sender, receiver):
    async def set_cookie(request):
        response = web.Response()
        response.set_cookie("session", "1")
        return response

    receiver.answer = set_cookie
    for _ in range(2):
        await sender.send("e", receiver.url, {}, b"{}")
    assert all("cookie" not in received.headers for received in receiver.received)


async def test_uses_at_most_eight_connections_for_an_endpoint_and_keeps_them(sender, receiver):
    peers = set()
    here, most = 0, 0
    eight_are_here = asyncio.Event()

    async def count(request):
        nonlocal here, most
        peers.add(request.transport.get_extra_info("peername"))
        here += 1
        most = max(most, here)
        if here == 8:
            eight_are_here.set()
        await eight_are_here.wait()
        await asyncio.sleep(0.02)
        here -= 1
        return web.Response()

    receiver.answer = count
    await asyncio.gather(*(sender.send("e", receiver.url, {}, b"{}") for _ in range(24)))
    assert most == 8
    assert len(peers) == 8


async def test_says_that_a_connection_was_refused(sender):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = await sender.send("e", f"http://127.0.0.1:{taken.getsockname()[1]}/", {}, b"{}")
    assert (answer.status, answer.error) == (None, "connect: refused")


async def test_connects_to_the_address_that_was_vetted_under_the_name(sender, receiver, monkeypatch):
    asked = resolving_to(monkeypatch, "127.0.0.1")
    url = receiver.url.replace("127.0.0.1", "hooks.example.com")
    assert (await sender.send("e", url, {}, b"{}")).is_success
    assert asked == ["hooks.example.com"]
    assert receiver.received[0].headers["host"].startswith("hooks.example.com:")


async def test_is_not_fooled_by_a_name_that_changes_its_address(receiver, monkeypatch):
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    asked = []

    async def rebind(host, port):
        asked.append(host)
        addresses = answers.pop(0) if answers else ["127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    url = receiver.url.replace("127.0.0.1", "rebinding.example.com")
    port = int(url.split(":")[2].split("/")[0])
    # At creation the name had a public address.
    assert await VettedResolver(STRICT, rebind).resolve("rebinding.example.com", port)
    monkeypatch.setattr("app.webhooks.egress._ask_name_server", rebind)
    async with sending(STRICT) as sender:
        answer = await sender.send("e", url, {}, b"{}")
    assert answer.error.startswith("blocked: Webhooks cannot go to rebinding.example.com on port ")
    assert "127.0.0.1" not in answer.error
    assert receiver.received == []
    assert len(asked) == 2


async def test_asks_the_name_server_once_for_each_connection(sender, receiver, monkeypatch):
    asked = resolving_to(monkeypatch, "127.0.0.1")
    url = receiver.url.replace("127.0.0.1", "hooks.example.com")
    for _ in range(3):
        await sender.send("e", url, {}, b"{}")
    assert asked == ["hooks.example.com"]  # The connection is kept: the vetted address stays the one connected to.


async def said_of(sender, url):
    """The error of an attempt there; for one that only our settings forbid, what a late one is recorded with."""
    try:
        return (await sender.send("e", url, {}, b"{}")).error
    except FaultOfOurs as fault:
        return f"blocked: {fault}"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "127.1", "2130706433", "localhost", "0.0.0.0"])
async def test_reaches_nothing_private_however_it_is_written(receiver, host):
    port = receiver.url.split(":")[2]
    async with sending(STRICT) as sender:
        assert (await said_of(sender, f"http://{host}:{port}")).startswith("blocked: ")
    assert receiver.received == []


async def test_vets_the_socket_even_when_everything_before_it_was_fooled(receiver, monkeypatch):
    monkeypatch.setattr("app.webhooks.deliveries.send_request.check_url", lambda url, rules: parse_webhook_url(url))
    monkeypatch.setattr("app.webhooks.deliveries.transport.check_address", lambda *_arguments: None)
    async with sending(STRICT) as sender:
        answer = await sender.send("e", receiver.url, {}, b"{}")
    assert answer.error.startswith("blocked: 127.0.0.1 is not a public address")
    assert receiver.received == []


async def test_says_that_a_name_has_no_address(sender, monkeypatch):
    async def look_up(host, port):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr("app.webhooks.egress._ask_name_server", look_up)
    answer = await sender.send("e", "http://nowhere.example/", {}, b"{}")
    assert answer.error == "dns: the name nowhere.example has no address"


async def test_takes_a_name_server_that_is_away_for_a_fault_of_ours(sender, monkeypatch):
    async def look_up(host, port):
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr("app.webhooks.egress._ask_name_server", look_up)
    monkeypatch.setattr(VettedResolver, "_answered_at", -1000.0)
    with pytest.raises(FaultOfOurs, match=r"no name server answered for nowhere\.example"):
        await sender.send("e", "http://nowhere.example/", {}, b"{}")


async def test_checks_the_certificate_of_the_name_at_the_vetted_address(receivers, tmp_path, monkeypatch):
    server, trust = certificate("hooks.example.com", tmp_path)
    receiver = await receivers(ssl_context=server)
    resolving_to(monkeypatch, "127.0.0.1")
    async with sending(trust=trust) as sender:
        right = await sender.send("e", receiver.url.replace("127.0.0.1", "hooks.example.com"), {}, b"{}")
        wrong = await sender.send("e", receiver.url.replace("127.0.0.1", "other.example.com"), {}, b"{}")
    assert right.is_success
    assert wrong.error.startswith("tls: ")
    assert len(receiver.received) == 1


async def test_distrusts_an_unknown_certificate(receivers, tmp_path, sender, monkeypatch):
    server, _ = certificate("hooks.example.com", tmp_path)
    receiver = await receivers(ssl_context=server)
    resolving_to(monkeypatch, "127.0.0.1")
    answer = await sender.send("e", receiver.url.replace("127.0.0.1", "hooks.example.com"), {}, b"{}")
    assert answer.error.startswith("tls: ")
    assert receiver.received == []


async def test_closes_the_clients_that_were_not_used_for_longest(sender, receiver, monkeypatch):
    monkeypatch.setattr("app.webhooks.deliveries.send_request.CLIENTS_MAX", 2)
    for endpoint in ("a", "b", "a", "c"):
        assert (await sender.send(endpoint, receiver.url, {}, b"{}")).is_success
    assert list(sender._transports) == ["a", "c"]


async def test_runs_out_of_files_without_blaming_the_receiver(sender, receiver, monkeypatch):
    def no_socket(*_arguments):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("app.webhooks.egress.socket.socket", no_socket)
    with pytest.raises(FaultOfOurs, match="Too many open files"):
        await sender.send("e", receiver.url, {}, b"{}")
