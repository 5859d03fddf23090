"""A ledger or wallet by its id, whichever it is, with its posting account."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.accounts.events import WALLET_NOUN
from app.accounts.models import Wallet
from app.accounts.queries import lock_wallet, read_wallet_in_transaction
from app.db.connection import Record
from app.db.identifiers import parse_id
from app.db.transaction import Transaction
from app.journal.posting_accounts import Book, lock_posting_account
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, InvalidState, NotFound
from app.kernel.money import Unit
from app.ledgers.events import LEDGER_NOUN
from app.ledgers.models import Ledger
from app.ledgers.queries import lock_ledger, read_in_transaction
from app.ledgers.status import LedgerStatus
from app.lifecycle.advance import Noun, change

SCOPE = "ledgers:freeze"
PATH = ("id",)
CLOSED = "CLOSED"
LEDGER, WALLET = LEDGER_NOUN.type, WALLET_NOUN.type


@dataclass(frozen=True, slots=True)
class Party:
    """A ledger or wallet and its posting account, both locked."""

    account: Record
    row: Record
    noun: Noun

    @property
    def unit(self) -> Unit:
        """What it holds."""
        return Unit(self.account["asset"], self.account["scale"])

    @property
    def used(self) -> int:
        """How much of an overdraft is used, in minor units: what is held counts."""
        is_credit_normal = self.account["normal_side"] == "CREDIT"
        posted: int = self.account["credits"] - self.account["debits"]
        held: int = self.account["held"]
        return max(0, held - (posted if is_credit_normal else -posted))

    def check_not_over(self) -> None:
        """Check that money may still move here.

        :raises InvalidState: it is closed, or was declined.
        """
        if self.noun is WALLET_NOUN:
            status = None if self.row["closed_at"] is None else CLOSED
        else:
            status = self.row["status"] if self.row["status"] in OVER else None
        if status is not None:
            raise InvalidState(f"This {self.noun.type} is {status}: nothing moves any more.", path=PATH, status=status)


OVER = (LedgerStatus.CLOSED.value, LedgerStatus.DECLINED.value)


def checked_id(actor: Actor, text: str) -> UUID:
    """The id of what is to be controlled, if this actor may do so.

    :raises Forbidden: the scope is missing, or the actor has a holder's own token.
    :raises Invalid: it is no id.
    """
    actor.require(SCOPE)
    if actor.holder_id is not None:
        message = "A holder's own access token freezes nothing and grants no overdraft: only the customer does."
        raise Forbidden(message, required_scope=SCOPE)
    return parse_id(text, PATH)


async def lock_party(tx: Transaction, actor: Actor, party_id: UUID, noun: str | None) -> Party:
    """Lock the posting account, then the ledger or wallet behind it. `noun` says which of the two it must be, if any.

    :raises NotFound: this actor has none by that id.
    """
    account = await lock_posting_account(tx, actor.customer_id, party_id)
    is_wallet = account is not None and account["book"] == Book.WALLET.value
    if account is None or account["is_system"] or noun not in {None, WALLET if is_wallet else LEDGER}:
        raise NotFound(f"There is no {noun or 'ledger or wallet'} {party_id}.", path=PATH)
    if is_wallet:
        return Party(account, await lock_wallet(tx, actor, party_id, PATH), WALLET_NOUN)
    return Party(account, await lock_ledger(tx, actor, party_id, PATH), LEDGER_NOUN)


async def read_party(tx: Transaction, actor: Actor, party: Party) -> Ledger | Wallet:
    """The ledger or wallet as this transaction sees it."""
    if party.noun is WALLET_NOUN:
        return await read_wallet_in_transaction(tx, actor, party.row["id"])
    return await read_in_transaction(tx, actor, party.row["id"])


async def change_party(
    tx: Transaction,
    actor: Actor,
    party: Party,
    of_ledger: str,
    of_wallet: str,
    told_beside: Mapping[str, Any] = MappingProxyType({}),
    **changes: Any,
) -> None:
    """Change the ledger or wallet, and tell of it by the one or the other type of event, with `told_beside` in its
    data.
    """
    noun = replace(party.noun, describe=lambda row: {**party.noun.describe(row), **told_beside})
    await change(tx, actor, noun, party.row, of_wallet if party.noun is WALLET_NOUN else of_ledger, **changes)
