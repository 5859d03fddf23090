"""The loss-free feed of changed wallets, read from the customer's events."""

from dataclasses import dataclass
from datetime import datetime

from app.accounts.models import Wallet
from app.accounts.queries import READ, find_wallets
from app.events.changes import WALLETS, read_newest_moments
from app.events.feed_place import FeedPlace
from app.kernel.actor import Actor
from app.kernel.errors import Path


@dataclass(frozen=True, slots=True)
class WalletChange:
    """A change of a wallet: the wallet as it is now, and the cursor to go on from."""

    cursor: str
    type: str
    wallet: Wallet
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class WalletChanges:
    """One page of the feed. The next one begins at `end`, after everything that this page gave or left out."""

    changes: list[WalletChange]
    end: FeedPlace
    has_more: bool


async def read_wallet_changes(
    actor: Actor, *, after: FeedPlace | None, limit: int, since: datetime | None = None, path: Path = ("after",)
) -> WalletChanges:
    """Changed wallets after a place, or from the first on, in feed order. A page has each wallet at most once, at its
    newest change.

    Over all pages a wallet may come more than once; no committed change is skipped. Credits and debits count whether or
    not the actor may read transfers, but nothing of the transfer is shown.

    :raises CursorExpired: the feed does not have this place.
    """
    actor.require(READ)
    moments, end, has_more = await read_newest_moments(WALLETS, actor, after, limit, since, path)
    wallets = await find_wallets(actor, [moment.resource_id for moment in moments])
    changes = [
        WalletChange(FeedPlace(moment.position, moment.epoch).cursor, moment.type, wallet, moment.occurred_at)
        for moment in moments
        if (wallet := wallets.get(moment.resource_id)) is not None
    ]
    return WalletChanges(changes, end, has_more)
