"""Batched look-up of what objects refer to: one loader for each kind, made once per operation."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from app.access.queries import keys_of_actors
from app.accounts.accounting import balances_of_accounts
from app.accounts.queries import find_accounts, find_wallets
from app.accounts.unit_balances import balances_of_holders
from app.api.graphql.context import Context
from app.events.feed import find_events
from app.holders.queries import find_holders
from app.journal.activity import activity_of
from app.journal.balances_at import BalanceDate, Wanted, balances_at
from app.journal.hold_queries import find_holds
from app.journal.system_accounts import find_system_accounts
from app.journal.transfer_queries import find_captures, find_reversals, find_transfers
from app.kernel.actor import Actor
from app.kernel.clock import utc_now
from app.kernel.money import Money
from app.ledgers.queries import find_ledgers
from app.payments.queries import find_payments
from app.webhooks import queries as webhook_queries
from app.webhooks.records import WebhookDelivery

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

Find = Callable[[Actor, list[Key]], Awaitable[Mapping[Key, Found]]]
Load = Callable[[Context, Key | None], Awaitable[Found | None]]


def loading(find: Find[Key, Found]) -> Load[Key, Found]:
    """A function that looks up one key by `find`, batched with all others that are asked for meanwhile. It returns None
    for None, and where nothing was found. An exception that was found is raised.
    """

    def make(context: Context) -> DataLoader[Key, Found | None]:
        async def load(keys: list[Key]) -> list[Found | None]:
            found = await find(context.actor, keys)
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    async def load_one(context: Context, key: Key | None) -> Found | None:
        return None if key is None else await context.once(make).load(key)

    return load_one


load_holder = loading(find_holders)
load_ledger = loading(find_ledgers)
load_account = loading(find_accounts)
load_wallet = loading(find_wallets)
load_account_balances = loading(balances_of_accounts)
load_holder_balances = loading(balances_of_holders)
load_activity = loading(activity_of)
load_system_account = loading(find_system_accounts)
load_transfer = loading(find_transfers)
load_hold = loading(find_holds)
load_captures = loading(find_captures)
load_reversals = loading(find_reversals)
load_payment = loading(find_payments)
load_event = loading(find_events)
load_key_of_actor = loading(keys_of_actors)
load_endpoint = loading(webhook_queries.find_webhook_endpoints)
load_attempts = loading(webhook_queries.attempts_of_deliveries)
load_secret_ends = loading(webhook_queries.secret_ends_of_endpoints)
load_stats = loading(lambda actor, ids: webhook_queries.stats_of_endpoints(actor, ids, now=utc_now()))


async def _bodies(actor: Actor, deliveries: list[WebhookDelivery]) -> dict[WebhookDelivery, str]:
    found = await webhook_queries.request_bodies(actor, deliveries)
    return {delivery: found[delivery.id] for delivery in deliveries if delivery.id in found}


async def _balances(actor: Actor, wanted: list[Wanted]) -> dict[Wanted, Money]:
    found: Any = await balances_at(actor, wanted)  # A refusal among them is raised to its own caller.
    return dict(zip(wanted, found, strict=True))


async def _effective_balances(actor: Actor, wanted: list[Wanted]) -> dict[Wanted, Money]:
    found: Any = await balances_at(actor, wanted, by=BalanceDate.EFFECTIVE)
    return dict(zip(wanted, found, strict=True))


load_request_body = loading(_bodies)
load_balance = loading(_balances)
load_effective_balance = loading(_effective_balances)
