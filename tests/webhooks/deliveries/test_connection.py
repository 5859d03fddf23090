"""A connection is made to the first address that takes it, and what goes wrong is told by stage, in our own words."""

import asyncio
import contextlib
import errno
import socket
import ssl
from ipaddress import ip_address

import pytest
import uvloop

from app.webhooks.deliveries import connection
from app.webhooks.deliveries.connection import connect
from app.webhooks.deliveries.send_request import Sender
from app.webhooks.egress import Blocked, EgressRules, addr_info
from tests.tcp_server import serving
from tests.webhooks.certificates import certificate
from tests.webhooks.conftest import EGRESS
from tests.webhooks.raw_receiver import RawReceiver
from tests.webhooks.threaded_receiver import end, taking

OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
STRICT = EgressRules(allows_http=True, allowed_networks=(), allowed_ports=((1, 65535),))


LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


@contextlib.asynccontextmanager
async def sending(**how):
    sender = Sender(EGRESS, deadline_seconds=60, **how)
    try:
        yield sender
    finally:
        await sender.close()


def answer_of(run, url, *, body=b"{}", **how):
    """What a request comes to, in an event loop of its own."""

    async def send():
        async with sending(**how) as sender:
            return await sender.send("e", url, {}, body)

    return run(send())


def resolving_to(monkeypatch, *addresses):
    async def look_up(host, port):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr("app.webhooks.egress._ask_name_server", look_up)


@pytest.fixture
def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def test_tries_the_next_address_when_one_refuses(monkeypatch):
    resolving_to(monkeypatch, "127.0.0.3", "127.0.0.2", "127.0.0.1")  # Only the last one listens.
    receiver = RawReceiver(OK)
    async with receiver.listening(), sending() as sender:
        for _ in range(5):  # Whichever comes first.
            answer = await sender.send("e", receiver.url.replace("127.0.0.1", "many.example"), {}, b"{}")
            assert answer.is_success
    assert len(receiver.requests) == 5


async def test_reaches_every_address_of_a_name(monkeypatch):
    resolving_to(monkeypatch, "127.0.0.1", "127.0.0.2")
    reached = set()

    async def note(reader, writer):
        reached.add(writer.get_extra_info("sockname")[0])
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)

    async with serving(note) as port, serving(note, "127.0.0.2", port), sending() as sender, asyncio.timeout(60):
        while reached != {"127.0.0.1", "127.0.0.2"}:
            assert (await sender.send(object(), f"http://both.example:{port}/", {}, b"")).is_success


@LOOPS
def test_says_that_all_addresses_refused(monkeypatch, closed_port, run):
    resolving_to(monkeypatch, "127.0.0.1", "127.0.0.2")
    answer = answer_of(run, f"http://many.example:{closed_port}/")
    assert (answer.status, answer.error) == (None, "connect: refused")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EHOSTUNREACH, "unreachable"),
        (errno.ETIMEDOUT, "no connection within 5 s"),
        (errno.ECONNRESET, "reset"),
        (errno.EACCES, "failed (EACCES)"),
        (None, "none of 1 addresses took the connection"),
    ],
)
async def test_says_in_our_own_words_why_there_is_no_connection(monkeypatch, number, words):
    async def fail(*_arguments, **_named):
        raise OSError(number, "[Errno 1] words of the library") if number else OSError("words of the library")

    monkeypatch.setattr("app.webhooks.deliveries.connection.start_connection", fail)
    async with sending() as sender:
        answer = await sender.send("e", "http://127.0.0.1:1/", {}, b"{}")
    assert answer.error == f"connect: {words}"


async def test_gives_up_on_a_connection_that_does_not_come(monkeypatch):
    async def hang(*_arguments, **_named):
        await asyncio.Event().wait()

    monkeypatch.setattr("app.webhooks.deliveries.connection.start_connection", hang)
    monkeypatch.setattr("app.webhooks.deliveries.connection.CONNECT_TIMEOUT_SECONDS", 0.01)
    async with sending() as sender:
        answer = await sender.send("e", "http://127.0.0.1:1/", {}, b"{}")
    assert answer.error == "connect: no connection within 0.01 s"


async def test_refuses_an_address_in_the_moment_before_it_is_connected_to():
    receiver = RawReceiver(OK)
    async with receiver.listening():
        port = int(receiver.url.split(":")[2].split("/")[0])
        for address in ("127.0.0.1", "::1"):
            info = addr_info(ip_address(address), port)
            with pytest.raises(Blocked, match="is not a public address"):
                await connect([info], rules=STRICT, trust=None, name="example.com")
    assert receiver.connections == 0


@LOOPS
def test_says_that_the_receiver_read_all_and_closed(run):
    read = []

    def talk(connection):
        while sum(map(len, read)) < 100_000:
            read.append(connection.recv(65_536))
        end(connection)

    with taking(talk) as port:
        answer = answer_of(run, f"http://127.0.0.1:{port}/", body=b"{}" * 50_000)
    assert b"".join(read).endswith(b"\r\n\r\n" + b"{}" * 50_000)
    assert answer.error == "status: the receiver closed the connection without an answer"


@LOOPS
def test_says_that_the_receiver_reset_the_connection(run):
    def talk(connection):
        connection.recv(65_536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with taking(talk) as port:
        answer = answer_of(run, f"http://127.0.0.1:{port}/")
    assert answer.error == "status: the receiver reset the connection without an answer"


@LOOPS
@pytest.mark.parametrize(
    ("version", "error"),
    [
        (ssl.TLSVersion.TLSv1_3, "tls: the receiver wants a client certificate"),
        # TLS 1.2 has no alert of its own for it.
        (ssl.TLSVersion.TLSv1_2, "tls: the receiver refused the handshake"),
    ],
)
def test_says_that_the_receiver_wants_a_client_certificate(tmp_path, monkeypatch, run, version, error):
    server, trust = certificate("hooks.example.com", tmp_path)
    server.maximum_version = server.minimum_version = version
    server.verify_mode = ssl.CERT_REQUIRED
    resolving_to(monkeypatch, "127.0.0.1")

    def talk(connection):
        with server.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secured:
            with contextlib.suppress(ssl.SSLError):
                secured.do_handshake()
            end(secured)

    with taking(talk) as port:
        answer = answer_of(run, f"https://hooks.example.com:{port}/", trust=trust)
    assert (answer.status, answer.error) == (None, error)


async def test_sends_over_tls_in_the_event_loop_of_the_worker(receivers, tmp_path, monkeypatch):
    server, trust = certificate("hooks.example.com", tmp_path)
    receiver = await receivers(ssl_context=server)
    resolving_to(monkeypatch, "127.0.0.1")

    async def send():
        async with sending(trust=trust) as sender:
            url = receiver.url.replace("127.0.0.1", "hooks.example.com")
            return [await sender.send("e", url, {}, b"{}") for _ in range(2)]

    answers = await asyncio.to_thread(uvloop.run, send())
    assert [(answer.status, answer.error) for answer in answers] == [(200, None)] * 2
    assert len(receiver.received) == 2


async def test_says_that_a_certificate_is_for_another_name(receivers, tmp_path, monkeypatch):
    server, trust = certificate("hooks.example.com", tmp_path)
    receiver = await receivers(ssl_context=server)
    resolving_to(monkeypatch, "127.0.0.1")
    async with sending(trust=trust) as sender:
        answer = await sender.send("e", receiver.url.replace("127.0.0.1", "other.example.com"), {}, b"{}")
    assert answer.error.startswith("tls: the certificate of the receiver is not valid: Hostname mismatch")
    assert receiver.received == []


async def test_expects_a_certificate_without_the_dot_at_the_end_of_a_name(receivers, tmp_path, monkeypatch):
    server, trust = certificate("hooks.example.com", tmp_path)
    receiver = await receivers(ssl_context=server)
    resolving_to(monkeypatch, "127.0.0.1")
    async with sending(trust=trust) as sender:
        answer = await sender.send("e", receiver.url.replace("127.0.0.1", "hooks.example.com."), {}, b"{}")
    assert answer.is_success


@LOOPS
def test_says_that_the_receiver_does_not_speak_tls(run):
    def answer_in_the_clear(connection):
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        end(connection)

    with taking(answer_in_the_clear) as port:
        answer = answer_of(run, f"https://127.0.0.1:{port}/")
    assert answer.error == "tls: the receiver does not speak TLS on this port"


@LOOPS
def test_says_that_the_handshake_was_cut_off(run):
    def hang_up(connection):
        connection.recv(65_536)
        end(connection)

    with taking(hang_up) as port:
        answer = answer_of(run, f"https://127.0.0.1:{port}/")
    assert answer.error == "tls: the connection was closed during the handshake"


@LOOPS
def test_gives_up_on_a_handshake_that_does_not_end(monkeypatch, run):
    async def connected(*arguments):
        opened = await connect_socket(*arguments)
        monkeypatch.setattr(connection, "CONNECT_TIMEOUT_SECONDS", 0.1)  # From here on.
        return opened

    def be_silent(taken):
        while taken.recv(65_536):
            pass

    connect_socket = connection._connected_socket
    monkeypatch.setattr(connection, "_connected_socket", connected)
    with taking(be_silent) as port:
        answer = answer_of(run, f"https://127.0.0.1:{port}/")
    assert (answer.status, answer.error) == (None, "tls: no handshake within 0.1 s")
