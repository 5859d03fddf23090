"""Shows the objects in a mutation's answer, or in an event of a subscription, as the answer's snapshot has them."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.accounts.models import Account, Wallet
from app.accounts.queries import find_accounts, find_wallets
from app.api.graphql.context import Context
from app.api.graphql.execution.upstream import definition_of_class
from app.holders.models import Holder
from app.holders.queries import find_holders
from app.journal.hold_queries import find_holds
from app.journal.records import Hold, Transfer
from app.journal.transfer_queries import find_transfers
from app.kernel.actor import Actor
from app.ledgers.models import Ledger
from app.ledgers.queries import find_ledgers
from app.payments.queries import find_payments
from app.payments.records import Payment
from app.webhooks.queries import find_webhook_delivery, find_webhook_endpoints, find_webhook_replays
from app.webhooks.records import WebhookDelivery, WebhookEndpoint
from app.webhooks.replays.replay import WebhookReplay


async def _find_deliveries(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, WebhookDelivery]:
    found = {one: await find_webhook_delivery(actor, one) for one in ids}
    return {delivery_id: delivery for delivery_id, delivery in found.items() if delivery is not None}


_READERS: dict[type, tuple[str, Callable[..., Awaitable[Mapping[Any, Any]]]]] = {
    Ledger: ("ledgers:read", find_ledgers),
    Account: ("accounts:read", find_accounts),
    Wallet: ("accounts:read", find_wallets),
    Transfer: ("transfers:read", find_transfers),
    Hold: ("transfers:read", find_holds),
    Payment: ("payments:read", find_payments),
    Holder: ("holders:read", find_holders),
    WebhookEndpoint: ("webhooks:read", find_webhook_endpoints),
    WebhookDelivery: ("webhooks:read", _find_deliveries),
    WebhookReplay: ("webhooks:read", find_webhook_replays),
}
"""Whose records are read again: the scope that this takes, and how they are found."""


async def show_in_snapshot(told: Any, context: Context) -> None:
    """Let all views in this answer show what the snapshot has, as far as the actor may read it."""
    views = list(_views(told))
    for record, (scope, find) in _READERS.items():
        shown = [one for one in views if isinstance(one.shown, record)]
        if shown and context.actor.may(scope):
            found = await find(context.actor, [one.shown.id for one in shown])
            for one in shown:
                one.shown = found.get(one.shown.id, one.shown)


def _views(told: Any) -> Iterator[Any]:
    if isinstance(told, list):
        for one in told:
            yield from _views(one)
    elif definition_of_class(type(told)) is not None:
        attributes = vars(told)
        if "shown" in attributes:
            yield told
        else:
            for value in attributes.values():
                yield from _views(value)
