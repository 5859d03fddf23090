"""The settings: the only module that reads the environment.

Each field's `description` is its documentation (`docs/settings.md` is generated from it).
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source

from app.kafka_settings import KAFKA_SECRETS, KafkaSettings
from app.kernel.origins import read_origin
from app.kernel.redis_url import check_redis_url
from app.kernel.wanted_settings import what_is_wanted
from app.telemetry_settings import TELEMETRY_SECRETS, TelemetrySettings
from app.webhook_settings import PORT_MAX, Network, WebhookSettings, listed

LOOPBACK_NETWORKS: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
SECRETS = (
    *("DATABASE_URL", "REDIS_URL", "QUAESTOR_SECRET_KEY", "QUAESTOR_SECRET_KEY_OLD", "QUAESTOR_API_KEY"),
    "QUAESTOR_METRICS_KEY",
    "QUAESTOR_WEBHOOK_PROXY",
    *(*KAFKA_SECRETS, *TELEMETRY_SECRETS),
)
# Not for users: what a process that starts several tells each of them.
SIBLING_NUMBER, SIBLING_FOLDER = "QUAESTOR_SIBLING_NUMBER", "QUAESTOR_SIBLING_FOLDER"
Origin = Annotated[str, AfterValidator(read_origin)]
# A single `*` would mean every header.
HeaderName = Annotated[str, Field(pattern=r"^([!#$%&'+.^_`|~0-9a-z-][!#$%&'*+.^_`|~0-9a-z-]*)$")]


class Environment(StrEnum):
    """Which partner products are offered, and how strict the start is."""

    PLAY = "PLAY"
    PLAYLIVE = "PLAYLIVE"
    LIVE = "LIVE"


class WrongSetting(Exception):
    """A setting has a value it may not have. The message names the variable, its value and what it may be."""


def metrics_port_taken(variable: str, port: int, host: str, problem: OSError) -> WrongSetting:
    """What to raise where the port of the metrics that this variable says cannot be listened on."""
    return WrongSetting(
        f"{variable} is {port}, and QUAESTOR_METRICS_HOST {host}: it cannot be listened on there "
        f"({problem.strerror or problem}). Choose a port that is free; each process needs its own."
    )


def _variable(field: str) -> str:
    return f"QUAESTOR_{field.upper()}"


class Settings(KafkaSettings, TelemetrySettings, WebhookSettings):
    """What the environment says, checked: `QUAESTOR_` and the field's name, unless the field has another `alias`."""

    # What pydantic says of a fault would show secrets; `_describe` does not.
    model_config = SettingsConfigDict(
        alias_generator=_variable, extra="ignore", populate_by_name=True, frozen=True, hide_input_in_errors=True
    )

    # An empty address would mean every interface.
    host: str = Field(default="127.0.0.1", min_length=1, description="Address the API listens on.")
    port: int = Field(
        default=8000,
        ge=0,
        le=PORT_MAX,
        description="Port the API listens on; with 0 on any that is free, which the log tells.",
    )
    data_dir: Path = Field(
        default=Path(".quaestor"),
        description="Folder of the embedded servers' data, the first `api-key`, and pid and lock files.",
    )
    database_url: str | None = Field(
        default=None,
        pattern="^postgres(ql)?://",
        alias="DATABASE_URL",
        description="PostgreSQL 15 or later, as `postgresql://user:password@host:5432/name`. Unset: the embedded one.",
    )
    redis_url: str | None = Field(
        default=None,
        pattern="^(rediss?|unix)://",
        alias="REDIS_URL",
        description=(
            "Redis 6.2 or later, or Valkey, as `redis://host:6379`. Only workers use it, and they do without. "
            "Unset: the embedded one of `quaestor dev`, else none."
        ),
    )
    database_pool_size: int = Field(
        default=10,
        ge=2,
        le=1000,
        alias="DATABASE_POOL_SIZE",
        description="Database connections of each process, besides up to four for postings and new events.",
    )
    customers_per_transaction: int = Field(
        default=256,
        ge=1,
        le=1000,
        description=(
            "For how many customers one transaction posts at most, so that many small customers share a commit; and "
            "whether a statement looks up several customers' keys. "
            "`1` keeps each to transactions of its own: for a PostgreSQL that is distributed by customer."
        ),
    )
    environment: Environment = Field(
        default=Environment.PLAYLIVE,
        description="`PLAY`, `PLAYLIVE` or `LIVE`: which partner products are offered, and how strict the start is.",
    )
    secret_key: str | None = Field(
        default=None,
        min_length=32,
        description=(
            "At least 32 characters; encrypts webhook secrets at rest. "
            "Made once in the data folder when everything is embedded; else required."
        ),
    )
    secret_key_old: str | None = Field(
        default=None,
        min_length=32,
        description=(
            "Another key that stored secrets may still be encrypted with, while `QUAESTOR_SECRET_KEY` is changed: "
            "`quaestor secrets rotate` encrypts them anew. Unset: none."
        ),
    )
    simulator_delay_seconds: float = Field(
        default=1.0, ge=0, le=60, description="How long the simulated bank takes to answer, in seconds."
    )
    catalog_file: Path | None = Field(
        default=None,
        description="TOML of partners, partner products, virtual assets and jurisdictions. Unset: the shipped one.",
    )
    graphiql: bool | None = Field(default=None, description="Whether `/` serves GraphiQL. Unset: on, but off in LIVE.")
    console: bool | None = Field(default=None, description="Whether `/console/` is served. Unset: on, but off in LIVE.")
    allowed_origins: Annotated[tuple[Origin, ...], NoDecode, listed(str)] = Field(
        default=(),
        description=(
            "Origins of browser apps that may call the API, separated by commas, as browsers send them: "
            "`https://app.example.com`, `electron://app`, `chrome-extension://…`, `file://`, `null`. "
            "Also this server's own public address, if browsers come by it."
        ),
    )
    allowed_request_headers: Annotated[tuple[HeaderName, ...], NoDecode, listed(str.lower)] = Field(
        default=(),
        description=(
            "Headers that browser apps may send beside Authorization, Content-Type, Accept and X-Request-Id, "
            "separated by commas: `sentry-trace,baggage`."
        ),
    )
    answer_bytes_max: int = Field(
        default=10_000_000,
        ge=10_000,
        le=1_000_000_000,
        description="How large an answer of GraphQL may be, in bytes. A larger one is refused.",
    )
    connections_max: int = Field(
        default=5000,
        ge=10,
        le=1_000_000,
        description=(
            "Connections that one process of the API keeps open, WebSockets too. One more ends the connection that has "
            "been quiet for longest, or is answered 503."
        ),
    )
    streams_max: int = Field(
        default=5000,
        ge=1,
        le=1_000_000,
        description="Subscriptions that one process of the API keeps open, over all keys.",
    )
    streams_per_key_max: int = Field(
        default=2500,
        ge=1,
        le=1_000_000,
        description="Subscriptions that one process of the API keeps open for one key.",
    )
    connections_per_address_max: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description=(
            "How many of them one address may have (in IPv6 a network of 64 bits). "
            "Unset: no such limit, since behind a proxy all have the proxy's address."
        ),
    )
    log_format: Literal["console", "json"] | None = Field(
        default=None, description="`console` or `json`. Unset: console on a terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="`debug`, `info`, `warning` or `error`."
    )
    work_lease_seconds: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="How long a worker may keep a piece of work before another takes it over, in seconds.",
    )
    wait_backup_poll_seconds: float = Field(
        default=2.0,
        gt=0,
        le=3600,
        description="How often a waiting request looks by itself, should a wake-up have been lost, in seconds.",
    )
    url: str | None = Field(
        default=None,
        description=(
            "For the commands that ask the API like any client (`demo`, `listen`, `trigger`, `import`, `export` and "
            "`statement`): which one, as `http://127.0.0.1:8000`. Unset: the running `quaestor dev`. Servers do not "
            "read it."
        ),
    )
    api_key: str | None = Field(
        default=None,
        description="The API key that those commands use. Unset: the first customer's, from the data folder.",
    )
    fast_execution: bool = Field(
        default=True,
        description="Whether plain fields run through generated code instead of graphql-core's generic executor.",
    )

    metrics_key: str | None = Field(
        default=None,
        min_length=16,
        pattern=r"^[!-~]+$",
        description=(
            "At least 16 characters: who sends it as `Authorization: Bearer <key>` may read `/metrics`. Unset: nobody "
            "may on the port of the API; `quaestor dev` makes one in the data folder, as `metrics-key`."
        ),
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=PORT_MAX,
        description="A port for the operator alone, with the API's `/metrics`, `/healthz` and `/readyz`. Unset: none.",
    )
    worker_metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=PORT_MAX,
        description="A port for a worker's `/metrics`, `/healthz` and `/readyz`. Unset: it listens on none.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address that those two ports are listened on. Without a key, whoever reaches them may read.",
    )

    @property
    def embedded_database(self) -> bool:
        """Whether PostgreSQL is ours to start."""
        return self.database_url is None

    @property
    def embedded_redis(self) -> bool:
        """Whether the Redis-compatible server is ours to start."""
        return self.redis_url is None

    @property
    def allows_http(self) -> bool:
        """Whether a webhook may go to plain http."""
        return self.embedded_database if self.webhook_allow_http is None else self.webhook_allow_http

    @property
    def allowed_networks(self) -> tuple[Network, ...]:
        """Private networks that webhooks may reach."""
        if self.webhook_allowed_networks is not None:
            return self.webhook_allowed_networks
        return LOOPBACK_NETWORKS if self.embedded_database else ()

    @property
    def serves_graphiql(self) -> bool:
        """Whether `/` serves GraphiQL."""
        return self.environment is not Environment.LIVE if self.graphiql is None else self.graphiql

    @property
    def serves_console(self) -> bool:
        """Whether `/console/` serves the console."""
        return self.environment is not Environment.LIVE if self.console is None else self.console

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: Source,
        env_settings: Source,
        dotenv_settings: Source,  # noqa: ARG003 - there is no such file
        file_secret_settings: Source,  # noqa: ARG003 - `load_settings` reads them
    ) -> tuple[Source, ...]:
        """Read the environment by the documented names only: a `HOST` or an `ENVIRONMENT` is somebody else's."""
        env_settings.config = {**settings_cls.model_config, "populate_by_name": False}
        return init_settings, env_settings

    @field_validator(
        *("database_url", "redis_url", "secret_key", "secret_key_old", "url", "api_key", "metrics_key"),
        *("otlp_headers", "kafka_bootstrap_servers", "kafka_sasl_username", "kafka_sasl_password"),
        *("kafka_key_password", "kafka_ca_file", "kafka_certificate_file", "kafka_key_file", "catalog_file"),
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("redis_url")
    @classmethod
    def _is_redis_url(cls, value: str | None) -> str | None:
        return None if value is None else check_redis_url(value)

    @field_validator("data_dir", mode="before")
    @classmethod
    def _names_a_folder(cls, value: Any) -> Any:
        if value == "":  # A path of nothing would be the current folder.
            raise ValueError("it must name a folder, or be left out")
        return value


class Sibling(NamedTuple):
    """Which one of several processes this is, counted from 1, and the folder that all of them share."""

    number: int
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """Variables that tell a child process that it is this one."""
        return {SIBLING_NUMBER: str(self.number), SIBLING_FOLDER: str(self.folder)}


def this_sibling() -> Sibling | None:
    """Which one this process is of those that `--processes` started; None if it is on its own."""
    number, folder = os.environ.get(SIBLING_NUMBER), os.environ.get(SIBLING_FOLDER)
    return Sibling(int(number), Path(folder)) if number and folder else None


def environment_with(changes: Mapping[str, str]) -> dict[str, str]:
    """Our environment with `changes`, for a child process."""
    return {**os.environ, **changes}


def load_settings(**overrides: Any) -> Settings:
    """Read the environment (secrets also from the file that `<NAME>_FILE` names).

    :raises WrongSetting: naming the variable, what it was and what it may be.
    """
    from_files = {name: _read_secret_file(name) for name in SECRETS if os.environ.get(f"{name}_FILE")}
    try:
        settings = Settings(**{**from_files, **overrides})
    except ValidationError as error:
        raise WrongSetting("\n".join(_describe(fault) for fault in error.errors())) from error
    return settings


def check_environment(settings: Settings) -> None:
    """Refuse to start with what is missing, or, in LIVE, with what is unsafe.

    :raises WrongSetting: naming the variable and what it may be.
    """
    if settings.database_url is None:
        raise WrongSetting("DATABASE_URL is not set: name a PostgreSQL, or start everything with `quaestor dev`.")
    if settings.secret_key is None:
        raise WrongSetting("QUAESTOR_SECRET_KEY is not set: give at least 32 random characters.")
    if settings.environment is not Environment.LIVE:
        return
    if settings.allows_http:
        raise WrongSetting(
            "QUAESTOR_WEBHOOK_ALLOW_HTTP is true: in LIVE webhooks go to https only, so set it to false."
        )
    if settings.graphiql:
        raise WrongSetting("QUAESTOR_GRAPHIQL is true: LIVE serves no GraphiQL, so set it to false or leave it out.")
    if len(set(settings.secret_key)) < 10:  # noqa: PLR2004 - such as one letter 32 times
        raise WrongSetting("QUAESTOR_SECRET_KEY is not random: in LIVE give at least 32 random characters.")


def _read_secret_file(name: str) -> str:
    path = Path(os.environ[f"{name}_FILE"])
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name}_FILE is {path}, which cannot be read: {error}. It must name a readable text file."
        raise WrongSetting(message) from error


def _describe(fault: Any) -> str:
    name = str(fault["loc"][0])
    shown = "cannot be used (its value is not shown)" if name in SECRETS else f"is {fault['input']!r}"
    wanted = what_is_wanted(name, fault["type"], fault.get("ctx", {})) or fault["msg"].removeprefix("Value error, ")
    documented = next((f.description for f in Settings.model_fields.values() if f.alias == name), "")
    return f"{name} {shown}: {wanted}. {documented}".strip()
