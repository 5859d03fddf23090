"""What `quaestor demo` does: holders, ledgers, IBANs, money, wallets, and a webhook endpoint that gets all events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.api_client import ApiClient
from app.demo.progress import LedgerLine, Progress
from app.demo.receiver import DemoReceiver
from app.demo.story_money import Money
from app.demo.story_wallets import tell_of_wallets
from app.kernel.errors import NotReachable, Refused

PATIENCE_SECONDS = 30.0
WAIT_MS = 30_000
EVENTS_OF_ONE_MAX = 100
MADE_BY = {"made_by": "quaestor demo"}
# Balance changes go only to endpoints that list them explicitly.
EVENT_TYPES = [
    *("holder.*", "ledger.*", "ledger.balance_changed", "transfer.*", "hold.*", "payment.*"),
    *("account.*", "wallet.*", "wallet.balance_changed"),
]
TOLD_OF = {"Ledger", "Wallet"}
"""Sides of a transfer whose changed balance is told."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A holder in the demo, and the assets of its ledgers."""

    name: str
    party: dict[str, Any]
    address: dict[str, str]
    assets: tuple[str, ...]


CAST = (
    Cast(
        "Amara Whitfield",
        {"person": {"name": "Amara Whitfield", "dateOfBirth": "1991-06-14"}},
        {"line1": "22 Royal Crescent", "city": "Bath", "postalCode": "BA1 2LT", "country": "GB"},
        ("GBP", "WHISKY"),
    ),
    Cast(
        "Jonas Keller",
        {"person": {"name": "Jonas Keller", "dateOfBirth": "1984-09-02"}},
        {"line1": "Lindenstraße 17", "city": "Leipzig", "postalCode": "04109", "country": "DE"},
        ("EUR",),
    ),
    Cast(
        "Pennine Ltd",
        {"company": {"name": "Pennine Ltd", "registrationNumber": "08415523"}},
        {"line1": "Albion Mill", "city": "Hebden Bridge", "postalCode": "HX7 6AA", "country": "GB"},
        ("GBP", "GOLD"),
    ),
    Cast(
        "Verre SARL",
        {"company": {"name": "Verre SARL", "registrationNumber": "504 221 973"}},
        {"line1": "8 quai des Chartrons", "city": "Bordeaux", "postalCode": "33000", "country": "FR"},
        ("EUR",),
    ),
)

LOOK_AROUND = "{ viewer { environment } partnerProducts { name asset } assets { code class } }"
LEDGER = "LedgerSuccess { ledger { id status } }"
WAIT = "query ($id: ID!, $ms: Int!) { ledger(by: {id: $id}, wait: true, timeoutMs: $ms) { status ibanStatus } }"
SIDES = "query ($id: ID!) { transfer(id: $id) { debit { __typename } credit { __typename } } }"
EVENTS_OF = "query ($id: ID!, $first: Int!) { events(first: $first, filter: {resourceId: $id}) { nodes { id } } }"


@dataclass(frozen=True, slots=True)
class Offer:
    """The ledgers this server offers: the partner product of each asset, and the virtual assets."""

    products: dict[str, str]
    virtual: frozenset[str]


async def tell_story(client: ApiClient, receiver: DemoReceiver, progress: Progress) -> None:
    """Run the whole demo, and wait up to `PATIENCE_SECONDS` for its webhooks. The endpoint is deleted at the end.

    :raises Refused: the server is LIVE, or may not send webhooks to the receiver.
    :raises NotReachable: the server does not answer.
    """
    progress.url = client.url
    offer = await _look_around(client)
    receiver.on_receipt = progress.take
    async with _endpoint(client, receiver):
        progress.step = "creating holders"
        holder_ids = await asyncio.gather(*(_create_holder(client, who) for who in CAST))
        progress.holder_ids.update(holder_ids)
        progress.step = "waiting for the screening of the holders"
        await receiver.until(lambda: _are_screened(progress), timeout_seconds=PATIENCE_SECONDS)
        progress.step = "issuing ledgers"
        pairs = [
            (who, holder_id, asset) for who, holder_id in zip(CAST, holder_ids, strict=True) for asset in who.assets
        ]
        await asyncio.gather(*(_open_ledger(client, progress, offer, *pair) for pair in pairs))
        ledger_ids = {(line.holder_name, line.asset): line.ledger_id for line in progress.lines.values()}
        await tell_of_wallets(client, progress, holder_id=holder_ids[0], story_id=holder_ids[0])
        await Money(client, receiver, progress, ledger_ids, story_id=holder_ids[0]).tell()
        progress.step = "waiting for the last webhooks"
        progress.expected = await _expected_messages(client, [*holder_ids, *progress.lines], progress)
        await receiver.until(lambda: progress.expected <= receiver.receipts.keys(), timeout_seconds=PATIENCE_SECONDS)
        progress.step = "done"


async def _look_around(client: ApiClient) -> Offer:
    found = await client.ask(LOOK_AROUND)
    if found["viewer"]["environment"] == "LIVE":
        raise Refused(f"The server at {client.url} is LIVE: the demo makes holders and ledgers, and wants PLAYLIVE.")
    products = {product["asset"]: product["name"] for product in reversed(found["partnerProducts"])}
    return Offer(products, frozenset(asset["code"] for asset in found["assets"] if asset["class"] == "COMMODITY"))


@contextlib.asynccontextmanager
async def _endpoint(client: ApiClient, receiver: DemoReceiver) -> AsyncIterator[None]:
    creating = asyncio.create_task(
        client.do(
            "createWebhookEndpoint",
            "WebhookSecretSuccess { endpoint { id } secret }",
            url=receiver.address,
            description="quaestor demo",
            eventTypes=EVENT_TYPES,
        )
    )
    try:
        made = await asyncio.shield(creating)
    except Refused as refusal:
        raise Refused(
            f"The server may not send webhooks to {receiver.address}: {refusal} "
            "See QUAESTOR_WEBHOOK_ALLOWED_NETWORKS and QUAESTOR_WEBHOOK_ALLOW_HTTP."
        ) from refusal
    except asyncio.CancelledError:  # The server may have made it already.
        await _delete_endpoint(client, creating)
        raise
    receiver.trust(made["secret"])
    try:
        yield
    finally:
        await _delete_endpoint(client, creating)


async def _delete_endpoint(client: ApiClient, creating: "asyncio.Task[dict[str, Any]]") -> None:
    # If the server is gone, that has been reported already.
    with contextlib.suppress(NotReachable, Refused):
        endpoint_id = (await creating)["endpoint"]["id"]
        await client.do_to(endpoint_id, "deleteWebhookEndpoint", "endpointId", "DeletedSuccess { deletedId }")


async def _create_holder(client: ApiClient, who: Cast) -> str:
    success = "HolderSuccess { holder { id status } }"
    created = await client.do("createHolder", success, party=who.party, address=who.address, metadata=MADE_BY)
    holder_id: str = created["holder"]["id"]
    return holder_id


def _are_screened(progress: Progress) -> bool:
    statuses = progress.holder_statuses
    return all(statuses.get(holder_id, "PENDING") != "PENDING" for holder_id in progress.holder_ids)


async def _open_ledger(
    client: ApiClient, progress: Progress, offer: Offer, who: Cast, holder_id: str, asset: str
) -> None:
    """Issue a ledger, ask for an IBAN if it gets none by itself, and wait until it is settled."""
    base: dict[str, Any] = {"holderId": holder_id, "asset": asset, "metadata": MADE_BY}
    if asset in offer.virtual:
        issued = await client.do("issueVirtualLedger", LEDGER, **base)
    elif asset in offer.products:
        real: dict[str, Any] = {
            "partnerProduct": offer.products[asset],
            "primaryUses": ["PAYMENTS"],
            "assetsOwnedBy": "OTHER",
            "jurisdiction": who.address["country"],
        }
        issued = await client.do("issueLedger", LEDGER, **base, **real)
    else:
        return  # This server's catalog does not offer such ledgers.
    ledger_id = issued["ledger"]["id"]
    progress.add(LedgerLine(ledger_id, who.name, asset, issued["ledger"]["status"]))
    settled = await client.ask(WAIT, id=ledger_id, ms=WAIT_MS)
    if asset == "EUR" and settled["ledger"]["status"] == "OK":
        await client.do("assignIban", LEDGER, ledgerId=ledger_id)
        await client.ask(WAIT, id=ledger_id, ms=WAIT_MS)


async def _expected_messages(client: ApiClient, owners: Sequence[str], progress: Progress) -> set[str]:
    """The ids of all messages that should come: one for each event, and one for each balance that changed."""
    found = await asyncio.gather(*(_events_of(client, one) for one in [*owners, *progress.resource_ids]))
    posted = await asyncio.gather(*(_events_of(client, one) for one in progress.transfer_ids))
    changed = await asyncio.gather(*(client.ask(SIDES, id=one) for one in progress.transfer_ids))
    expected = set[str]().union(*found, *posted)
    for [event_id], answer in zip(posted, changed, strict=True):
        for side, bits in (("debit", 0b01), ("credit", 0b10)):
            if answer["transfer"][side]["__typename"] in TOLD_OF:
                expected.add(str(UUID(int=UUID(event_id).int | bits)))
    return expected


async def _events_of(client: ApiClient, resource_id: str) -> set[str]:
    found = await client.ask(EVENTS_OF, id=resource_id, first=EVENTS_OF_ONE_MAX)
    return {event["id"] for event in found["events"]["nodes"]}
