"""Access tokens: short-lived, for one holder's browser."""

import datetime as dt
from typing import Annotated

import strawberry

from app.access import access_token
from app.access.create_access_token import (
    EXPIRES_IN_SECONDS,
    EXPIRES_IN_SECONDS_MAX,
    LIVE_TOKENS_MAX,
    CreateAccessToken,
    create_access_token,
)
from app.access.queries import list_access_tokens
from app.access.revoke_access_token import revoke_access_token
from app.api.graphql.context import Info
from app.api.graphql.described import argument, described, described_input, described_type, union
from app.api.graphql.errors import RefusalWithoutKey, mutation
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.reply import Asked, Reply
from app.api.graphql.views import shows, view
from app.db.identifiers import parse_id

TokenId = Annotated[strawberry.ID, argument(f"Which token: `{EXAMPLE_ID}`.")]
HolderId = Annotated[strawberry.ID, argument(f"Whose: `{EXAMPLE_ID}`.")]


@shows(
    access_token.AccessToken,
    api_key_id=lambda view: str(view.shown.api_key_id),
    holder_id=lambda view: str(view.shown.holder_id),
)
@described_type("A short-lived token of one holder, without its secret.")
class AccessToken(Node):
    prefix: str = described("How it begins, to tell tokens apart: `qt_3fJ9aLq0`.")
    holder_id: strawberry.ID = described(f"Whose it is: `{EXAMPLE_ID}`.")
    api_key_id: strawberry.ID = described(f"The key that made it, and ends it: `{EXAMPLE_ID}`.")
    scopes: list[str] = described('What it may do: `["ledgers:read"]`.')
    expires_at: dt.datetime = described("When it ends: `2026-11-20T12:15:00.123456Z`.")
    revoked_at: dt.datetime | None = described("When it was revoked; null: it was not.")
    created_at: dt.datetime = described("When it was made: `2026-11-20T12:00:00.123456Z`.")


@described_input("A short-lived token for a browser: sees and moves only what belongs to this holder.")
class CreateAccessTokenInput:
    holder_id: strawberry.ID = described(f"Whose: `{EXAMPLE_ID}`. Also known as `enduser_id`.")
    scopes: list[str] = described('At most the creator\'s own: `["ledgers:read"]`.')
    expires_in_seconds: int = described(
        f"How long it lasts, at most {EXPIRES_IN_SECONDS_MAX:,} and no longer than the key: `900`.",
        default=EXPIRES_IN_SECONDS,
    )


@described_type("A new access token.")
class AccessTokenSuccess(Reply):
    token: str = described("The token itself, shown here and never again: `qt_…`.")
    expires_at: dt.datetime = described("When it ends: `2026-11-20T12:15:00.123456Z`.")
    access_token: AccessToken = described("The token without its secret.")


AccessTokenResult = Annotated[
    AccessTokenSuccess | RefusalWithoutKey, union("AccessTokenResult", "The token, or why none was made.")
]


@described_type("An access token that ended.")
class RevokedAccessTokenSuccess(Reply):
    access_token: AccessToken = described("The token without its secret.")


RevokedAccessTokenResult = Annotated[
    RevokedAccessTokenSuccess | RefusalWithoutKey,
    union("RevokedAccessTokenResult", "The token that ended, or why nothing happened."),
]


@strawberry.type
class AccessTokenQueries:
    """Queries about access tokens."""

    @described(
        "The access tokens of a holder that have not ended, newest first. Needs the scope `keys:write`.",
        length=LIVE_TOKENS_MAX,
    )
    async def access_tokens(self, info: Info, holder_id: HolderId) -> list[AccessToken]:
        found = await list_access_tokens(info.context.actor, parse_id(holder_id, ("holderId",)))
        return [view(one, info.context) for one in found]


@strawberry.type
class AccessTokenMutations:
    """Mutations of access tokens."""

    @mutation(
        "Make a short-lived token for one holder's browser: it sees and moves only what is this holder's, and ends "
        "with the key that made it. Needs the scope `keys:write`."
    )
    async def create_access_token(self, info: Info, input: Asked[CreateAccessTokenInput]) -> AccessTokenResult:
        command = CreateAccessToken(input.holder_id, input.scopes, input.expires_in_seconds)
        made, text = await create_access_token(info.context.actor, command)
        return AccessTokenSuccess(token=text, expires_at=made.expires_at, access_token=view(made, info.context))

    @mutation(
        "End an access token: it is refused from now on, and its subscriptions end. A token may end itself. "
        "Repeating it changes nothing."
    )
    async def revoke_access_token(self, info: Info, access_token_id: TokenId) -> RevokedAccessTokenResult:
        revoked = await revoke_access_token(info.context.actor, access_token_id)
        return RevokedAccessTokenSuccess(access_token=view(revoked, info.context))
