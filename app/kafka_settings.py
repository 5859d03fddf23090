"""The settings of the door of Kafka: a part of `app.settings`, which reads them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

COMMANDS, ANSWERS = "ledger.account.creation", "ledger.account.responses"
DEAD_LETTERS_SUFFIX = ".dlq"
TOPIC_CHARACTERS_MAX = 249
TOPIC_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
KAFKA_SECRETS = ("QUAESTOR_KAFKA_SASL_PASSWORD", "QUAESTOR_KAFKA_KEY_PASSWORD")
PORT_MAX = 65_535


@dataclass(frozen=True, slots=True)
class TopicPair:
    """Where a customer's commands come from, where their answers go, and where what is no command goes.

    `customer_id` is None for the customer that was made first.
    """

    commands: str
    answers: str
    dead_letters: str
    customer_id: UUID | None = None

    def __str__(self) -> str:
        """As it is written in the setting."""
        names = f"{self.commands}:{self.answers}"
        if self.dead_letters != f"{self.commands}{DEAD_LETTERS_SUFFIX}":
            names = f"{names}:{self.dead_letters}"
        return names if self.customer_id is None else f"{self.customer_id}={names}"


def read_topic_pair(text: str) -> TopicPair:
    """`[CUSTOMER=]COMMANDS:ANSWERS[:DEAD-LETTERS]`.

    :raises ValueError: it is not written so.
    """
    customer, _, names = text.rpartition("=")
    customer_id = UUID(customer) if customer else None
    parts = names.split(":")
    if not 2 <= len(parts) <= 3:  # noqa: PLR2004 - as the docstring says
        message = f"{text} is not written [customer id=]commands:answers[:dead letters]"
        raise ValueError(message)
    for name in parts:
        if not 1 <= len(name) <= TOPIC_CHARACTERS_MAX or not set(name) <= TOPIC_CHARACTERS or name in {".", ".."}:
            message = (
                f"{name!r} is no name of a topic: letters, digits, dots, hyphens and underscores, 1 to 249 of them"
            )
            raise ValueError(message)
    commands, answers, dead_letters = [*parts, f"{parts[0]}{DEAD_LETTERS_SUFFIX}"][:3]
    pair = TopicPair(commands, answers, dead_letters, customer_id)
    if len({pair.commands, pair.answers, pair.dead_letters}) < 3:  # noqa: PLR2004 - all different
        message = f"{text} names one topic twice: commands, answers and dead letters go to topics of their own"
        raise ValueError(message)
    return pair


class KafkaSettings(BaseSettings):
    """Where the broker is, how it lets us in, which topics are whose, and how much is done at once."""

    kafka_bootstrap_servers: str | None = Field(
        default=None,
        pattern=r"^[^,:\s]+(:\d+)?(,[^,:\s]+(:\d+)?)*$|^\[[^\]]+\]:\d+$",
        description=(
            "Brokers of Apache Kafka, as `host:9092,host:9092`. Set: `quaestor dev` opens the door of Kafka by itself. "
            "Unset: there is no such door."
        ),
    )
    kafka_topics: Annotated[tuple[TopicPair, ...], NoDecode] = Field(
        default=(TopicPair(COMMANDS, ANSWERS, f"{COMMANDS}{DEAD_LETTERS_SUFFIX}"),),
        description=(
            "Which topics are whose, as `[customer id=]commands:answers[:dead letters]`, separated by commas. "
            "Without a customer id: the customer that was made first. Without a third name: the commands' and `.dlq`."
        ),
    )
    kafka_group: str = Field(
        default="quaestor",
        min_length=1,
        description="The consumer group of all processes of `quaestor kafka`: they share the partitions.",
    )
    kafka_batch_size_max: int = Field(
        default=500, ge=1, le=500, description="How many messages are carried out in one transaction, about."
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT",
        description="`PLAINTEXT`, `SSL` (TLS), `SASL_PLAINTEXT` or `SASL_SSL` (a password, without and with TLS).",
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="`PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`: how the password is proved."
    )
    kafka_sasl_username: str | None = Field(default=None, description="Who we are, with SASL.")
    kafka_sasl_password: str | None = Field(default=None, description="The password, with SASL.")
    kafka_ca_file: Path | None = Field(
        default=None, description="PEM file of who signs the brokers' certificates. Unset: whom this machine trusts."
    )
    kafka_certificate_file: Path | None = Field(
        default=None, description="PEM file of our own certificate, for brokers that ask for one."
    )
    kafka_key_file: Path | None = Field(default=None, description="PEM file of that certificate's private key.")
    kafka_key_password: str | None = Field(default=None, description="The password of that private key, if it has one.")
    kafka_metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=PORT_MAX,
        description=(
            "A port for the `/metrics`, `/healthz` and `/readyz` of a process of `quaestor kafka`. "
            "Unset: it listens on none."
        ),
    )

    @field_validator("kafka_topics", mode="before")
    @classmethod
    def _topic_pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = tuple(read_topic_pair(part.strip()) for part in value.split(",") if part.strip())
        if not pairs:
            message = "no topics are named: name two, or leave the variable out"
            raise ValueError(message)
        names = [name for pair in pairs for name in (pair.commands, pair.dead_letters)]
        taken = {pair.answers for pair in pairs}
        if len(set(names)) < len(names) or taken & set(names):
            message = "a topic is named twice: only answers of several pairs may go to one topic"
            raise ValueError(message)
        return pairs
