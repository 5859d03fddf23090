import base64
import contextlib
import os
import struct

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from app.api.server.limits import (
    PINGS_AT_ONCE_MAX,
    WEBSOCKET_FIRST_MESSAGES_BYTES_MAX,
    WEBSOCKET_FRAGMENTS_MAX,
    WEBSOCKET_MESSAGE_BYTES_MAX,
)
from app.api.server.refusals import Refusal
from tests.api.server.conftest import read_all, until

TEXT, CONTINUATION, CLOSE, PING, PONG = 1, 0, 8, 9, 10
MASK = b"\0\0\0\0"  # It changes nothing, so that frames can be made by hand.


@pytest.fixture
def open_socket(serve):
    with contextlib.ExitStack() as opened:

        def open_socket(**limits):
            served = serve(**limits)
            url = f"ws://127.0.0.1:{served.port}/ws"
            return served, opened.enter_context(connect(url, proxy=None, open_timeout=60, close_timeout=1))

        yield open_socket


def upgraded(served, **options):
    """A plain socket that has become a WebSocket."""
    connection = served.connect(**options)
    key = base64.b64encode(os.urandom(16))
    connection.sendall(
        b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % key
    )
    assert connection.recv(65536).startswith(b"HTTP/1.1 101 ")
    return connection


def frame(opcode, payload=b"", *, is_last=True):
    length = len(payload)
    assert length < 126 or opcode == TEXT
    size = bytes([0x80 | length]) if length < 126 else bytes([0x80 | 127]) + struct.pack("!Q", length)
    return bytes([opcode | 0x80 * is_last]) + size + MASK + payload


def test_talks_with_a_client(open_socket):
    _, client = open_socket()
    client.send("hello")
    assert client.recv() == "5"


def test_agrees_on_no_compression(open_socket):
    _, client = open_socket()
    assert client.protocol.extensions == []


@pytest.mark.parametrize("before", [[], ["trust"]])
def test_takes_messages_up_to_their_limit(open_socket, before):
    served, client = open_socket()
    for message in before:
        client.send(message)
        client.recv()
    most = WEBSOCKET_MESSAGE_BYTES_MAX if before else WEBSOCKET_FIRST_MESSAGES_BYTES_MAX
    client.send("a" * most)
    assert client.recv() == str(most)
    client.send("a" * (most + 1))
    with pytest.raises(ConnectionClosed) as closed:
        client.recv()
    assert closed.value.rcvd.code == 1009
    assert served.refusals.counts == {Refusal.LARGE_MESSAGE: 1}
    until(lambda: served.application.ended == [1009])
    assert [len(message) for message in served.application.asked[len(before) :]] == [most]


def test_judges_a_message_by_what_it_says_of_its_size(serve):
    """Not one byte of it has come."""
    served = serve()
    connection = upgraded(served)
    connection.sendall(frame(TEXT, b"a" * 20_000)[:14])
    closing = connection.recv(65536)
    assert (closing[0], closing[2:4]) == (0x88, struct.pack("!H", 1009))
    assert served.refusals.counts == {Refusal.LARGE_MESSAGE: 1}


@pytest.mark.parametrize(("parts", "is_taken"), [(WEBSOCKET_FRAGMENTS_MAX, True), (WEBSOCKET_FRAGMENTS_MAX + 1, False)])
def test_takes_a_message_in_a_limited_number_of_parts(serve, parts, is_taken):
    served = serve()
    connection = upgraded(served)
    empty = frame(CONTINUATION, is_last=False)
    connection.sendall(frame(TEXT, b"a", is_last=False) + empty * (parts - 2) + frame(CONTINUATION, b"b"))
    answer = connection.recv(65536)
    assert answer[0] & 0x0F == (TEXT if is_taken else 8)
    assert served.application.asked == (["ab"] if is_taken else [])
    assert served.refusals.counts == ({} if is_taken else {Refusal.LARGE_MESSAGE: 1})


def test_reads_no_further_than_the_application(serve):
    """Thousands of small messages in one segment wait as they came, and are all answered in the end."""
    served = serve()
    served.application.may_answer.clear()
    connection = upgraded(served)
    connection.sendall(frame(TEXT, b"wait"))
    until(lambda: served.application.asked)
    [protocol] = [one for one in served.connections._open if type(one).__name__ == "WebSocketProtocol"]
    connection.sendall(frame(TEXT, b"a") * 20_000)
    assert protocol.queue.qsize() < 1_000
    served.application.may_answer.set()
    answers = b""
    while len(answers) < 20_001 * 3:
        answers += connection.recv(65536)
    assert answers == b"\x81\x014" + b"\x81\x011" * 20_000
    assert len(served.application.asked) == 20_001


def test_reads_nothing_more_of_who_does_not_read(serve):
    """Messages are answered, so who sends them and reads nothing would make answers pile up without end."""
    served = serve(stall_seconds=1)
    connection = upgraded(served, receive_bytes=4_096)
    [protocol] = [one for one in served.connections._open if type(one).__name__ == "WebSocketProtocol"]
    most = 0
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        while True:
            connection.sendall(frame(TEXT, b"echo" + b"a" * 121) * 100)
            most = max(most, protocol.transport.get_write_buffer_size())
    assert most < 1_000_000
    assert served.refusals.counts == {Refusal.SLOW_READER: 1}


def frames_of(connection):
    """The opcode and payload of all that comes until the other side closes."""
    read = read_all(connection)
    found = []
    while read:
        end = 2 + read[1]
        found.append((read[0] & 0x0F, read[2:end]))
        read = read[end:]
    return found


def test_answers_as_many_pings_as_it_allows(serve):
    served = serve()
    connection = upgraded(served)
    connection.sendall(frame(PING, b"p") * PINGS_AT_ONCE_MAX + frame(TEXT, b"a"))
    wanted = b"\x8a\x01p" * PINGS_AT_ONCE_MAX + b"\x81\x011"
    answers = b""
    while len(answers) < len(wanted):
        answers += connection.recv(65536)
    assert answers == wanted
    assert served.refusals.counts == {}


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_ends_a_socket_that_sends_pings_without_end(serve, opcode):
    """Ten times as many as are allowed at once: no machine takes so long to read them that more would be allowed."""
    served = serve()
    connection = upgraded(served)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(frame(opcode, b"p") * PINGS_AT_ONCE_MAX * 10)
    until(lambda: served.application.ended == [1008])
    assert served.refusals.counts == {Refusal.TOO_MANY_PINGS: 1}
    until(lambda: len(served.connections) == 0)


def test_says_why_it_ends_a_socket_that_sends_pings_without_end(serve):
    served = serve()
    connection = upgraded(served)
    for _ in range(PINGS_AT_ONCE_MAX):  # One by one, that nothing is left unread, which would make the end a reset.
        connection.sendall(frame(PONG, b"p"))
    connection.sendall(frame(PONG, b"p") * 300)
    [(opcode, payload)] = frames_of(connection)
    assert (opcode, payload[:2]) == (CLOSE, struct.pack("!H", 1008))
    assert payload[2:] == b"At most 100 pings at once and 10 a second."


def test_counts_a_socket_as_one_connection(open_socket):
    served, client = open_socket(per_address_max=1)
    assert len(served.connections) == 1
    client.close()
    until(lambda: len(served.connections) == 0)
    with connect(f"ws://127.0.0.1:{served.port}/ws", proxy=None) as again:
        again.send("hello")
        assert again.recv() == "5"


def test_lets_a_socket_be_quiet(open_socket):
    served, client = open_socket(head_seconds=0.1, idle_seconds=0.1, body_seconds=0.1)
    with pytest.raises(TimeoutError):
        client.recv(timeout=2.5)
    client.send("hello")
    assert client.recv() == "5"
    assert served.refusals.counts == {}
