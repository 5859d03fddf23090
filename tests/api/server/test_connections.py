import pytest

from app.api.server import connections as connections_module
from app.api.server.connections import Connections, counted_address
from app.api.server.limits import Limits
from app.api.server.refusals import Refusal, Refusals
from tests.api.server.conftest import read_all, until

WHOLE = b"GET /whole HTTP/1.1\r\nHost: h\r\n\r\n"


def is_open(connection):
    """Whether a request is answered on it."""
    try:
        connection.sendall(WHOLE)
        return b"200 OK" in connection.recv(65536)
    except (BrokenPipeError, ConnectionResetError):
        return False


def silent(served, count, source="127.0.0.1"):
    """This many connections that say nothing."""
    before = len(served.connections)
    made = [served.connect(source) for _ in range(count)]
    until(lambda: len(served.connections) == before + count)
    return made


def test_keeps_as_many_silent_ones_of_one_address_as_the_limit_and_lets_the_oldest_go(serve):
    served = serve(unfinished_per_address_max=3)
    silent_ones = silent(served, 3)
    assert served.refusals.counts == {}
    others = silent(served, 1, source="127.0.0.2")
    newest = served.connect()
    until(lambda: served.refusals.counts == {Refusal.TOO_MANY_UNFINISHED: 1})
    assert [is_open(one) for one in [*silent_ones, *others, newest]] == [False, True, True, True, True]


def test_does_not_count_among_them_who_has_asked_something(serve):
    served = serve(unfinished_per_address_max=3)
    kept = []
    for _ in range(10):  # Each asks before the next comes: else it is one of those that are counted.
        kept.append(served.connect())
        assert is_open(kept[-1])
    assert all(is_open(one) for one in kept)
    assert served.refusals.counts == {}


def test_makes_room_among_all_by_the_quietest(serve):
    served = serve(connections_max=4)
    idle = served.connect()
    assert is_open(idle)
    silent_ones = silent(served, 3)
    newest = served.connect()
    until(lambda: served.refusals.counts == {Refusal.TOO_MANY_CONNECTIONS: 1})
    assert [is_open(one) for one in [*silent_ones, idle, newest]] == [False, True, True, True, True]


def test_answers_503_when_all_are_busy(serve):
    served = serve(connections_max=2)
    served.application.may_answer.clear()
    busy = [served.connect() for _ in range(2)]
    for one in busy:
        one.sendall(WHOLE)
    until(lambda: len(served.application.asked) == 2)
    refused = read_all(served.connect())
    assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"retry-after: 5\r\n" in refused
    assert served.refusals.counts == {Refusal.TOO_MANY_CONNECTIONS: 1}
    served.application.may_answer.set()
    assert all(b"200 OK" in one.recv(65536) for one in busy)
    assert is_open(served.connect())  # An idle one gives way.


def test_answers_503_to_an_address_that_has_all_it_may(serve):
    served = serve(per_address_max=2)
    kept = [served.connect() for _ in range(2)]
    assert all(is_open(one) for one in kept)
    assert read_all(served.connect()).startswith(b"HTTP/1.1 503 ")
    assert served.refusals.counts == {Refusal.TOO_MANY_OF_ONE_ADDRESS: 1}
    assert is_open(served.connect("127.0.0.2"))
    kept.pop().close()
    until(lambda: len(served.connections) == 2)
    assert is_open(served.connect())


def test_keeps_only_so_many_that_it_turns_away(serve, monkeypatch):
    monkeypatch.setattr("app.api.server.uvicorn_http.LINGERING_MAX", 1)
    served = serve(connections_max=2, per_address_max=1)
    assert is_open(served.connect())
    answers = [served.connect() for _ in range(4)]
    assert [read_all(one)[:12] for one in answers].count(b"HTTP/1.1 503") == 2
    assert served.refusals.counts == {Refusal.TOO_MANY_OF_ONE_ADDRESS: 4}


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.7"),
        ("", ""),
    ],
)
def test_counts_a_network_of_ipv6_as_one_address(host, counted):
    assert counted_address(host) == counted


class Transport:
    def __init__(self):
        self.left = 100_000
        self.closing = self.aborted = False

    def get_write_buffer_size(self):
        return self.left

    def get_extra_info(self, name):
        assert name == "socket"
        return self

    def fileno(self):
        return -1  # Of a socket that is closed: then only what waits here counts.

    def is_closing(self):
        return self.closing

    def abort(self):
        self.aborted = True


class Quiet:
    def __init__(self):
        self.transport = Transport()
        self.address = "192.0.2.7"


@pytest.fixture
async def kept(monkeypatch):
    """A connection among those of a process, and a function that looks at all of them after so many seconds."""
    clock = [100.0]
    monkeypatch.setattr(connections_module, "_now", lambda: clock[0])
    made = Connections(Limits(10, None, stall_seconds=0.3, closing_seconds=0.3), Refusals())
    connection = Quiet()
    made.join(connection)

    def look_after(seconds):
        made._timer.cancel()
        clock[0] += seconds
        made._look()

    yield made, connection, look_after
    made.leave(connection)
    if made._timer is not None:
        made._timer.cancel()


async def test_aborts_what_is_closing_but_is_not_taken(kept):
    _, connection, look_after = kept
    look_after(5)
    assert not connection.transport.aborted
    connection.transport.closing = True
    look_after(0.1)
    look_after(0.3)
    assert not connection.transport.aborted
    look_after(0.1)
    assert connection.transport.aborted


async def test_leaves_alone_who_takes_enough_of_what_is_closing(kept):
    connections, connection, look_after = kept
    connection.transport.left = 1_000_000
    connection.transport.closing = True
    for _ in range(10):
        connection.transport.left -= 70_000
        look_after(0.06)
    assert not connection.transport.aborted
    look_after(0.4)
    assert connection.transport.aborted
    assert connections.refusals.counts == {}


async def test_begins_to_count_anew_when_what_is_closing_is_taken_again(kept):
    connections, connection, look_after = kept
    connection.transport.closing = True
    for _ in range(10):
        connections.flow(connection)
        look_after(0.06)
    assert not connection.transport.aborted


async def test_leaves_alone_who_takes_enough_of_what_waits(kept):
    connections, connection, look_after = kept
    connection.transport.left = 1_000_000
    connections.stall(connection)
    for _ in range(10):
        connection.transport.left -= 70_000
        look_after(0.06)
    assert not connection.transport.aborted
    look_after(0.4)
    assert connection.transport.aborted
    assert connections.refusals.counts == {Refusal.SLOW_READER: 1}


async def test_forgets_who_takes_it_again(kept):
    connections, connection, look_after = kept
    connections.stall(connection)
    connections.flow(connection)
    look_after(5)
    assert not connection.transport.aborted


async def test_looks_no_longer_when_nobody_is_left(kept):
    connections, connection, look_after = kept
    connections.leave(connection)
    look_after(1)
    assert connections._timer is None
    assert len(connections) == 0
    assert not connections._of_address
