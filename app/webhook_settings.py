"""The settings of webhooks that fail: a part of `app.settings`, which reads them."""

from pydantic import Field
from pydantic_settings import BaseSettings


class WebhookSettings(BaseSettings):
    """When an endpoint is paused, and tried again."""

    webhook_pause_after_seconds: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        alias="QUAESTOR_WEBHOOK_PAUSE_AFTER_SECONDS",
        description="How long an endpoint must fail without a success, ten times or more, before it is paused.",
    )
    webhook_probe_seconds: float = Field(
        default=30.0,
        ge=1,
        le=3_600,
        alias="QUAESTOR_WEBHOOK_PROBE_SECONDS",
        description=(
            "How long after its pause an endpoint is tried again. Each failure doubles the wait, up to 20 times this."
        ),
    )
