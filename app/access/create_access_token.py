"""Make a short-lived token for one holder's browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.access.access_token import AccessToken, access_token_of
from app.access.granted_scopes import PATH, check_granted
from app.access.key_format import MARKER_OF_TOKENS, new_key, read_key
from app.access.refusals import refuse_holders
from app.db.identifiers import new_id, parse_id
from app.db.transaction import Transaction, transaction, whole_use_case
from app.kernel.actor import CUSTOMER_SCOPES, Actor
from app.kernel.checks import refuse
from app.kernel.errors import Forbidden, LimitExceeded, NotFound

EXPIRES_IN_SECONDS = 900
EXPIRES_IN_SECONDS_MAX = 24 * 3_600
LIVE_TOKENS_MAX = 100
"""How many tokens one holder may have, ended ones not counted."""
KEPT_AFTER_END = timedelta(days=1)
SWEPT_MAX = 20
"""How many tokens that ended long ago are removed with each new one: more than come, so that none pile up."""
HOLDER_PATH, SECONDS_PATH = ("holder_id",), ("expires_in_seconds",)


@dataclass(frozen=True, slots=True)
class CreateAccessToken:
    """Whose token, what it may do, and for how long."""

    holder_id: str
    scopes: Sequence[str]
    expires_in_seconds: int = EXPIRES_IN_SECONDS


@whole_use_case
async def create_access_token(actor: Actor, command: CreateAccessToken) -> tuple[AccessToken, str]:
    """Make a token with at most the actor's own scopes, which sees and moves only what is this holder's; returns it and
    its text, which is never shown again. It ends when its time is up, when it is revoked, and with its maker.

    There is no idempotency key, since the outcome stored under it would hold a secret.

    :raises Invalid: no scopes, an unknown one or one that no token can use, a time out of range, a malformed id.
    :raises NotFound: no such holder.
    :raises Forbidden: the actor lacks `keys:write` or a scope it wants to grant, has no API key, or is one holder's.
    :raises LimitExceeded: the holder has `LIVE_TOKENS_MAX` tokens; the delay is until the first of them ends.
    """
    refuse_holders(actor)
    actor.require("keys:write")
    if actor.api_key_id is None:
        raise Forbidden("An access token ends with the API key that made it: make it with one.")
    holder_id = parse_id(command.holder_id, HOLDER_PATH)
    scopes = check_granted(actor, command.scopes, "token")
    _check_usable(command.scopes)
    seconds = command.expires_in_seconds
    if not 1 <= seconds <= EXPIRES_IN_SECONDS_MAX:
        refuse(f"A token lasts between 1 and {EXPIRES_IN_SECONDS_MAX:,} seconds.", SECONDS_PATH)
    async with transaction() as tx:
        # Locked, so that two callers cannot both take the last free place.
        found = await tx.fetchval(
            "SELECT id FROM holders WHERE customer_id = $1 AND id = $2 FOR NO KEY UPDATE", actor.customer_id, holder_id
        )
        if found is None:
            raise NotFound(f"There is no holder {holder_id}.", path=HOLDER_PATH)
        now = await tx.now()
        await _check_quota(tx, actor.customer_id, holder_id, now)
        await _sweep(tx, actor.customer_id, now)
        return await _insert(tx, actor, holder_id, scopes, now, now + timedelta(seconds=seconds))


def _check_usable(scopes: Sequence[str]) -> None:
    """Refuse scopes of what is about all holders. `*` stands: it means all that a token can do."""
    useless = [scope for scope in dict.fromkeys(scopes) if scope in CUSTOMER_SCOPES]
    if useless:
        message = f"One holder's access token can never use {', '.join(useless)}: leave out what is about all holders."
        refuse(message, (*PATH, str(scopes.index(useless[0]))))


async def _insert(
    tx: Transaction, actor: Actor, holder_id: UUID, scopes: Sequence[str], now: datetime, until: datetime
) -> tuple[AccessToken, str]:
    text = new_key(actor.customer_id, MARKER_OF_TOKENS)
    parts = read_key(text)
    assert parts is not None
    row = await tx.fetchrow(
        """
        INSERT INTO access_tokens (customer_id, id, api_key_id, holder_id, prefix, secret_hash, scopes, expires_at,
                                   created_at)
        SELECT customer_id, $3, id, $4, $5, $6, $7, least($8, expires_at), $9
        FROM api_keys
        WHERE customer_id = $1 AND id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $9)
        RETURNING *
        """,
        actor.customer_id,
        actor.api_key_id,
        new_id(),
        holder_id,
        parts.prefix,
        parts.secret_hash,
        list(scopes),
        until,
        now,
    )
    if row is None:
        raise Forbidden("This key has just ended, so it makes no token.")
    return access_token_of(row), text


async def _check_quota(tx: Transaction, customer_id: UUID, holder_id: UUID, now: datetime) -> None:
    row = await tx.fetchrow(
        """
        SELECT count(*) AS live, min(token.expires_at) AS first_end
        FROM access_tokens AS token
        JOIN api_keys AS key ON key.customer_id = token.customer_id AND key.id = token.api_key_id
        WHERE token.customer_id = $1 AND token.holder_id = $2 AND token.expires_at > $3
            AND token.revoked_at IS NULL AND key.revoked_at IS NULL
        """,
        customer_id,
        holder_id,
        now,
    )
    assert row is not None
    if row["live"] >= LIVE_TOKENS_MAX:
        message = f"A holder has at most {LIVE_TOKENS_MAX:,} access tokens: revoke one first, or wait for one to end."
        raise LimitExceeded(message, retry_after_seconds=(row["first_end"] - now).total_seconds())


async def _sweep(tx: Transaction, customer_id: UUID, now: datetime) -> None:
    await tx.execute(
        """
        DELETE FROM access_tokens WHERE customer_id = $1 AND id IN (
            SELECT id FROM access_tokens WHERE customer_id = $1 AND expires_at < $2
            ORDER BY expires_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        """,
        customer_id,
        now - KEPT_AFTER_END,
        SWEPT_MAX,
    )
