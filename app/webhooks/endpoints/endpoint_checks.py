"""Checks of endpoint input, shared by creating and updating."""

from collections.abc import Sequence
from uuid import UUID

from app.db.connection import Record
from app.db.transaction import Transaction
from app.kernel.actor import ALL_SCOPES, Actor
from app.kernel.checks import check_text, refuse
from app.kernel.errors import Forbidden, NotFound
from app.webhooks.egress import Blocked, EgressRules, check_destination
from app.webhooks.queries import lock_endpoint, refuse_holders

DESCRIPTION_CHARACTERS_MAX = 500
PER_SECOND_MAX = 10_000
ENDPOINT_ID_PATH = ("endpoint_id",)


def may_write(actor: Actor) -> None:
    """Whether this actor may change webhooks at all.

    :raises Forbidden: it lacks `webhooks:write`, or is one holder's.
    """
    refuse_holders(actor)
    actor.require("webhooks:write")


def check_grants(actor: Actor, scopes: Sequence[str]) -> None:
    """Refuse an actor that lacks a scope of the endpoint: it could redirect to itself what it may not read.

    :raises Forbidden: naming a scope that is missing.
    """
    for scope in scopes:
        if not actor.may(scope):
            message = f"This endpoint was made by a key with the scope {scope}, which this key lacks."
            raise Forbidden(message, required_scope=scope)


def granted_scopes(actor: Actor) -> list[str]:
    """The scopes an endpoint of this actor gets: the actor's own."""
    return [scope for scope in ALL_SCOPES if scope in actor.scopes]


async def check_endpoint_url(text: str, rules: EgressRules) -> str:
    """A URL that webhooks may go to now, octet by octet.

    :raises Invalid: saying why not.
    """
    if text != text.strip():
        refuse("There is white space before or after this URL: leave it out.", ("url",))
    try:
        await check_destination(text, rules)
    except Blocked as blocked:
        refuse(str(blocked), ("url",))
    return text


def check_description(text: str | None) -> str | None:
    """The description, neither blank nor too long; or None."""
    if text is None:
        return None
    return check_text(text, ("description",), characters_max=DESCRIPTION_CHARACTERS_MAX)


def check_rate(per_second: int | None) -> int | None:
    """How many deliveries a second at most; None: no limit."""
    if per_second is not None and not 1 <= per_second <= PER_SECOND_MAX:
        refuse(f"The deliveries a second are a number from 1 to {PER_SECOND_MAX:,}.", ("max_per_second",))
    return per_second


async def lock_named_endpoint(tx: Transaction, actor: Actor, endpoint_id: UUID) -> Record:
    """The row of the endpoint that a command names, locked against changes until the transaction ends.

    :raises NotFound: no endpoint of this customer has this id, or it was deleted.
    """
    row = await lock_endpoint(tx, actor.customer_id, endpoint_id)
    if row is None:
        raise NotFound(f"There is no webhook endpoint {endpoint_id}.", path=ENDPOINT_ID_PATH)
    return row
