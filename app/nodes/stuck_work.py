"""What of a customer is stuck: it waits for somebody, or keeps failing. Each item says why, and what to do.

Each kind is read from an index that has nothing else in it, newest first, so it costs the same however much there is.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.db.connection import fetchval
from app.db.pages import Page
from app.holders.models import Holder
from app.holders.queries import HolderFilter, count_holders, read_holders
from app.holders.status import HolderStatus
from app.kernel.actor import Actor
from app.ledgers.models import Ledger
from app.ledgers.queries import LedgerFilter, LedgerOrder, count_ledgers, list_ledgers
from app.ledgers.status import IbanStatus, LedgerStatus
from app.nodes.find import NotSearched
from app.nodes.find_nodes import NodeObject, find_nodes
from app.nodes.retry_work import refuse_holders
from app.nodes.stuck_reasons import (
    of_delivery,
    of_endpoint,
    of_holder,
    of_iban,
    of_ledger,
    of_payment,
    of_work,
)
from app.outbox.failed_work import FailedWork, count_failed_work, failed_work_for, list_failed_work
from app.payments.payment_counts import count_payments
from app.payments.queries import PaymentFilter, read_payments
from app.payments.status import PaymentStatus
from app.webhooks.queries import (
    DeliveryFilter,
    attempts_of_deliveries,
    count_webhook_deliveries,
    list_webhook_endpoints,
    read_webhook_deliveries,
)
from app.webhooks.status import DeliveryStatus, EndpointStatus

COUNTED_MAX = 10_000
PAYMENT_WAITS = timedelta(minutes=1)
"""A payment that goes out is stuck if its bank has not decided about it for so long."""
READ_WORK = "work:read"


class StuckKind(StrEnum):
    """What is stuck."""

    LEDGER = "LEDGER"
    HOLDER = "HOLDER"
    PAYMENT = "PAYMENT"
    WORK = "WORK"
    DELIVERY = "DELIVERY"
    ENDPOINT = "ENDPOINT"


SCOPE_OF_KIND = {
    StuckKind.LEDGER: "ledgers:read",
    StuckKind.HOLDER: "holders:read",
    StuckKind.PAYMENT: "payments:read",
    StuckKind.WORK: READ_WORK,
    StuckKind.DELIVERY: "webhooks:read",
    StuckKind.ENDPOINT: "webhooks:read",
}


@dataclass(frozen=True, slots=True)
class StuckItem:
    """Something that is stuck. `work` is the promised work that fails, if it is known; `node` is None where the actor
    may not read it, or where the work is for no object.
    """

    kind: StuckKind
    reason: str
    advice: str
    since: datetime
    node: NodeObject | None = None
    work: FailedWork | None = None


@dataclass(frozen=True, slots=True)
class StuckCount:
    """How much of a kind is stuck; at least so much if `has_more`."""

    kind: StuckKind
    count: int
    has_more: bool


@dataclass(frozen=True, slots=True)
class StuckWork:
    """What is stuck, kind after kind, each newest first; and the kinds that the actor may not read."""

    items: list[StuckItem]
    not_searched: list[NotSearched]
    searched: tuple[StuckKind, ...]


async def read_stuck_work(actor: Actor, kinds: Sequence[StuckKind] | None, *, limit: int) -> StuckWork:
    """Up to `limit` of each of these kinds; None: of all.

    :raises Forbidden: the actor is one holder's.
    """
    refuse_holders(actor)
    wanted = [kind for kind in StuckKind if kinds is None or kind in kinds]
    searched = tuple(kind for kind in wanted if actor.may(SCOPE_OF_KIND[kind]))
    refused = [
        NotSearched(kind.value.lower(), f"This key lacks the scope {SCOPE_OF_KIND[kind]}.", SCOPE_OF_KIND[kind])
        for kind in wanted
        if kind not in searched
    ]
    items = [item for kind in searched for item in await _READ[kind](actor, limit)]
    return StuckWork(items, refused, searched)


async def count_stuck_work(actor: Actor, kinds: Sequence[StuckKind]) -> list[StuckCount]:
    """How much of these kinds is stuck, counted up to 10,000 of each."""
    counts = []
    for kind in kinds:
        several = await _COUNT[kind](actor)
        known = sum(COUNTED_MAX if one is None else one for one in several)
        counts.append(StuckCount(kind, min(known, COUNTED_MAX), has_more=None in several or known > COUNTED_MAX))
    return counts


# Each status is read on its own, from its part of an index.
_LEDGERS = (
    *(LedgerFilter(status=(status,)) for status in (LedgerStatus.ERROR, LedgerStatus.MISSING_DATA)),
    LedgerFilter(iban_status=(IbanStatus.UNABLE_TO_ADVANCE,)),
)
_HOLDERS = tuple(HolderFilter(status=(status,)) for status in (HolderStatus.QUARANTINE, HolderStatus.MISSING_DATA))
_EXHAUSTED = DeliveryFilter(status=(DeliveryStatus.EXHAUSTED,))


async def _ledgers(actor: Actor, limit: int) -> list[StuckItem]:
    found: dict[object, Ledger] = {}
    for wanted in _LEDGERS:
        for ledger in await list_ledgers(actor, wanted, LedgerOrder(), Page(limit)):
            found.setdefault(ledger.id, ledger)
    return [
        StuckItem(
            StuckKind.LEDGER, *(of_iban() if one.status is LedgerStatus.OK else of_ledger(one)), one.updated_at, one
        )
        for one in found.values()
    ][:limit]


async def _holders(actor: Actor, limit: int) -> list[StuckItem]:
    found: list[Holder] = []
    for wanted in _HOLDERS:
        found += await read_holders(actor, wanted, Page(limit))
    return [StuckItem(StuckKind.HOLDER, *of_holder(one), one.updated_at, one) for one in found[:limit]]


async def _late(_actor: Actor) -> datetime:
    """Before this instant a payment that still waits was made too long ago."""
    now: datetime = await fetchval("SELECT statement_timestamp()")
    return now - PAYMENT_WAITS


async def _payments(actor: Actor, limit: int) -> list[StuckItem]:
    wanted = PaymentFilter(status=(PaymentStatus.PENDING,), created_at_lt=await _late(actor))
    found = await read_payments(actor, wanted, Page(limit))
    works = await failed_work_for(actor.customer_id, [one.id for one in found]) if actor.may(READ_WORK) else {}
    return [
        StuckItem(StuckKind.PAYMENT, *of_payment(works.get(one.id)), one.created_at, one, works.get(one.id))
        for one in found
    ]


async def _work(actor: Actor, limit: int) -> list[StuckItem]:
    found = await list_failed_work(actor.customer_id, limit=limit)
    nodes = await find_nodes(actor, list({one.resource_id for one in found}))
    shown = {node_id: node for node_id, node in nodes.items() if not isinstance(node, Exception)}
    return [StuckItem(StuckKind.WORK, *of_work(one), one.created_at, shown.get(one.resource_id), one) for one in found]


async def _deliveries(actor: Actor, limit: int) -> list[StuckItem]:
    found = await read_webhook_deliveries(actor, _EXHAUSTED, Page(limit))
    attempts = await attempts_of_deliveries(actor, [one.id for one in found])
    return [StuckItem(StuckKind.DELIVERY, *of_delivery(one, attempts[one.id]), one.updated_at, one) for one in found]


async def _endpoints(actor: Actor, limit: int) -> list[StuckItem]:
    found = [one for one in await list_webhook_endpoints(actor) if one.status is not EndpointStatus.ENABLED]
    return [StuckItem(StuckKind.ENDPOINT, *of_endpoint(one), one.updated_at, one) for one in found[:limit]]


async def _count_ledgers(actor: Actor) -> list[int | None]:
    return [await count_ledgers(actor, wanted) for wanted in _LEDGERS]


async def _count_holders(actor: Actor) -> list[int | None]:
    return [await count_holders(actor, wanted) for wanted in _HOLDERS]


async def _count_payments(actor: Actor) -> list[int | None]:
    counts = await count_payments(actor, before=await _late(actor))
    return [None if one.has_more else one.count for one in counts if one.status is PaymentStatus.PENDING]


async def _count_work(actor: Actor) -> list[int | None]:
    counted = await count_failed_work(actor.customer_id, counted_max=COUNTED_MAX + 1)
    return [None if counted > COUNTED_MAX else counted]


async def _count_deliveries(actor: Actor) -> list[int | None]:
    return [await count_webhook_deliveries(actor, _EXHAUSTED)]


async def _count_endpoints(actor: Actor) -> list[int | None]:
    return [len(await _endpoints(actor, COUNTED_MAX))]


_READ: dict[StuckKind, Callable[[Actor, int], Awaitable[list[StuckItem]]]] = {
    StuckKind.LEDGER: _ledgers,
    StuckKind.HOLDER: _holders,
    StuckKind.PAYMENT: _payments,
    StuckKind.WORK: _work,
    StuckKind.DELIVERY: _deliveries,
    StuckKind.ENDPOINT: _endpoints,
}
_COUNT: dict[StuckKind, Callable[[Actor], Awaitable[list[int | None]]]] = {
    StuckKind.LEDGER: _count_ledgers,
    StuckKind.HOLDER: _count_holders,
    StuckKind.PAYMENT: _count_payments,
    StuckKind.WORK: _count_work,
    StuckKind.DELIVERY: _count_deliveries,
    StuckKind.ENDPOINT: _count_endpoints,
}
