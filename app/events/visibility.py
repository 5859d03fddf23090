"""The scope that each noun's events need: events, subscriptions and deliveries show a noun only with its scope."""

from collections.abc import Iterable

from app.kernel.actor import Actor

SCOPE_OF_RESOURCE_TYPE = {
    "holder": "holders:read",
    "ledger": "ledgers:read",
    "account": "accounts:read",
    "wallet": "accounts:read",
    "hold": "transfers:read",
    "transfer": "transfers:read",
    "books": "transfers:read",
    "payment": "payments:read",
    "webhook": "webhooks:read",
    "webhook_endpoint": "webhooks:read",
    "webhook_delivery": "webhooks:read",
    "api_key": "keys:write",
    "work": "work:read",
}
OF_THE_CUSTOMER = ("webhook", "api_key", "books", "work")
"""Beginnings of the types that one holder's actor never sees."""


def readable_resource_types(actor: Actor) -> list[str]:
    """The resource types whose events this actor may read. One holder's actor sees nothing that
    belongs to the customer alone.
    """
    visible = [noun for noun, scope in SCOPE_OF_RESOURCE_TYPE.items() if actor.may(scope)]
    if actor.holder_id is None:
        return visible
    return [noun for noun in visible if not noun.startswith(OF_THE_CUSTOMER)]


def readable_with_scopes(scopes: Iterable[str]) -> list[str]:
    """The resource types that these scopes may read."""
    granted = frozenset(scopes)
    return [noun for noun, scope in SCOPE_OF_RESOURCE_TYPE.items() if "*" in granted or scope in granted]
