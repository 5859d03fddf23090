"""Which scopes may be given to a key or a token: at most the giver's own."""

from collections.abc import Sequence

from app.kernel.actor import ALL_SCOPES, Actor
from app.kernel.checks import refuse
from app.kernel.errors import Forbidden

PATH = ("scopes",)


def check_granted(actor: Actor, scopes: Sequence[str], what: str) -> list[str]:
    """The scopes in their usual order, without repeats. `what` is made, such as a `key`.

    :raises Invalid: none, or an unknown one.
    :raises Forbidden: one that the actor lacks.
    """
    if not scopes:
        refuse(f"A {what} needs at least one scope of: {', '.join(ALL_SCOPES)}.", PATH)
    for index, scope in enumerate(scopes):
        path = (*PATH, str(index))
        if scope not in ALL_SCOPES:
            refuse(f"This is not a scope. Scopes are: {', '.join(ALL_SCOPES)}.", path)
        if not actor.may(scope):
            message = f"This key lacks the scope {scope}, so it cannot grant it."
            raise Forbidden(message, path=path, required_scope=scope)
    return [scope for scope in ALL_SCOPES if scope in scopes]
