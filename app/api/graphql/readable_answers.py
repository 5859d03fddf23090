"""Refuse a mutation whose answer could not be read: before it is done, rather than answer as if nothing was.

A field that may not be null takes all of the answer with it if it is refused. So a field that takes a scope of its own
says so in its metadata, and whoever lacks that scope, and selects it, is refused. Fields that may be null are null with
an error of their own.
"""

from typing import Any

import strawberry

from app.api.graphql.argument_paths import told_path
from app.api.graphql.execution.fields_below import fields_below
from app.kernel.errors import Forbidden

NEEDS = "needs"
"""Names, in the strawberry metadata of a field, the scope that it takes."""
SHOWN_WITH = {"Ledger": "ledgers:read", "Wallet": "accounts:read"}
"""The scopes without which a party of a transfer is not shown as what it is, so that nothing of it is read."""


def refuse_unreadable(info: strawberry.Info[Any, Any]) -> None:
    """Refuse a mutation if what is selected of its answer takes a scope that the actor lacks.

    :raises Forbidden: naming the scope.
    """
    actor = info.context.actor
    if actor.may("*"):
        return
    for below in fields_below(info):
        scope = below.definition.metadata.get(NEEDS)
        if scope is None or actor.may(scope):
            continue
        if all(actor.may(SHOWN_WITH[member]) for member in below.members if member in SHOWN_WITH):
            name = told_path((below.definition.python_name,), ())[0]
            message = f"This key lacks the scope {scope}, which `{name}` in the answer takes: leave that out."
            raise Forbidden(message, required_scope=scope)
