"""One HTTP request to a subscriber: vetted, bounded in time and size, its failure told by stage."""

import asyncio
import errno
import ssl
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from app.kernel.clock import utc_now
from app.webhooks.egress import (
    Blocked,
    EgressRules,
    ResolverUnavailable,
    Unresolvable,
    VettedResolver,
    check_url,
    vetted_socket,
)
from app.webhooks.retry_schedule import retry_after

DEADLINE_SECONDS = 15.0
CONNECT_TIMEOUT_SECONDS = 5.0
KEEP_ALIVE_SECONDS = 4.0
"""Less than the five seconds of common servers: a connection they are closing cannot carry a request."""
CONNECTIONS_PER_ENDPOINT_MAX = 8
CLIENTS_MAX = 1_000
ANSWER_BYTES_READ_MAX = 65_536
ANSWER_BYTES_KEPT_MAX = 4_096
ERROR_CHARACTERS_MAX = 500
STATUS_GONE = 410

_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}


class FaultOfOurs(Exception):
    """The request could not be made for a reason on our side. It counts as no attempt."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: `status`, or the `error` by stage (`dns: …`, `blocked: …`, `connect: …`, `tls: …`,
    `timeout: …`, `status: …`), and the beginning of the body as text without NULs.
    """

    duration_ms: int
    status: int | None = None
    error: str | None = None
    body: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """2xx and nothing else, completely answered."""
        return self.error is None

    @property
    def is_gone(self) -> bool:
        """410: the receiver wants no more."""
        return self.status == STATUS_GONE


class Sender:
    """Long-lived clients, one for each endpoint, the least recently used closed beyond `CLIENTS_MAX`.

    :param deadline_seconds: for a whole request, from the name server's answer to the last byte of the body.
    :param trust: the certificates to trust; by default those that ship with httpx.
    """

    def __init__(
        self, rules: EgressRules, *, deadline_seconds: float = DEADLINE_SECONDS, trust: ssl.SSLContext | None = None
    ) -> None:
        self._rules = rules
        self._deadline_seconds = deadline_seconds
        self._trust = trust or httpx.create_ssl_context(trust_env=False)
        self._clients: OrderedDict[object, httpx.AsyncClient] = OrderedDict()
        self._in_use: dict[object, int] = {}

    async def send(self, endpoint: object, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST `body` once; redirects are not followed. `endpoint` says whose connections to use.

        :raises FaultOfOurs: nothing came of it, and the receiver is not to blame.
        """
        started = time.monotonic()
        client = await self._client(endpoint)
        self._in_use[endpoint] = self._in_use.get(endpoint, 0) + 1
        try:
            # An overall deadline: a timeout for each read never ends a slow drip.
            async with asyncio.timeout(self._deadline_seconds):
                check_url(url, self._rules)
                answer = await _exchange(client, url, headers, body, started)
        except Exception as error:  # noqa: BLE001 - each kind is told apart by `_failure`, and the unknown one raised
            return Answer(_milliseconds_since(started), error=_failure(error, self._deadline_seconds))
        finally:
            self._in_use[endpoint] -= 1
        return answer

    async def close(self) -> None:
        """Close all connections."""
        while self._clients:
            _, client = self._clients.popitem()
            await client.aclose()

    async def _client(self, endpoint: object) -> httpx.AsyncClient:
        client = self._clients.get(endpoint)
        if client is None:
            client = self._clients[endpoint] = self._new_client()
        self._clients.move_to_end(endpoint)
        if len(self._clients) > CLIENTS_MAX:
            idle = next((key for key in self._clients if not self._in_use.get(key)), None)
            if idle is not None and idle != endpoint:
                self._in_use.pop(idle, None)
                await self._clients.pop(idle).aclose()
        return client

    def _new_client(self) -> httpx.AsyncClient:
        def session() -> aiohttp.ClientSession:
            connector = aiohttp.TCPConnector(
                resolver=VettedResolver(self._rules),
                use_dns_cache=False,  # A name is resolved at each connection, and that answer is the one used.
                socket_factory=vetted_socket(self._rules),
                limit=CONNECTIONS_PER_ENDPOINT_MAX,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
                ssl=self._trust,
            )
            return aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                skip_auto_headers=("accept", "accept-encoding"),
            )

        return httpx.AsyncClient(
            transport=AiohttpTransport(client=session, trust_env=False, verify=self._trust),
            timeout=httpx.Timeout(
                self._deadline_seconds, connect=CONNECT_TIMEOUT_SECONDS, pool=CONNECT_TIMEOUT_SECONDS
            ),
            follow_redirects=False,
            trust_env=False,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        )


async def _exchange(
    client: httpx.AsyncClient, url: str, headers: Mapping[str, str], body: bytes, started: float
) -> Answer:
    sent = {**headers, "accept-encoding": "identity"}
    async with client.stream("POST", url, content=body, headers=sent) as response:
        kept = bytearray()
        read = 0
        # Raw: a compressed answer stays compressed, so that a small one cannot grow large.
        async for chunk in response.aiter_raw():
            read += len(chunk)
            kept += chunk[: max(ANSWER_BYTES_KEPT_MAX - len(kept), 0)]
            if read >= ANSWER_BYTES_READ_MAX:
                break
        return Answer(
            _milliseconds_since(started),
            status=response.status_code,
            error=None if response.is_success else f"status: the receiver answered {response.status_code}",
            body=kept.decode(errors="replace").replace("\x00", ""),
            retry_after=retry_after(response.status_code, response.headers.get("retry-after"), now=utc_now()),
        )


def _failure(error: Exception, deadline_seconds: float) -> str:
    """The failure by stage.

    :raises FaultOfOurs: it is not the receiver's.
    """
    cause = _original(error)
    if isinstance(cause, ResolverUnavailable) or (isinstance(cause, OSError) and cause.errno in _OUT_OF_RESOURCES):
        raise FaultOfOurs(str(cause)) from error
    match cause:
        case Blocked():
            text = f"blocked: {cause}"
        case Unresolvable() | aiohttp.ClientConnectorDNSError():
            text = f"dns: {cause}"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            text = f"tls: {cause}"
        case aiohttp.ConnectionTimeoutError():
            text = f"connect: no connection within {CONNECT_TIMEOUT_SECONDS:g} s"
        case TimeoutError():
            text = f"timeout: no complete answer within {deadline_seconds:g} s"
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError() | ValueError():
            text = f"status: what came back is not a complete HTTP answer: {cause}"
        case aiohttp.ClientError() | OSError():
            text = f"connect: {cause}"
        case _:
            raise error
    storable = text.replace("\x00", "").encode(errors="replace").decode()
    return storable[:ERROR_CHARACTERS_MAX]


def _original(error: BaseException) -> BaseException:
    """What httpx's exception stands for; of a connection that failed, the reason on our side if it has one."""
    cause: BaseException = error
    while isinstance(cause, httpx.HTTPError) and cause.__cause__ is not None:
        cause = cause.__cause__
    reason = getattr(cause, "os_error", None)
    return reason if isinstance(reason, OSError) and reason.errno in _OUT_OF_RESOURCES else cause


def _milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
