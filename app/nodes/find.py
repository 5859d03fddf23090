"""Find objects of any noun by what somebody has at hand: an id, a key, a reference, an account number, a name.

Each look-up is one that a list of its noun has too, so an index serves it, and it shows only what the actor may read.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.access.api_key import ApiKey
from app.access.queries import list_api_keys
from app.accounts.models import Account
from app.accounts.queries import find_accounts_in_any_case
from app.db.pages import Page
from app.events.visibility import SCOPE_OF_RESOURCE_TYPE, readable_resource_types
from app.holders.models import Holder
from app.holders.queries import HolderFilter, read_holders
from app.idempotency.find_made import find_by_key
from app.journal.hold_queries import HoldFilter, read_holds
from app.journal.records import Hold, Transfer
from app.journal.transfer_queries import TransferFilter, read_transfers
from app.kernel.actor import Actor
from app.kernel.checks import check_text
from app.kernel.errors import DomainError, LimitExceeded
from app.kernel.words import words_of
from app.ledgers.models import Ledger
from app.ledgers.queries import find_ledger_by_iban, find_ledger_by_uk_bank_account
from app.nodes.find_nodes import NodeObject, find_nodes
from app.nodes.given_account import GivenAccount, account_given, number_given
from app.payments.queries import PaymentFilter, read_payments
from app.payments.records import Payment
from app.webhooks.queries import find_deliveries_of_message, list_webhook_endpoints
from app.webhooks.records import WebhookDelivery, WebhookEndpoint

TEXT_PATH = ("text",)
PART_CHARACTERS_MIN = 3
"""A part of a key's name or of an endpoint's URL is looked for from so many characters on."""


class FoundBy(StrEnum):
    """By what an object was found."""

    ID = "ID"
    WEBHOOK_ID = "WEBHOOK_ID"
    IDEMPOTENCY_KEY = "IDEMPOTENCY_KEY"
    REFERENCE = "REFERENCE"
    BANK_ACCOUNT = "BANK_ACCOUNT"
    NAME = "NAME"


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object, and by what it was found."""

    node: NodeObject
    by: FoundBy


@dataclass(frozen=True, slots=True)
class NotSearched:
    """A kind of objects that was not searched, and why; `required_scope` is the scope that is missing, if one is."""

    resource_type: str
    reason: str
    required_scope: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, the surest first, each object once; `has_more` says that there is more of it."""

    objects: list[FoundObject]
    not_searched: list[NotSearched]
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for, and how many of each kind at most."""

    text: str
    identifier: UUID | None
    account: GivenAccount | None
    limit: int

    @property
    def page(self) -> Page:
        return Page(self.limit)


async def find(actor: Actor, text: str, *, limit: int) -> Found:
    """Up to `limit` objects that this text names: the whole of an id, a key, a reference (in any case) or an account
    number, the words of a holder's name or e-mail address, or a part of a key's name or of an endpoint's URL.

    :raises Invalid: the text is blank or too long.
    """
    checked = check_text(text, TEXT_PATH)
    search = _Search(checked, _identifier(checked), account_given(checked), limit + 1)
    not_searched = refused_types(actor)
    refused = {one.resource_type for one in not_searched}
    found: dict[UUID, FoundObject] = {}
    for resource_type, by, look_up in _LOOK_UPS:
        if resource_type in refused:
            continue
        try:
            nodes = await look_up(actor, search)
        except LimitExceeded as busy:
            not_searched.append(NotSearched(resource_type, busy.message))
            continue
        for node in nodes:
            found.setdefault(node.id, FoundObject(node, by))
    objects = list(found.values())
    return Found(objects[:limit], not_searched, has_more=len(objects) > limit)


def refused_types(actor: Actor) -> list[NotSearched]:
    """The kinds of objects that this actor may not read."""
    readable = readable_resource_types(actor)
    return [
        NotSearched(resource_type, f"This key lacks the scope {scope}.", scope)
        if not actor.may(scope)
        else NotSearched(resource_type, "An access token of one holder cannot see it.")
        for resource_type, scope in SCOPE_OF_RESOURCE_TYPE.items()
        if resource_type in SEARCHED and resource_type not in readable
    ]


def _identifier(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shown(nodes: Iterable[NodeObject | DomainError]) -> list[NodeObject]:
    """Without those that take a scope which the actor lacks: their kinds were not searched."""
    return [node for node in nodes if not isinstance(node, DomainError)]


async def _by_id(actor: Actor, search: _Search) -> list[NodeObject]:
    return [] if search.identifier is None else _shown((await find_nodes(actor, [search.identifier])).values())


async def _deliveries(actor: Actor, search: _Search) -> list[WebhookDelivery]:
    if search.identifier is None:
        return []
    return await find_deliveries_of_message(actor, search.identifier)


async def _by_key(actor: Actor, search: _Search) -> list[NodeObject]:
    return _shown((await find_nodes(actor, await find_by_key(actor, search.text))).values())


async def _accounts(actor: Actor, search: _Search) -> list[Account]:
    return await find_accounts_in_any_case(actor, search.text, limit=search.limit)


async def _payments(actor: Actor, search: _Search) -> list[Payment]:
    ours = await read_payments(actor, PaymentFilter(reference_in_any_case=search.text), search.page)
    theirs = await read_payments(actor, PaymentFilter(partner_reference_in_any_case=search.text), search.page)
    return ours + theirs


async def _transfers(actor: Actor, search: _Search) -> list[Transfer]:
    return await read_transfers(actor, TransferFilter(reference_in_any_case=search.text), search.page)


async def _holds(actor: Actor, search: _Search) -> list[Hold]:
    return await read_holds(actor, HoldFilter(reference_in_any_case=search.text), search.page)


async def _ledgers_of_account(actor: Actor, search: _Search) -> list[Ledger]:
    if search.account is None:
        return []
    by_iban = None if search.account.iban is None else await find_ledger_by_iban(actor, search.account.iban)
    british = search.account.uk_bank_account
    by_number = None if british is None else await find_ledger_by_uk_bank_account(actor, british)
    return [ledger for ledger in (by_iban, by_number) if ledger is not None]


async def _payments_of_account(actor: Actor, search: _Search) -> list[Payment]:
    found = []
    if search.account is not None:
        found = await read_payments(actor, PaymentFilter(counterparty=search.account.counterparty), search.page)
    number = number_given(search.text, search.account)
    if number is not None:
        found += await read_payments(actor, PaymentFilter(counterparty_number=number), search.page)
    return found


async def _holders(actor: Actor, search: _Search) -> list[Holder]:
    words = words_of(search.text)
    return await read_holders(actor, HolderFilter(search=tuple(words)), search.page) if words else []


async def _payments_of_name(actor: Actor, search: _Search) -> list[Payment]:
    return await read_payments(actor, PaymentFilter(counterparty_name=search.text), search.page)


async def _endpoints(actor: Actor, search: _Search) -> list[WebhookEndpoint]:
    return [
        one for one in await list_webhook_endpoints(actor) if _has_part(search.text, one.url, one.description or "")
    ][: search.limit]


async def _api_keys(actor: Actor, search: _Search) -> list[ApiKey]:
    return [one for one in await list_api_keys(actor) if _has_part(search.text, one.name, one.prefix)][: search.limit]


def _has_part(part: str, *texts: str) -> bool:
    if len(part) < PART_CHARACTERS_MIN:
        return False
    return any(part.casefold() in text.casefold() for text in texts)


_LookUp = Callable[[Actor, _Search], Awaitable[Sequence[NodeObject]]]
ANY_TYPE = "any"
_LOOK_UPS: tuple[tuple[str, FoundBy, _LookUp], ...] = (
    (ANY_TYPE, FoundBy.ID, _by_id),
    ("webhook_delivery", FoundBy.WEBHOOK_ID, _deliveries),
    (ANY_TYPE, FoundBy.IDEMPOTENCY_KEY, _by_key),
    ("account", FoundBy.REFERENCE, _accounts),
    ("payment", FoundBy.REFERENCE, _payments),
    ("transfer", FoundBy.REFERENCE, _transfers),
    ("hold", FoundBy.REFERENCE, _holds),
    ("ledger", FoundBy.BANK_ACCOUNT, _ledgers_of_account),
    ("payment", FoundBy.BANK_ACCOUNT, _payments_of_account),
    ("holder", FoundBy.NAME, _holders),
    ("payment", FoundBy.NAME, _payments_of_name),
    ("webhook_endpoint", FoundBy.NAME, _endpoints),
    ("api_key", FoundBy.NAME, _api_keys),
)
"""What is looked up, of which kind, in the order in which it is told: the surest first."""
SEARCHED = (
    *("holder", "ledger", "account", "wallet", "transfer", "hold", "payment"),
    *("webhook_endpoint", "webhook_delivery", "api_key"),
)
"""Kinds that are told if they were not searched."""
