"""Find any object by its id: identifiers carry no type, so the nouns' primary keys are probed in one statement."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from app.access.api_key import ApiKey
from app.access.queries import find_api_key
from app.db.connection import fetch
from app.events.event import Event
from app.events.feed import find_events
from app.holders.models import Holder
from app.holders.queries import find_holder
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden
from app.ledgers.models import Ledger
from app.ledgers.queries import find_ledgers
from app.webhooks.queries import find_webhook_delivery, find_webhook_endpoint
from app.webhooks.records import WebhookDelivery, WebhookEndpoint

NodeObject = Holder | Ledger | Event | ApiKey | WebhookEndpoint | WebhookDelivery

# A ledger or wallet comes before its posting account; what is most numerous comes last.
TABLES = ("ledgers", "holders", "webhook_endpoints", "api_keys", "webhook_deliveries", "events")


async def find_nodes(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, NodeObject | Forbidden]:
    """Those of these objects that exist for this actor, by id; one that the actor's scopes do not reach is the
    refusal that says which scope is missing.
    """
    probes = " UNION ALL ".join(
        f"SELECT id, '{table}' AS found_in FROM {table} WHERE customer_id = $1 AND id = ANY($2)" for table in TABLES
    )
    by_table: defaultdict[str, list[UUID]] = defaultdict(list)
    for row in await fetch(probes, actor.customer_id, list(ids)):
        by_table[row["found_in"]].append(row["id"])
    found: dict[UUID, NodeObject | Forbidden] = {}
    for table in TABLES:
        for node_id, node in (await _read(actor, table, by_table[table])).items():
            found.setdefault(node_id, node)
    return found


async def _read(actor: Actor, table: str, ids: Sequence[UUID]) -> dict[UUID, NodeObject | Forbidden]:
    if not ids:
        return {}
    try:
        match table:
            case "ledgers":
                return {**await find_ledgers(actor, ids)}
            case "events":
                return {**await find_events(actor, ids)}
        finders = {
            "holders": find_holder,
            "webhook_endpoints": find_webhook_endpoint,
            "api_keys": find_api_key,
            "webhook_deliveries": find_webhook_delivery,
        }
        found = {node_id: await finders[table](actor, node_id) for node_id in ids}
    except Forbidden as refusal:
        return dict.fromkeys(ids, refusal)
    return {node_id: node for node_id, node in found.items() if node is not None}
