"""The settings of webhooks: a part of `app.settings`, which reads them."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, TypeAlias
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

Network: TypeAlias = IPv4Network | IPv6Network
PORT_MAX = 65_535
HTTP_PORT = 80
RETRIES_MAX = 100
RETENTION_DAYS_MAX = 36_500
RETRY_WAIT_SECONDS_MAX = 7 * 86_400
RetryWait = Annotated[float, Field(ge=0, le=RETRY_WAIT_SECONDS_MAX)]


@dataclass(frozen=True, slots=True)
class Proxy:
    """A forward proxy; `authorization` is the value of `Proxy-Authorization`, or None."""

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)


def read_proxy(text: str) -> Proxy:
    """`http://[user:password@]host[:port]`.

    :raises ValueError: it is not written so.
    """
    try:
        url = urlsplit(text.strip())
        host, port = url.hostname, url.port or HTTP_PORT
    except ValueError:
        host, port = None, 0
    if host is None or url.scheme != "http" or url.path not in {"", "/"} or url.query or url.fragment:
        # The value may have a password in it.
        message = "it is not written http://[user:password@]host[:port]"
        raise ValueError(message)
    if url.username is None:
        return Proxy(host, port)
    user = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return Proxy(host, port, f"Basic {b64encode(user.encode()).decode()}")


def listed(read: Callable[[str], Any]) -> BeforeValidator:
    """Reads a text as a list: what stands between commas, and is not blank."""

    def values_of(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(read(part.strip()) for part in value.split(",") if part.strip())

    return BeforeValidator(values_of)


def _ports(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    try:
        first, last = int(low), int(high or low)
    except ValueError:
        first = last = 0
    if not 1 <= first <= last <= PORT_MAX:
        message = f"{text} is no port, or range of ports, between 1 and {PORT_MAX}"
        raise ValueError(message)
    return first, last


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        message = f"{text} is no number of seconds"
        raise ValueError(message) from None


class WebhookSettings(BaseSettings):
    """Where webhooks may go, when they are tried again, and when an endpoint is paused."""

    webhook_allowed_networks: Annotated[tuple[Network, ...] | None, NoDecode, listed(ip_network)] = Field(
        default=None,
        description=(
            "Private networks that webhooks may reach, as CIDRs separated by commas. "
            "Unset: loopback when embedded, else none."
        ),
    )
    webhook_allow_http: bool | None = Field(
        default=None, description="Whether webhooks may go to plain http. Unset: true when embedded, else false."
    )
    webhook_allowed_ports: Annotated[tuple[tuple[int, int], ...], NoDecode, listed(_ports)] = Field(
        default=((80, 80), (443, 443), (8000, 9000)),
        description="Ports of public addresses that webhooks may reach: `80,443,8000-9000`. In an allowed network any.",
    )
    webhook_proxy: str | None = Field(
        default=None,
        description=(
            "A forward proxy that all webhooks go through, as `http://user:password@proxy:3128`. It must allow CONNECT "
            "to the addresses and ports that webhooks go to. Unset: none, whatever `HTTPS_PROXY` says."
        ),
    )
    webhook_retry_schedule_seconds: Annotated[tuple[RetryWait, ...], NoDecode, listed(_seconds)] = Field(
        default=(5, 30, 120, 600, 1800, 3600, 7200, 18_000, 36_000, 50_400, 72_000, 86_400),
        max_length=RETRIES_MAX,
        description=(
            "Seconds to wait after each failed attempt, at most a week each, separated by commas; "
            "each wait varies by a fifth. "
            "One more attempt than there are waits is made."
        ),
    )

    webhook_pause_after_seconds: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        description="How long an endpoint must fail without a success, ten times or more, before it is paused.",
    )
    webhook_probe_seconds: float = Field(
        default=30.0,
        ge=1,
        le=3_600,
        description=(
            "How long after its pause an endpoint is tried again. Each failure doubles the wait, up to 20 times this."
        ),
    )

    retention_delivered_days: float | None = Field(
        default=None,
        gt=0,
        le=RETENTION_DAYS_MAX,
        description=(
            "For how many days webhook deliveries stay after they were delivered or cancelled, with their attempts. "
            "Unset: for good. Events stay in any case."
        ),
    )
    retention_exhausted_days: float | None = Field(
        default=90.0,
        gt=0,
        le=RETENTION_DAYS_MAX,
        description="For how many days webhook deliveries stay after their last attempt failed.",
    )
    retention_attempts_days: float | None = Field(
        default=None,
        gt=0,
        le=RETENTION_DAYS_MAX,
        description=(
            "For how many days the attempts of webhook deliveries stay, with what was answered. "
            "Unset: as long as their deliveries."
        ),
    )

    @field_validator("webhook_proxy")
    @classmethod
    def _proxy(cls, value: str | None) -> str | None:
        if not value:
            return None
        read_proxy(value)
        return value
