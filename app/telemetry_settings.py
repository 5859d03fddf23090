"""The settings of traces: a part of `app.settings`, which reads them."""

from pydantic import Field
from pydantic_settings import BaseSettings

TELEMETRY_SECRETS = ("OTEL_EXPORTER_OTLP_HEADERS",)


class TelemetrySettings(BaseSettings):
    """Whether traces are recorded, how many, and where they are sent."""

    telemetry: bool = Field(
        default=False, description="Whether traces are recorded and sent by OTLP. Needs the extra `telemetry`."
    )
    telemetry_sample_ratio: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description=(
            "Which part of the requests is recorded: `0.1` is one in ten. "
            "What a caller's `traceparent` says comes first."
        ),
    )
    telemetry_traces_per_second_max: int = Field(
        default=20,
        ge=1,
        le=1_000_000,
        description=(
            "How many traces each process begins in a second at most, so that a busy one is not slowed; "
            "half of them for callers that ask for it by their `traceparent`."
        ),
    )
    otlp_endpoint: str = Field(
        default="http://127.0.0.1:4318",
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="The collector that traces are sent to, over HTTP with protobuf; `/v1/traces` is appended.",
    )
    otlp_protocol: str = Field(
        default="http/protobuf",
        alias="OTEL_EXPORTER_OTLP_PROTOCOL",
        description="How traces are sent: `http/protobuf` is the only way.",
    )
    otlp_headers: str | None = Field(
        default=None,
        alias="OTEL_EXPORTER_OTLP_HEADERS",
        description="Headers that the collector asks for, such as a key: `name=value,name=value`, percent-encoded.",
    )
