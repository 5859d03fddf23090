"""Mutations of webhook endpoints, and what they take."""

from functools import lru_cache
from typing import Annotated

import strawberry
from strawberry import Info

from app.api.graphql.context import Context
from app.api.graphql.enums import described_enum
from app.api.graphql.errors import (
    ConflictError,
    ForbiddenError,
    LimitError,
    NotFoundError,
    ValidationError,
    mutation,
)
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.reply import Asked, Reply
from app.api.graphql.webhooks import WebhookDelivery, WebhookEndpoint
from app.settings import Settings
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.ping_webhook_endpoint import ping_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.signing_secret import Vault
from app.webhooks.status import EndpointField, Payload

described_enum(
    EndpointField,
    "What an update can empty. Example: `DESCRIPTION`.",
    {
        EndpointField.DESCRIPTION: "What it is for.",
        EndpointField.RATE_LIMIT: "How many deliveries a second it gets at most.",
    },
    name="WebhookEndpointField",
)

EndpointId = Annotated[strawberry.ID, strawberry.argument(description=f"Which endpoint: `{EXAMPLE_ID}`.")]


@lru_cache(maxsize=8)
def _vault(settings: Settings) -> Vault:
    assert settings.secret_key is not None, "the start refuses to go on without it"
    return Vault(settings.secret_key)


@strawberry.input(description="A new endpoint.")
class CreateWebhookEndpointInput:
    url: str = strawberry.field(description="Where to: `https://example.com/hooks`.")
    description: str | None = strawberry.field(default=None, description="What it is for: `back office`.")
    event_types: list[str] | None = strawberry.field(
        default=None, description='Exact types or wildcards: `["ledger.*"]`. Empty or left out: all.'
    )
    payload: Payload = strawberry.field(default=Payload.FULL, description="What its messages hold: `FULL`.")
    ordered: bool = strawberry.field(
        default=False, description="Whether what is told of one resource comes strictly in order: `false`."
    )
    max_per_second: int | None = strawberry.field(
        default=None, description="Deliveries a second at most, retries included: `50`. Left out: no limit."
    )

    def to_command(self) -> CreateWebhookEndpoint:
        """The command of the verb."""
        return CreateWebhookEndpoint(
            self.url,
            description=self.description,
            event_types=self.event_types or (),
            payload=self.payload,
            ordered=self.ordered,
            max_per_second=self.max_per_second,
        )


@strawberry.input(description="A change of an endpoint: what is absent or null stays as it is.")
class UpdateWebhookEndpointInput:
    endpoint_id: strawberry.ID = strawberry.field(description=f"Which endpoint: `{EXAMPLE_ID}`.")
    url: str | None = strawberry.field(default=None, description="Where to: `https://example.com/hooks`.")
    description: str | None = strawberry.field(default=None, description="What it is for: `back office`.")
    event_types: list[str] | None = strawberry.field(
        default=None, description='Exact types or wildcards: `["ledger.*"]`. Empty: all.'
    )
    payload: Payload | None = strawberry.field(default=None, description="What its messages hold: `FULL`.")
    ordered: bool | None = strawberry.field(
        default=None, description="Whether later events of one resource come strictly in order: `true`."
    )
    max_per_second: int | None = strawberry.field(
        default=None, description="Deliveries a second at most, retries included: `50`."
    )
    enabled: bool | None = strawberry.field(
        default=None, description="false: send nothing, suspend deliveries. true: send again what was suspended."
    )
    clear: list[EndpointField] | None = strawberry.field(
        default=None, description="What to empty, since a null changes nothing: `[DESCRIPTION]`."
    )

    def to_command(self) -> UpdateWebhookEndpoint:
        """The command of the verb."""
        return UpdateWebhookEndpoint(
            self.endpoint_id,
            url=self.url,
            description=self.description,
            event_types=self.event_types,
            payload=self.payload,
            ordered=self.ordered,
            max_per_second=self.max_per_second,
            enabled=self.enabled,
            clear=self.clear or (),
        )


@strawberry.type(description="The endpoint, after the change.")
class WebhookEndpointSuccess(Reply):
    """Success of a mutation of an endpoint."""

    endpoint: WebhookEndpoint = strawberry.field(description="The endpoint as it now is.")


@strawberry.type(description="An endpoint and its secret, shown here and never again.")
class WebhookSecretSuccess(Reply):
    """Success of a mutation that makes a secret."""

    endpoint: WebhookEndpoint = strawberry.field(description="The endpoint as it now is.")
    secret: str = strawberry.field(
        description="What its messages are signed with: `whsec_…`. Shown here and never again."
    )


@strawberry.type(description="The delivery.")
class WebhookDeliverySuccess(Reply):
    """Success of a mutation that makes a delivery."""

    delivery: WebhookDelivery = strawberry.field(description="The delivery as it now is.")


@strawberry.type(description="What was deleted.")
class DeletedSuccess(Reply):
    deleted_id: strawberry.ID = strawberry.field(description=f"The id it had: `{EXAMPLE_ID}`.")


WebhookEndpointResult = Annotated[
    WebhookEndpointSuccess | ValidationError | NotFoundError | ForbiddenError | LimitError,
    strawberry.union("WebhookEndpointResult", description="The endpoint, or why nothing happened."),
]
WebhookSecretResult = Annotated[
    WebhookSecretSuccess | ValidationError | NotFoundError | ForbiddenError | LimitError,
    strawberry.union("WebhookSecretResult", description="The endpoint and its secret, or why nothing happened."),
]
WebhookDeliveryResult = Annotated[
    WebhookDeliverySuccess | ValidationError | NotFoundError | ForbiddenError | ConflictError | LimitError,
    strawberry.union("WebhookDeliveryResult", description="The delivery, or why nothing happened."),
]
DeletedResult = Annotated[
    DeletedSuccess | ValidationError | NotFoundError | ForbiddenError | LimitError,
    strawberry.union("DeletedResult", description="What was deleted, or why nothing happened."),
]


@strawberry.type
class WebhookMutations:
    """Mutations of webhook endpoints."""

    @mutation(description="Add an endpoint: it gets what is committed from now on. Its secret is shown once.")
    async def create_webhook_endpoint(
        self,
        info: Info[Context, None],
        input: Asked[CreateWebhookEndpointInput],  # noqa: A002
    ) -> WebhookSecretResult:
        context = info.context
        endpoint, secret = await create_webhook_endpoint(
            context.actor,
            input.to_command(),
            vault=_vault(context.settings),
            egress=EgressRules.of(context.settings),
        )
        return WebhookSecretSuccess(endpoint=WebhookEndpoint.of(endpoint, info.context), secret=secret)

    @mutation(description="Change an endpoint, or switch it off or on.")
    async def update_webhook_endpoint(
        self,
        info: Info[Context, None],
        input: Asked[UpdateWebhookEndpointInput],  # noqa: A002
    ) -> WebhookEndpointResult:
        egress = EgressRules.of(info.context.settings)
        endpoint = await update_webhook_endpoint(info.context.actor, input.to_command(), egress=egress)
        return WebhookEndpointSuccess(endpoint=WebhookEndpoint.of(endpoint, info.context))

    @mutation(description="Delete an endpoint; what was still to be delivered to it is cancelled.")
    async def delete_webhook_endpoint(self, info: Info[Context, None], endpoint_id: EndpointId) -> DeletedResult:
        deleted_id = strawberry.ID(str(await delete_webhook_endpoint(info.context.actor, endpoint_id)))
        return DeletedSuccess(deleted_id=deleted_id)

    @mutation(description="Send a `webhook.ping` event to this endpoint only.")
    async def ping_webhook_endpoint(self, info: Info[Context, None], endpoint_id: EndpointId) -> WebhookDeliveryResult:
        delivery = await ping_webhook_endpoint(info.context.actor, endpoint_id)
        return WebhookDeliverySuccess(delivery=WebhookDelivery.of(delivery, info.context))
