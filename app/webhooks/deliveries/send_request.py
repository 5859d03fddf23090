"""One HTTP request to a subscriber: vetted, bounded in time and size. A failure names the stage that failed."""

import asyncio
import errno
import functools
import ssl
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx

from app.kernel.clock import utc_now
from app.webhooks.deliveries.answer_reader import NotAnAnswer
from app.webhooks.deliveries.connection import ClosedWithoutAnswer, NotConnected, TlsFailed
from app.webhooks.deliveries.transport import CONNECTIONS_MAX, WebhookTransport
from app.webhooks.egress import Blocked, EgressRules, ResolverUnavailable, Unresolvable, check_url
from app.webhooks.retry_schedule import retry_after

DEADLINE_SECONDS = 15.0
CLIENTS_MAX = 1_000
OPEN_CONNECTIONS_MAX = CLIENTS_MAX * CONNECTIONS_MAX
"""Connections to all endpoints together, in use or kept for the next request."""
ANSWER_BYTES_KEPT_MAX = 4_096
ERROR_CHARACTERS_MAX = 500
STATUS_GONE = 410

_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}


class FaultOfOurs(Exception):
    """The request could not be made for a reason on our side. This does not count as an attempt."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a request: `status`, or the `error` by stage (`dns: …`, `blocked: …`, `connect: …`, `tls: …`,
    `timeout: …`, `status: …`), and the beginning of the body as text without NULs.
    """

    duration_ms: int
    status: int | None = None
    error: str | None = None
    body: str | None = None
    retry_after: timedelta | None = None

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
        self._deadline_seconds = deadline_seconds
        self._trust = trust or httpx.create_ssl_context(trust_env=False)
        self._transports: OrderedDict[object, WebhookTransport] = OrderedDict()
        self._in_use: dict[object, int] = {}

    async def send(self, endpoint: object, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST `body` once; redirects are not followed. `endpoint` says whose connections to use.

        :raises FaultOfOurs: it failed, and the receiver is not to blame.
        """
        started = time.monotonic()
        transport = await self._transport(endpoint)
        self._in_use[endpoint] = self._in_use.get(endpoint, 0) + 1
        response: httpx.Response | None = None
        error, kept = None, b""
        try:
            # A deadline for all of it: with a timeout for each read, a slow receiver could go on for ever.
            async with asyncio.timeout(self._deadline_seconds):
                response = await transport.handle_async_request(self._request(url, headers, body))
                kept = await _beginning_of(response)
        except Exception as failure:  # noqa: BLE001 - each kind is told apart by `_failure`, and the unknown one raised
            error = _failure(failure, self._deadline_seconds)
        finally:
            self._in_use[endpoint] -= 1
            if response is not None:
                await response.aclose()
        return _answer(response, error, kept, started)

    async def close(self) -> None:
        """Close all connections."""
        while self._transports:
            _, transport = self._transports.popitem()
            await transport.aclose()

    def _request(self, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Request:
        destination = check_url(url, self._rules)
        return httpx.Request(
            "POST",
            _origin(destination.scheme, destination.host_header),
            headers={"host": destination.host_header, "accept-encoding": "identity", **headers},
            content=body,
            # httpx would encode and decode parts of it.
            extensions={"target": destination.target.encode()},
        )

    async def _transport(self, endpoint: object) -> WebhookTransport:
        transport = self._transports.get(endpoint)
        if transport is None:
            transport = self._transports[endpoint] = WebhookTransport(self._rules, trust=self._trust)
        self._transports.move_to_end(endpoint)
        if len(self._transports) > CLIENTS_MAX:
            idle = next((key for key in self._transports if not self._in_use.get(key)), None)
            if idle is not None and idle != endpoint:
                self._in_use.pop(idle, None)
                await self._transports.pop(idle).aclose()
        return transport


@functools.lru_cache(maxsize=4_096)
def _origin(scheme: str, authority: str) -> httpx.URL:
    return httpx.URL(f"{scheme}://{authority}/")


async def _beginning_of(response: httpx.Response) -> bytes:
    # Raw: a compressed answer stays compressed, so that a small one cannot expand.
    return b"".join([chunk async for chunk in response.aiter_raw()])[:ANSWER_BYTES_KEPT_MAX]


def _answer(response: httpx.Response | None, error: str | None, body: bytes, started: float) -> Answer:
    if response is None:
        return Answer(_milliseconds_since(started), error=error)
    status = response.status_code
    if error is None and not response.is_success:
        error = f"status: the receiver answered {status}"
    return Answer(
        _milliseconds_since(started),
        status=status,
        error=error,
        body=body.decode(errors="replace").replace("\x00", ""),
        retry_after=retry_after(status, response.headers.get("retry-after"), now=utc_now()),
    )


def _failure(error: Exception, deadline_seconds: float) -> str:
    """The failure, with its stage.

    :raises FaultOfOurs: the receiver is not to blame.
    """
    reason = error.__cause__ or error
    if isinstance(error, ResolverUnavailable) or (isinstance(reason, OSError) and reason.errno in _OUT_OF_RESOURCES):
        raise FaultOfOurs(str(reason)) from error
    match error:
        case Blocked():
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


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
