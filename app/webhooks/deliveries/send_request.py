"""One HTTP request to a subscriber: vetted, bounded in time and size. A failure names the stage that failed."""

import errno
import ssl
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.kernel.clock import utc_now
from app.webhooks.client_tls import PUBLIC_TLS, ClientTls, tls_context
from app.webhooks.deliveries.answer_reader import AnswerReader, NotAnAnswer
from app.webhooks.deliveries.connection import ClosedWithoutAnswer, NotConnected, TlsFailed
from app.webhooks.deliveries.deadlines import Deadline, Deadlines
from app.webhooks.deliveries.hidden_values import NOTHING_HIDDEN, HiddenValues
from app.webhooks.deliveries.proxy import ProxyFailed, ProxyRefused
from app.webhooks.deliveries.transport import CONNECTIONS_MAX, Exchange, Origin, Ready, Transport
from app.webhooks.egress import Blocked, EgressRules, NotAllowedHere, ResolverUnavailable, Unresolvable, check_url
from app.webhooks.retry_schedule import STATUSES_THAT_MAY_ASK, retry_after
from app.webhooks.webhook_url import WebhookUrl

DEADLINE_SECONDS = 15.0
CLIENTS_MAX = 1_000
OPEN_CONNECTIONS_MAX = CLIENTS_MAX * CONNECTIONS_MAX
"""Connections to all endpoints together, in use or kept for the next request."""
ANSWER_BYTES_KEPT_MAX = 4_096
ERROR_CHARACTERS_MAX = 500
SUCCESS = range(200, 300)
STATUS_GONE = 410
DESTINATIONS_MAX = 4_096
"""How many URLs are remembered."""

_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}


class FaultOfOurs(Exception):
    """The request could not be made for a reason on our side. This does not count as an attempt."""


@dataclass(slots=True)  # One that is frozen takes ten times as long to make.
class Answer:
    """The result of a request: `status`, or the `error` by stage (`dns: …`, `blocked: …`, `connect: …`, `tls: …`,
    `timeout: …`, `status: …`), and the beginning of the body as text without NULs. `connect_seconds` says how long it
    took to connect: 0 if a connection was there.
    """

    duration_ms: int
    status: int | None = None
    error: str | None = None
    body: str | None = None
    retry_after: timedelta | None = None
    connect_seconds: float = 0.0

    @property
    def is_success(self) -> bool:
        """A complete answer with a 2xx status."""
        return self.error is None

    @property
    def is_gone(self) -> bool:
        """410: the receiver wants no more messages."""
        return self.status == STATUS_GONE


class Sender:
    """Long-lived connections, kept apart by endpoint. Beyond `CLIENTS_MAX` endpoints the least recent are closed.

    :param deadline_seconds: for a whole request, from the DNS query to the last byte of the body.
    :param trust: the certificates to trust; by default those that ship with httpx.
    """

    def __init__(
        self, rules: EgressRules, *, deadline_seconds: float = DEADLINE_SECONDS, trust: ssl.SSLContext | None = None
    ) -> None:
        self._rules = rules
        self._deadlines = Deadlines(deadline_seconds)
        self._trust = trust or tls_context(PUBLIC_TLS)
        self._transports: OrderedDict[object, Transport] = OrderedDict()
        self._destinations: dict[str, _Destination] = {}
        self._in_use: dict[object, int] = {}

    async def send(
        self,
        endpoint: object,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        tls: ClientTls = PUBLIC_TLS,
        hidden: HiddenValues = NOTHING_HIDDEN,
        ready: Ready | None = None,
    ) -> Answer:
        """POST `body` once; redirects are not followed. `endpoint` says whose connections to use, `tls` what they are
        secured with, `hidden` what is blanked out of the answer. When it is connected, it waits for `ready`; that is no
        time of the receiver's.

        :raises FaultOfOurs: it failed, and the receiver is not to blame.
        """
        clock = _Clock()
        connections = endpoint if tls is PUBLIC_TLS or tls == PUBLIC_TLS else (endpoint, tls)
        transport = self._transport(connections, tls)
        self._in_use[connections] = self._in_use.get(connections, 0) + 1
        exchange: Exchange | None = None
        error = None
        try:
            # A deadline for all of it: with a timeout for each read, a slow receiver could go on for ever.
            with self._deadlines.begin() as deadline:
                destination = self._destination(url)
                exchange = await transport.request(
                    destination.origin,
                    destination.request(headers, body),
                    ready=None if ready is None else clock.stopped_during(ready, deadline),
                )
                await exchange.read_body()
        except Exception as failure:  # noqa: BLE001 - each kind is told apart by `_failure`, and the unknown one raised
            error = _failure(failure, self._deadlines.seconds)
        finally:
            self._in_use[connections] -= 1
            if exchange is not None:
                exchange.close()
        return _answer(exchange, error, clock, hidden)

    async def close(self) -> None:
        """Close all connections."""
        self._deadlines.stop_timer()
        while self._transports:
            _, transport = self._transports.popitem()
            transport.close()

    def _destination(self, url: str) -> "_Destination":
        """Where a URL leads, read once.

        :raises Blocked: it may not be sent to.
        """
        destination = self._destinations.get(url)
        if destination is None:
            if len(self._destinations) >= DESTINATIONS_MAX:
                self._destinations.clear()
            destination = self._destinations[url] = _Destination(check_url(url, self._rules))
        return destination

    def _transport(self, connections: object, tls: ClientTls) -> Transport:
        transport = self._transports.get(connections)
        if transport is None:
            trust = self._trust if tls == PUBLIC_TLS else tls_context(tls)
            transport = self._transports[connections] = Transport(self._rules, trust=trust)
        self._transports.move_to_end(connections)
        if len(self._transports) > CLIENTS_MAX:
            idle = next((key for key in self._transports if not self._in_use.get(key)), None)
            if idle is not None and idle != connections:
                self._in_use.pop(idle, None)
                self._transports.pop(idle).close()
        return transport


class _Clock:
    """How long a request takes, without what it waits for its turn."""

    __slots__ = ("_started",)

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def milliseconds(self) -> int:
        return round((time.monotonic() - self._started) * 1000)

    def stopped_during(self, ready: Ready, deadline: Deadline) -> Ready:
        """The same, after which clock and deadline go on as if no time had passed."""

        async def wait() -> None:
            began, left = time.monotonic(), deadline.pause()
            await ready()
            self._started += time.monotonic() - began
            deadline.go_on(left)

        return wait


class _Destination:
    """Where a URL leads, and the first lines of a request to it."""

    __slots__ = ("_first_lines", "origin")

    def __init__(self, url: WebhookUrl) -> None:
        self.origin: Origin = (url.scheme, url.host, url.port)
        # A compressed answer would stay compressed, so that a small one cannot expand.
        self._first_lines = (
            f"POST {url.target} HTTP/1.1\r\nhost: {url.host_header}\r\naccept-encoding: identity\r\n".encode()
        )

    def request(self, headers: Mapping[str, str], body: bytes) -> bytes:
        """The octets of a request."""
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        assert lines.count("\n") == lines.count("\r") == len(headers), "a line break would begin another header"
        return b"%b%bcontent-length: %d\r\n\r\n%b" % (self._first_lines, lines.encode(), len(body), body)


def _answer(exchange: Exchange | None, error: str | None, clock: _Clock, hidden: HiddenValues) -> Answer:
    if exchange is None:
        return Answer(clock.milliseconds, error=error)
    reader = exchange.reader
    status = reader.status
    assert status is not None, "the head has come"
    if error is None and status not in SUCCESS:
        error = f"status: the receiver answered {status}"
    # Blanked first, since what is cut off in the middle of a secret no longer equals it.
    body = hidden.blank(reader.body.replace(b"\x00", b""), bytes_max=ANSWER_BYTES_KEPT_MAX)
    return Answer(
        clock.milliseconds,
        status=status,
        error=error,
        body=body.decode(errors="replace"),
        retry_after=_retry_after(reader, status) if status in STATUSES_THAT_MAY_ASK else None,
        connect_seconds=exchange.connect_seconds,
    )


def _retry_after(reader: AnswerReader, status: int) -> timedelta | None:
    asked = next((value for name, value in reader.headers if name == b"retry-after"), None)
    return None if asked is None else retry_after(status, asked.decode("latin-1"), now=utc_now())


def _failure(error: Exception, deadline_seconds: float) -> str:
    """The failure, with its stage.

    :raises FaultOfOurs: the receiver is not to blame.
    """
    reason = error.__cause__ or error
    if isinstance(error, NotAllowedHere):
        raise FaultOfOurs(f"this worker's settings forbid what others allowed: {error}") from error
    if isinstance(error, ResolverUnavailable | ProxyFailed) or (
        isinstance(reason, OSError) and reason.errno in _OUT_OF_RESOURCES
    ):
        raise FaultOfOurs(str(reason)) from error
    match error:
        case Blocked() | ProxyRefused():
            text = f"blocked: {error}"
        case Unresolvable():
            text = f"dns: {error}"
        case NotConnected():
            text = f"connect: {error}"
        case TlsFailed():
            text = f"tls: {error}"
        case ClosedWithoutAnswer() | NotAnAnswer():
            text = f"status: {error}"
        case TimeoutError():
            text = f"timeout: no complete answer within {deadline_seconds:g} s"
        case _:
            raise error
    storable = text.replace("\x00", "").encode(errors="replace").decode()
    return storable[:ERROR_CHARACTERS_MAX]
