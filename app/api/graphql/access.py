"""Who is asking, and API keys."""

import datetime as dt
from typing import Annotated

import strawberry

from app.access import api_key
from app.access.create_api_key import LIVE_KEYS_MAX, CreateApiKey, create_api_key
from app.access.queries import find_access_token, find_api_key, find_customer_name, list_api_keys
from app.access.revoke_api_key import revoke_api_key
from app.api.graphql.access_tokens import AccessToken
from app.api.graphql.context import Info
from app.api.graphql.described import argument, described, described_input, described_type, optional, union
from app.api.graphql.errors import RefusalWithoutKey, mutation
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.reply import Asked, Reply
from app.api.graphql.scalars import DateTimeText
from app.api.graphql.views import shows, view

KeyId = Annotated[strawberry.ID, argument(f"Which key: `{EXAMPLE_ID}`.")]


@shows(api_key.ApiKey)
@described_type("A key to this API, without its secret.")
class ApiKey(Node):
    name: str = described("What it is for: `back office`.")
    prefix: str = described("How it begins, to tell keys apart: `qk_3fJ9aLq0`.")
    scopes: list[str] = described('What it may do: `["ledgers:read"]`.')
    last_used_at: dt.datetime | None = described("Last use, to the minute or so.")
    expires_at: dt.datetime | None = described("When it ends by itself; null: never.")
    revoked_at: dt.datetime | None = described("When it was revoked; null: it was not.")
    created_at: dt.datetime = described("When it was made: `2026-11-20T12:00:00.123456Z`.")


@described_type("Who the key belongs to. The customer is itself a holder, under the same id.")
class Viewer:
    customer_id: strawberry.ID = described(f"The customer: `{EXAMPLE_ID}`. Also known as `customer_id`.")
    customer_name: str = described("Its name: `Railsbank`.")
    environment: str = described("`PLAY`, `PLAYLIVE` or `LIVE`.")
    api_key: ApiKey | None = described("The key in use. Null for an access token.")
    access_token: AccessToken | None = described("The token in use. Null for an API key.")
    scopes: list[str] = described('What it may do: `["*"]`.')


@described_input("A new key.")
class CreateApiKeyInput:
    name: str = described("What it is for: `back office`.")
    scopes: list[str] = described('At most the creator\'s own: `["ledgers:read"]`.')
    expires_at: DateTimeText | None = optional("When it ends by itself: `2027-01-01T00:00:00Z`. Null: never.")


@described_type("A key, after the change.")
class ApiKeySuccess(Reply):
    api_key: ApiKey = described("The key without its secret.")
    key: str | None = described("The key itself, shown here and never again: `qk_…`. Null when nothing was made.")


ApiKeyResult = Annotated[ApiKeySuccess | RefusalWithoutKey, union("ApiKeyResult", "The key, or why nothing happened.")]


@strawberry.type
class AccessQueries:
    """Queries about who is asking."""

    @described("Who the key belongs to.")
    async def viewer(self, info: Info) -> Viewer:
        actor = info.context.actor
        key = None if actor.api_key_id is None else await find_api_key(actor, actor.api_key_id)
        token = None if actor.access_token_id is None else await find_access_token(actor, actor.access_token_id)
        return Viewer(
            customer_id=strawberry.ID(str(actor.customer_id)),
            customer_name=await find_customer_name(actor),
            environment=info.context.settings.environment.value,
            api_key=view(key, info.context),
            access_token=view(token, info.context),
            scopes=sorted(actor.scopes),
        )

    @described("All keys of this customer. Needs the scope `keys:write`.", length=LIVE_KEYS_MAX)
    async def api_keys(self, info: Info) -> list[ApiKey]:
        return [view(key, info.context) for key in await list_api_keys(info.context.actor)]


@strawberry.type
class AccessMutations:
    """Mutations of keys."""

    @mutation("Make a key with at most the scopes of the one in use. Needs the scope `keys:write`.")
    async def create_api_key(self, info: Info, input: Asked[CreateApiKeyInput]) -> ApiKeyResult:
        made, secret = await create_api_key(
            info.context.actor, CreateApiKey(input.name, input.scopes, input.expires_at)
        )
        return ApiKeySuccess(api_key=view(made, info.context), key=secret)

    @mutation("Revoke a key: it is refused from now on, and its subscriptions end. Repeating it changes nothing.")
    async def revoke_api_key(self, info: Info, api_key_id: KeyId) -> ApiKeyResult:
        revoked = await revoke_api_key(info.context.actor, api_key_id)
        return ApiKeySuccess(api_key=view(revoked, info.context), key=None)
