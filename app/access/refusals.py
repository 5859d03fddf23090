"""Refusals shared by all verbs on keys."""

from app.kernel.actor import Actor
from app.kernel.errors import Forbidden


def refuse_holders(actor: Actor) -> None:
    """Keys belong to the customer: a holder's token has none.

    :raises Forbidden: the actor is one holder's.
    """
    if actor.holder_id is not None:
        raise Forbidden("API keys are the customer's: an access token of one holder cannot see or change them.")
