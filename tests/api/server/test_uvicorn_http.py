import time

import pytest

from app.api.server import limits, uvicorn_http
from app.api.server.limits import (
    HEADER_BYTES_MAX,
    HEADERS_MAX,
    PIPELINED_REQUESTS_MAX,
    REQUEST_TARGET_BYTES_MAX,
    SLICE_BYTES,
)
from app.api.server.refusals import Refusal
from tests.api.server.conftest import read_all, until

CLOSE = b"Connection: close\r\n"
WHOLE = b"GET /whole HTTP/1.1\r\nHost: h\r\n\r\n"


def get(headers=b"", path=b"/"):
    return b"GET %s HTTP/1.1\r\n%s%s\r\n" % (path, CLOSE, headers)


def test_answers_a_request_that_comes_byte_by_byte(serve):
    served = serve()
    connection = served.connect()
    for byte in b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc":
        connection.sendall(bytes([byte]))
    assert b'["POST", "/", 3]' in read_all(connection)


@pytest.mark.parametrize(("length", "status"), [(REQUEST_TARGET_BYTES_MAX, 200), (REQUEST_TARGET_BYTES_MAX + 1, 414)])
def test_takes_an_address_up_to_its_limit(serve, length, status):
    served = serve()
    answer = served.ask(get(path=b"/" + b"a" * (length - 1)))
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert served.refusals.counts == ({} if status == 200 else {Refusal.LARGE_HEAD: 1})
    assert len(served.application.asked) == (status == 200)


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 431)])
def test_takes_headers_up_to_their_limits(serve, more, status):
    served = serve()
    used = len(b"Connectionclose")
    large = b"X: " + b"v" * (HEADER_BYTES_MAX - used - 1 + more) + b"\r\n"
    many = b"".join(b"X-%d: v\r\n" % n for n in range(HEADERS_MAX - 1 + more))
    for headers in (large, many):
        assert served.ask(get(headers)).startswith(b"HTTP/1.1 %d " % status)
    assert served.refusals.counts == ({} if status == 200 else {Refusal.LARGE_HEAD: 2})
    assert len(served.application.asked) == 2 * (status == 200)


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HTTP/1.1\r\nX: ",
        pytest.param(b"GET / HTTP/1.1\r\nX: v\r\n", marks=pytest.mark.thorough),
        pytest.param(b"GET /", marks=pytest.mark.thorough),
    ],
)
def test_gathers_no_head_without_end(serve, begun):
    """Nothing is told to the application, nor kept, of what never ends."""
    served = serve()
    connection = served.connect()
    connection.sendall(begun)
    most = HEADER_BYTES_MAX + REQUEST_TARGET_BYTES_MAX + 2 * SLICE_BYTES
    sent = 0
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        while sent < 100 * most:
            sent += connection.send(b"a" * 1_000 + (b": v\r\n" if begun.endswith(b"\n") else b""))
            if served.refusals.counts:
                break
        assert read_all(connection)[9:12] in (b"431", b"414")
        while True:
            connection.sendall(b"a" * 1_000)
    assert served.refusals.counts == {Refusal.LARGE_HEAD: 1}


def test_says_what_is_too_large(serve):
    answer = serve().ask(get(b"X: " + b"v" * HEADER_BYTES_MAX + b"\r\n"))
    assert b'"The headers are larger than 32,768 bytes."' in answer
    assert b"connection: close" in answer


def test_leaves_out_what_trails_a_body_and_gathers_none_of_it(serve):
    served = serve()
    begun = b"POST /trailed HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Late: v\r\n\r\n"
    assert b"200 OK" in served.ask(begun + get())
    assert served.application.asked[0] == ("POST", "/trailed", b"a", ["transfer-encoding"])
    endless = served.connect()
    endless.sendall(b"POST /endless HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Late: ")
    try:
        while not served.refusals.counts:
            endless.sendall(b"v" * 1_000)
    except (BrokenPipeError, ConnectionResetError):
        pass
    until(lambda: served.application.ended[-1] == "/endless")
    assert served.refusals.counts == {Refusal.LARGE_HEAD: 1}


def test_refuses_what_is_no_request(serve):
    served = serve()
    assert served.ask(b"\x16\x03\x01\x02\x00").startswith(b"HTTP/1.1 400 ")
    assert served.refusals.counts == {Refusal.UNREADABLE: 1}


def test_answers_pipelined_requests_up_to_their_limit_and_closes(serve):
    served = serve()
    served.application.may_answer.clear()
    connection = served.connect()
    connection.sendall(WHOLE * 1_000)
    until(lambda: served.refusals.counts == {Refusal.TOO_MANY_PIPELINED: 1})
    served.application.may_answer.set()
    answers = read_all(connection).replace(b"<reset>", b"")
    assert answers.count(b"HTTP/1.1 200 OK") == PIPELINED_REQUESTS_MAX + 1
    assert answers.count(b"connection: close") == 1


def test_answers_fewer_pipelined_requests_all(serve):
    answer = serve().ask(WHOLE * PIPELINED_REQUESTS_MAX + get())
    assert answer.count(b"HTTP/1.1 200 OK") == PIPELINED_REQUESTS_MAX + 1


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"\r\n", b""),
        (b"GET / HT", b"HTTP/1.1 408 "),
        (b"GET / HTTP/1.1\r\nX", b"HTTP/1.1 408 "),
        (WHOLE + b"GET", b"HTTP/1.1 200 OK"),
    ],
)
def test_ends_who_says_nothing_or_stops_half_way(serve, sent, answer):
    served = serve(head_seconds=0.1)
    assert served.ask(sent).startswith(answer)
    assert served.refusals.counts == {Refusal.SLOW_HEAD: 1}


def test_ends_who_sends_a_head_a_little_at_a_time(serve):
    served = serve(head_seconds=0.5)
    connection = served.connect()
    connection.sendall(b"GET /")
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        while True:
            connection.sendall(b"a")
            time.sleep(0.05)
    assert served.refusals.counts == {Refusal.SLOW_HEAD: 1}


def test_ends_whose_body_stops_half_way(serve):
    served = serve(body_seconds=0.1)
    answer = served.ask(b"POST /slow HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 408 ")
    until(lambda: served.application.ended == ["/slow"])
    assert served.application.asked == []


def test_ends_whose_body_stops_after_the_answer_without_another(serve):
    served = serve(body_seconds=0.1)
    answer = served.ask(b"POST /early HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"200 OK" in answer


def test_waits_for_the_next_request_longer_than_for_the_first(serve):
    served = serve(head_seconds=0.1, idle_seconds=3)
    connection = served.connect()
    connection.sendall(WHOLE)
    assert b"200 OK" in connection.recv(65536)
    began = time.monotonic()
    assert connection.recv(65536) == b""
    assert time.monotonic() - began >= 2.9
    assert served.refusals.counts == {}


def test_does_not_end_who_waits_for_an_answer(serve):
    served = serve(head_seconds=0.1, body_seconds=0.1, idle_seconds=0.1)
    served.application.may_answer.clear()
    connection = served.connect()
    connection.sendall(WHOLE)
    until(lambda: served.application.asked)
    time.sleep(2.5)  # Two looks at all who wait.
    served.application.may_answer.set()
    assert b"200 OK" in connection.recv(65536)


def test_goes_on_after_a_body_that_came_after_its_answer(serve):
    served = serve()
    connection = served.connect()
    connection.sendall(b"POST /early HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc")
    assert b"200 OK" in connection.recv(65536)
    connection.sendall(b"def" + get(path=b"/next"))
    assert b'["GET", "/next", 0]' in read_all(connection)


def test_drops_who_goes_on_with_a_body_that_nobody_wants(serve, monkeypatch):
    monkeypatch.setattr(uvicorn_http, "LATE_BODY_BYTES_MAX", 1_000)
    connection = serve().connect()
    connection.sendall(b"POST /early HTTP/1.1\r\nContent-Length: 100000000\r\n\r\nabc")
    assert b"200 OK" in connection.recv(65536)
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        while True:
            connection.sendall(b"a" * 1_000)


def test_drops_who_does_not_read_and_frees_what_waited(serve):
    served = serve(stall_seconds=0.5)
    served.application.answer = b"a" * 20_000_000
    connection = served.connect(receive_bytes=4_096)
    connection.sendall(get())
    until(lambda: served.refusals.counts == {Refusal.SLOW_READER: 1})
    until(lambda: len(served.connections) == 0)


@pytest.mark.thorough
def test_lets_a_slow_reader_have_all_of_it(serve):
    served = serve(stall_seconds=2)
    served.application.answer = b"a" * 8_000_000
    connection = served.connect()
    connection.sendall(get())
    began, read = time.monotonic(), 0
    while part := connection.recv(100_000):
        read += len(part)
        time.sleep(0.05)
    assert read > 8_000_000
    assert time.monotonic() - began > 2
    assert served.refusals.counts == {}


@pytest.mark.parametrize("connection_header", [b"", pytest.param(b"Connection: close\r\n", marks=pytest.mark.thorough)])
def test_takes_a_reader_for_slow_only_by_what_the_system_has_sent(serve, connection_header):
    """The system's queue takes megabytes, and for long after that nothing of what waits here leaves."""
    served = serve(stall_seconds=1.5, closing_seconds=1.5)
    served.application.answer = b"a" * 12_000_000
    connection = served.connect(receive_bytes=65_536)
    connection.sendall(b"GET /slow HTTP/1.1\r\nHost: h\r\n" + connection_header + b"\r\n")
    until(lambda: served.connections._stalled)
    [stalled] = served.connections._stalled
    waits = stalled.transport.get_write_buffer_size()
    read = 0
    for _ in range(40):  # 4 s at 250 kB/s, in which less is read than a third of the queue.
        read += len(connection.recv(25_000))
        time.sleep(0.1)
    assert served.refusals.counts == {}
    assert stalled.transport.get_write_buffer_size() == waits
    while part := connection.recv(1_000_000):
        read += len(part)
        if read > len(served.application.answer) and not connection_header:
            break
    assert read > len(served.application.answer)


def test_lets_a_slow_sender_send_all_of_it(serve, monkeypatch):
    monkeypatch.setattr(uvicorn_http, "BODY_PART_BYTES", 4)
    served = serve(body_seconds=2)
    connection = served.connect()
    connection.sendall(b"POST /slow HTTP/1.1\r\nContent-Length: 40\r\nConnection: close\r\n\r\n")
    for _ in range(10):  # 5 s in all, and 4 bytes each half of one.
        connection.sendall(b"abcd")
        time.sleep(0.5)
    assert b'["POST", "/slow", 40]' in read_all(connection)
    assert served.refusals.counts == {}


def test_keeps_the_promise_to_balancers():
    """They keep idle connections for 60 s, and it is they who shall close them."""
    assert limits.IDLE_SECONDS == 75
