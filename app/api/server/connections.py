"""The open connections of one process: how many there may be, and for how long each may be quiet.

Each connection is in the list of what it waits for, in the order in which it began to wait. All in one list may wait
equally long, so one timer checks the heads of the lists, and a request needs no timer of its own.
"""

import asyncio
import fcntl
import struct
import termios
from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple, Protocol

from app.api.server.limits import STALL_BYTES, Limits
from app.api.server.refusals import Refusal, Refusals

LOOK_EVERY_SECONDS = 1.0
NETWORK_BITS = 64  # A network of IPv6 counts as one address: its owner has all of it.


class Connection(Protocol):
    """What is kept of a connection."""

    transport: asyncio.Transport
    address: str

    def end_quietly(self) -> None:
        """Close it: there is nothing to tell."""

    def end_slow_head(self) -> None:
        """Refuse the request whose head does not come."""

    def end_slow_body(self) -> None:
        """Refuse the request whose body does not come."""


class _Untaken(NamedTuple):
    """The bytes that wait for a client, and when it last took enough of them."""

    since: float
    bytes_left: int


class Connections:
    """All of one process."""

    def __init__(self, limits: Limits, refusals: Refusals) -> None:
        self.limits = limits
        self.refusals = refusals
        self.unfinished: dict[Connection, float] = {}
        self.bodies: dict[Connection, float] = {}
        self.idle: dict[Connection, float] = {}
        self._stalled: dict[Connection, _Untaken] = {}
        self._closing: dict[Connection, _Untaken] = {}
        self._open: dict[Connection, str] = {}
        self._of_address: Counter[str] = Counter()
        self._unfinished_of_address: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Connection) -> Refusal | None:
        """Take a new connection in, or say why not. The one that was silent for longest makes room for it."""
        address = connection.address
        most = self.limits.per_address_max
        if most is not None and self._of_address[address] >= most:
            return Refusal.TOO_MANY_OF_ONE_ADDRESS
        if self._unfinished_of_address[address] >= self.limits.unfinished_per_address_max:
            self._end_one(Refusal.TOO_MANY_UNFINISHED, (one for one in self.unfinished if one.address == address))
        if len(self._open) >= self.limits.connections_max and not self._make_room():
            return Refusal.TOO_MANY_CONNECTIONS
        self.join(connection)
        self.begin_head(connection)
        return None

    def join(self, connection: Connection) -> None:
        """Count a connection in, such as one that has become a WebSocket."""
        self._open[connection] = connection.address
        self._of_address[connection.address] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_SECONDS, self._look)

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is closed, or has become another."""
        address = self._open.pop(connection, None)
        if address is None:
            return
        _count_down(self._of_address, address)
        self.end_head(connection)
        for waiting in (self.bodies, self.idle, self._stalled, self._closing):
            waiting.pop(connection, None)

    def begin_head(self, connection: Connection) -> None:
        """Wait for the head of a request."""
        if connection not in self.unfinished:
            self.unfinished[connection] = _now()
            self._unfinished_of_address[connection.address] += 1

    def end_head(self, connection: Connection) -> None:
        """It has come."""
        if self.unfinished.pop(connection, None) is not None:
            _count_down(self._unfinished_of_address, connection.address)

    def stall(self, connection: Connection) -> None:
        """The client does not take what waits for it."""
        self._stalled[connection] = _Untaken(_now(), _bytes_left(connection.transport))

    def flow(self, connection: Connection) -> None:
        """It takes it again."""
        for waiting in (self._stalled, self._closing):
            waiting.pop(connection, None)

    def _make_room(self) -> bool:
        return self._end_one(Refusal.TOO_MANY_CONNECTIONS, iter(self.unfinished)) or self._end_one(
            Refusal.TOO_MANY_CONNECTIONS, iter(self.idle)
        )

    def _end_one(self, refusal: Refusal, candidates: Iterator[Connection]) -> bool:
        quietest = next(candidates, None)
        if quietest is None:
            return False
        self.refusals.note(refusal, quietest.address)
        self.leave(quietest)
        quietest.transport.abort()
        return True

    def _look(self) -> None:
        """End whoever has been quiet for too long."""
        self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_SECONDS, self._look) if self._open else None
        now = _now()
        limits = self.limits
        self._end_overdue(self.unfinished, now - limits.head_seconds, lambda one: one.end_slow_head())
        self._end_overdue(self.bodies, now - limits.body_seconds, lambda one: one.end_slow_body())
        self._end_overdue(self.idle, now - limits.idle_seconds, lambda one: one.end_quietly())
        self._end_stalled(now)
        self._end_closing(now)
        self.refusals.tell()

    def _end_overdue(self, waiting: dict[Connection, float], until: float, end: Callable[[Connection], None]) -> None:
        while waiting:
            connection, since = next(iter(waiting.items()))
            if since > until:
                return
            if waiting is self.unfinished:
                self.end_head(connection)
            else:
                del waiting[connection]
            end(connection)

    def _end_stalled(self, now: float) -> None:
        for connection in _who_took_too_little(self._stalled, now, self.limits.stall_seconds):
            self.refusals.note(Refusal.SLOW_READER, connection.address)
            connection.transport.abort()

    def _end_closing(self, now: float) -> None:
        """End transports whose client does not read: they close only when all is taken, which could take for ever."""
        for connection in self._open:
            if (
                connection.transport.is_closing()
                and connection not in self._stalled
                and connection not in self._closing
            ):
                self._closing[connection] = _Untaken(now, _bytes_left(connection.transport))
        for connection in _who_took_too_little(self._closing, now, self.limits.closing_seconds):
            connection.transport.abort()


def _who_took_too_little(waiting: dict[Connection, _Untaken], now: float, seconds: float) -> Iterator[Connection]:
    for connection, untaken in list(waiting.items()):
        left = _bytes_left(connection.transport)
        if left + STALL_BYTES <= untaken.bytes_left:
            waiting[connection] = _Untaken(now, left)
        elif now - untaken.since > seconds:
            del waiting[connection]
            yield connection


def _bytes_left(transport: asyncio.Transport) -> int:
    """How much waits for the client, here and in the system's queue.

    The system says that it has room again only when a third of its queue is free, which is more than a megabyte: what
    waits here may not shrink for minutes, although a slow client reads on.
    """
    left = transport.get_write_buffer_size()
    connected = transport.get_extra_info("socket")
    try:
        return left + int(struct.unpack("i", fcntl.ioctl(connected.fileno(), termios.TIOCOUTQ, bytes(4)))[0])
    except (OSError, ValueError):  # Closed meanwhile, or of a kind that does not say.
        return left


def counted_address(host: str) -> str:
    """What the connections of this host are counted by."""
    try:
        address = ip_address(host)
    except ValueError:
        return host  # A unix socket.
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> NETWORK_BITS << NETWORK_BITS)) + f"/{NETWORK_BITS}"
    return host


def _count_down(counter: Counter[str], address: str) -> None:
    counter[address] -= 1
    if counter[address] <= 0:
        del counter[address]


def _now() -> float:
    return asyncio.get_running_loop().time()
