"""Find any object by its id. Ids carry no type, so one statement looks in the primary keys of all nouns."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from app.access.access_token import AccessToken
from app.access.api_key import ApiKey
from app.access.queries import find_access_token, find_api_key
from app.accounts.models import Account, Wallet
from app.accounts.queries import find_accounts, find_wallets
from app.db.connection import fetch
from app.events.event import Event
from app.events.feed import find_events
from app.holders.models import Holder
from app.holders.queries import find_holder
from app.journal.entry_queries import find_entries
from app.journal.hold_queries import find_holds
from app.journal.records import Entry, Hold, Transfer, transfer_id_of
from app.journal.system_accounts import SystemAccount, find_system_accounts
from app.journal.transfer_queries import find_transfers
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden
from app.ledgers.models import Ledger
from app.ledgers.queries import find_ledgers
from app.payments.queries import find_payments
from app.payments.records import Payment
from app.webhooks.queries import find_webhook_delivery, find_webhook_endpoints, find_webhook_replays
from app.webhooks.records import WebhookDelivery, WebhookEndpoint
from app.webhooks.replays.replay import WebhookReplay

NodeObject = (
    Holder
    | Ledger
    | Account
    | Wallet
    | SystemAccount
    | Transfer
    | Hold
    | Entry
    | Payment
    | Event
    | ApiKey
    | AccessToken
    | WebhookEndpoint
    | WebhookDelivery
    | WebhookReplay
)

# A ledger or wallet comes before its posting account; the largest tables come last.
TABLES = (
    "ledgers",
    "wallets",
    "accounts",
    "holders",
    "webhook_endpoints",
    "webhook_replays",
    "api_keys",
    "access_tokens",
    "system_accounts",
    "payments",
    "holds",
    "webhook_deliveries",
    "transfers",
    "events",
)


async def _find_system_accounts(actor: Actor, ids: list[UUID]) -> dict[UUID, SystemAccount]:
    """None for a holder's token: it sees system accounts only as the other side of its own transfers."""
    return {} if actor.holder_id is not None else await find_system_accounts(actor, ids)


FIND_SEVERAL: dict[str, Callable[[Actor, list[UUID]], Awaitable[Mapping[UUID, NodeObject]]]] = {
    "ledgers": find_ledgers,
    "wallets": find_wallets,
    "accounts": find_accounts,
    "webhook_endpoints": find_webhook_endpoints,
    "webhook_replays": find_webhook_replays,
    "system_accounts": _find_system_accounts,
    "payments": find_payments,
    "holds": find_holds,
    "transfers": find_transfers,
    "events": find_events,
    "entries": find_entries,
}
FIND_ONE: dict[str, Callable[[Actor, UUID], Awaitable[NodeObject | None]]] = {
    "holders": find_holder,
    "api_keys": find_api_key,
    "access_tokens": find_access_token,
    "webhook_deliveries": find_webhook_delivery,
}


async def find_nodes(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, NodeObject | Forbidden]:
    """The objects that exist for this actor, by id. If a scope is missing for one, its value is the refusal that names
    the scope.
    """
    probes = " UNION ALL ".join(
        f"SELECT id, '{table}' AS found_in FROM {table} WHERE customer_id = $1 AND id = ANY($2)" for table in TABLES
    )
    # An entry has no row of its own, so its transfer is looked up.
    derived: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for node_id in ids:
        origin = transfer_id_of(node_id)
        if origin is not None:
            derived[origin[0]].append(node_id)
    asked = set(ids)
    by_table: defaultdict[str, list[UUID]] = defaultdict(list)
    for row in await fetch(probes, actor.customer_id, list(asked | derived.keys())):
        if row["id"] in asked:
            by_table[row["found_in"]].append(row["id"])
        if row["found_in"] == "transfers":
            by_table["entries"] += derived[row["id"]]
    found: dict[UUID, NodeObject | Forbidden] = {}
    for table in (*TABLES, "entries"):
        for node_id, node in (await _read(actor, table, by_table[table])).items():
            found.setdefault(node_id, node)
    return found


async def _read(actor: Actor, table: str, ids: Sequence[UUID]) -> dict[UUID, NodeObject | Forbidden]:
    if not ids:
        return {}
    try:
        if table in FIND_SEVERAL:
            return {**await FIND_SEVERAL[table](actor, list(ids))}
        found = {node_id: await FIND_ONE[table](actor, node_id) for node_id in ids}
    except Forbidden as refusal:
        return dict.fromkeys(ids, refusal)
    return {node_id: node for node_id, node in found.items() if node is not None}
