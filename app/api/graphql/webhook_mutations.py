"""Mutations of webhook endpoints, and what they take."""

from typing import Annotated

import strawberry

from app.api.graphql.context import Context, Info
from app.api.graphql.described import (
    argument,
    described,
    described_enum,
    described_input,
    described_type,
    optional,
    union,
)
from app.api.graphql.errors import RefusalByState, RefusalWithoutKey, mutation
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.reply import Asked, Reply, command_of
from app.api.graphql.scalars import DateTimeText, JSONValue
from app.api.graphql.views import view
from app.api.graphql.webhooks import WebhookDelivery, WebhookEndpoint, WebhookReplay
from app.kernel.checks import parse_instant
from app.webhooks import records
from app.webhooks.client_tls import PUBLIC_TLS, ClientTls
from app.webhooks.egress import EgressRules
from app.webhooks.endpoints.create_webhook_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.ping_webhook_endpoint import ping_webhook_endpoint
from app.webhooks.endpoints.rotate_webhook_secret import OVERLAP_HOURS, rotate_webhook_secret
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.own_headers import OwnHeader
from app.webhooks.replays.redeliver_webhook import redeliver_webhook
from app.webhooks.replays.replay_webhooks import ReplayWebhooks, replay_webhooks
from app.webhooks.status import DeliveryStatus, EndpointField, Payload
from app.webhooks.vault import Vault

DeliveryId = Annotated[strawberry.ID, argument(f"Which delivery: `{EXAMPLE_ID}`.")]

described_enum(
    EndpointField,
    "What an update can empty. Example: `DESCRIPTION`.",
    {
        EndpointField.DESCRIPTION: "What it is for.",
        EndpointField.RATE_LIMIT: "How many deliveries a second it gets at most.",
        EndpointField.FILTER: "The filter: it gets events with any data.",
        EndpointField.HOLDER: "The holder: it gets the events of all.",
        EndpointField.HEADERS: "All headers of its own.",
        EndpointField.CA_CERTIFICATE: "Its own authority: the public ones are trusted.",
        EndpointField.CLIENT_CERTIFICATE: "The client certificate and its key.",
    },
    name="WebhookEndpointField",
)

FILTER = 'Only events whose `data` contains this are sent: `{"metadata": {"brand": "north"}}`.'
HOLDER = f"Only events of this holder are sent, on either side of a transfer: `{EXAMPLE_ID}`."
EndpointId = Annotated[strawberry.ID, argument(f"Which endpoint: `{EXAMPLE_ID}`.")]


@described_input(
    "A header that is sent with each message. It is encrypted, and its value is never shown again. Names of the "
    "connection, `host`, `content-…` and `webhook-…` are refused."
)
class WebhookHeaderInput:
    name: str = described("Its name: `X-Api-Key`.")
    value: str = described("Its value, of plain ASCII: `a7e1c3`.")


@described_input("PEM of what an endpoint is connected to with; what is absent or null stays as it is.")
class WebhookTlsInput:
    ca_certificate: str | None = optional(
        "The authorities that its certificate must be from, instead of the public ones: `-----BEGIN CERTIFICATE-----…`."
    )
    client_certificate: str | None = optional(
        "What we show to it, with those in between after it: `-----BEGIN CERTIFICATE-----…`."
    )
    client_key: str | None = optional(
        "The private key of that, without a password: `-----BEGIN PRIVATE KEY-----…`. It is encrypted, and never shown."
    )


def _headers(given: list[WebhookHeaderInput] | None) -> list[OwnHeader] | None:
    return None if given is None else [OwnHeader(header.name, header.value) for header in given]


def _tls(given: WebhookTlsInput | None) -> ClientTls:
    return PUBLIC_TLS if given is None else ClientTls(given.ca_certificate, given.client_certificate, given.client_key)


@described_input("A new endpoint.")
class CreateWebhookEndpointInput:
    url: str = described("Where to: `https://example.com/hooks`.")
    description: str | None = optional("What it is for: `back office`.")
    event_types: list[str] | None = optional('Exact types or wildcards: `["ledger.*"]`. Empty or left out: all.')
    payload: Payload = described("What its messages hold: `FULL`.", default=Payload.FULL)
    ordered: bool = described("Whether what is told of one resource comes strictly in order: `false`.", default=False)
    max_per_second: int | None = optional("Deliveries a second at most, retries included: `50`. Left out: no limit.")
    filter: JSONValue | None = optional(FILTER)
    holder_id: strawberry.ID | None = optional(HOLDER)
    headers: list[WebhookHeaderInput] | None = optional(
        'Sent with each message: `[{name: "X-Api-Key", value: "a7e1c3"}]`.'
    )
    tls: WebhookTlsInput | None = optional(
        'What it is connected to with: `{caCertificate: "-----BEGIN CERTIFICATE-----…"}`.'
    )

    def to_command(self) -> CreateWebhookEndpoint:
        """The command of the verb."""
        headers = _headers(self.headers) or ()
        return command_of(
            CreateWebhookEndpoint, self, event_types=self.event_types or (), headers=headers, tls=_tls(self.tls)
        )


@described_input("A change of an endpoint: what is absent or null stays as it is.")
class UpdateWebhookEndpointInput:
    endpoint_id: strawberry.ID = described(f"Which endpoint: `{EXAMPLE_ID}`.")
    url: str | None = optional("Where to: `https://example.com/hooks`.")
    description: str | None = optional("What it is for: `back office`.")
    event_types: list[str] | None = optional('Exact types or wildcards: `["ledger.*"]`. Empty: all.')
    payload: Payload | None = optional("What its messages hold: `FULL`.")
    ordered: bool | None = optional("Whether later events of one resource come strictly in order: `true`.")
    max_per_second: int | None = optional("Deliveries a second at most, retries included: `50`.")
    enabled: bool | None = optional("false: send nothing, suspend deliveries. true: send again what was suspended.")
    filter: JSONValue | None = optional(FILTER)
    holder_id: strawberry.ID | None = optional(HOLDER)
    headers: list[WebhookHeaderInput] | None = optional(
        'All of them are replaced: `[{name: "X-Api-Key", value: "a7e1c3"}]`.'
    )
    tls: WebhookTlsInput | None = optional(
        'What it is connected to with: `{caCertificate: "-----BEGIN CERTIFICATE-----…"}`.'
    )
    clear: list[EndpointField] | None = optional("What to empty, since a null changes nothing: `[DESCRIPTION]`.")

    def to_command(self) -> UpdateWebhookEndpoint:
        """The command of the verb."""
        headers, tls = _headers(self.headers), _tls(self.tls)
        return command_of(UpdateWebhookEndpoint, self, headers=headers, tls=tls, clear=self.clear or ())


@described_input("What to send again, or for the first time: what is left out does not matter.")
class ReplayWebhooksInput:
    endpoint_id: strawberry.ID = described(f"To which endpoint: `{EXAMPLE_ID}`.")
    since: DateTimeText = described("What happened at or after this: `2026-11-20T12:00:00Z`.")
    until: DateTimeText | None = optional("And before this: `2026-11-21T00:00:00Z`. Left out: until now.")
    event_types: list[str] | None = optional('Of the types that the endpoint asks for, these: `["ledger.*"]`.')
    resource_id: strawberry.ID | None = optional(f"About this: `{EXAMPLE_ID}`.")
    status: list[DeliveryStatus] | None = optional(
        "Whose delivery is in one of these: `[EXHAUSTED]`. PENDING includes what has no delivery yet."
    )

    def to_command(self) -> ReplayWebhooks:
        """The command of the verb."""
        return ReplayWebhooks(
            self.endpoint_id,
            since=parse_instant(self.since, ("since",)),
            until=None if self.until is None else parse_instant(self.until, ("until",)),
            event_types=self.event_types,
            resource_id=self.resource_id,
            statuses=self.status,
        )


@described_type("The endpoint, after the change.")
class WebhookEndpointSuccess(Reply):
    endpoint: WebhookEndpoint = described("The endpoint as it now is.")


@described_type("An endpoint and its secret, shown here and never again.")
class WebhookSecretSuccess(Reply):
    endpoint: WebhookEndpoint = described("The endpoint as it now is.")
    secret: str = described("What its messages are signed with: `whsec_…`. Shown here and never again.")
    public_key: str = described("The ed25519 key that verifies the `v1a` signatures of its messages: `whpk_…`.")


@described_type("The delivery.")
class WebhookDeliverySuccess(Reply):
    delivery: WebhookDelivery = described("The delivery as it now is.")


@described_type("The replay, which goes on in the background.")
class WebhookReplaySuccess(Reply):
    """Success of a mutation that begins a replay."""

    replay: WebhookReplay = described("The replay as it begins.")


@described_type("What was deleted.")
class DeletedSuccess(Reply):
    deleted_id: strawberry.ID = described(f"The id it had: `{EXAMPLE_ID}`.")


WebhookEndpointResult = Annotated[
    WebhookEndpointSuccess | RefusalWithoutKey, union("WebhookEndpointResult", "The endpoint, or why nothing happened.")
]
WebhookSecretResult = Annotated[
    WebhookSecretSuccess | RefusalByState,
    union("WebhookSecretResult", "The endpoint and its secret, or why nothing happened."),
]
WebhookDeliveryResult = Annotated[
    WebhookDeliverySuccess | RefusalByState, union("WebhookDeliveryResult", "The delivery, or why nothing happened.")
]
WebhookReplayResult = Annotated[
    WebhookReplaySuccess | RefusalWithoutKey, union("WebhookReplayResult", "The replay, or why nothing happened.")
]
DeletedResult = Annotated[
    DeletedSuccess | RefusalWithoutKey, union("DeletedResult", "What was deleted, or why nothing happened.")
]


def _secret_success(endpoint: records.WebhookEndpoint, secret: str, context: Context) -> WebhookSecretSuccess:
    assert endpoint.public_key is not None, "it was made with the secret"
    return WebhookSecretSuccess(endpoint=view(endpoint, context), secret=secret, public_key=endpoint.public_key)


@strawberry.type
class WebhookMutations:
    """Mutations of webhook endpoints."""

    @mutation("Add an endpoint: it gets what is committed from now on. Its secret is shown once.")
    async def create_webhook_endpoint(
        self, info: Info, input: Asked[CreateWebhookEndpointInput]
    ) -> WebhookSecretResult:
        settings = info.context.settings
        endpoint, secret = await create_webhook_endpoint(
            info.context.actor, input.to_command(), vault=Vault.of(settings), egress=EgressRules.of(settings)
        )
        return _secret_success(endpoint, secret, info.context)

    @mutation("Change an endpoint, or switch it off or on.")
    async def update_webhook_endpoint(
        self, info: Info, input: Asked[UpdateWebhookEndpointInput]
    ) -> WebhookEndpointResult:
        settings = info.context.settings
        endpoint = await update_webhook_endpoint(
            info.context.actor, input.to_command(), vault=Vault.of(settings), egress=EgressRules.of(settings)
        )
        return WebhookEndpointSuccess(endpoint=view(endpoint, info.context))

    @mutation("Delete an endpoint; what was still to be delivered to it is cancelled.")
    async def delete_webhook_endpoint(self, info: Info, endpoint_id: EndpointId) -> DeletedResult:
        deleted_id = strawberry.ID(str(await delete_webhook_endpoint(info.context.actor, endpoint_id)))
        return DeletedSuccess(deleted_id=deleted_id)

    @mutation(
        "Make a new secret and a new ed25519 key for an endpoint. The old ones keep signing for `overlapHours`, so "
        "that receivers can be changed meanwhile. At most 5 secrets sign at the same time."
    )
    async def rotate_webhook_secret(
        self,
        info: Info,
        endpoint_id: EndpointId,
        overlap_hours: Annotated[
            int | None, argument("For how long the old secrets still sign, 0 to 168: `24`. 0: they end now.")
        ] = OVERLAP_HOURS,
    ) -> WebhookSecretResult:
        endpoint, secret = await rotate_webhook_secret(
            info.context.actor,
            endpoint_id,
            overlap_hours=OVERLAP_HOURS if overlap_hours is None else overlap_hours,
            vault=Vault.of(info.context.settings),
        )
        return _secret_success(endpoint, secret, info.context)

    @mutation("Send a `webhook.ping` event to this endpoint only.")
    async def ping_webhook_endpoint(self, info: Info, endpoint_id: EndpointId) -> WebhookDeliveryResult:
        delivery = await ping_webhook_endpoint(info.context.actor, endpoint_id)
        return WebhookDeliverySuccess(delivery=view(delivery, info.context))

    @mutation("Send a delivery again now, whatever became of it: the same id, the same body.")
    async def redeliver_webhook(self, info: Info, delivery_id: DeliveryId) -> WebhookDeliveryResult:
        delivery = await redeliver_webhook(info.context.actor, delivery_id)
        return WebhookDeliverySuccess(delivery=view(delivery, info.context))

    @mutation(
        "Send to an endpoint all that it asks for and that happened in some time, in the background. What "
        "happened before it was made, or before it asked for these types, is sent as well."
    )
    async def replay_webhooks(self, info: Info, input: Asked[ReplayWebhooksInput]) -> WebhookReplayResult:
        replay = await replay_webhooks(info.context.actor, input.to_command())
        return WebhookReplaySuccess(replay=view(replay, info.context))
