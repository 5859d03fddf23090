"""Orders for accounts and wallets, checked as far as possible without the database."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.accounts.status import AccountingType, AccountType
from app.db.identifiers import new_id, parse_id
from app.idempotency.key import check_key
from app.idempotency.meaning import meaning_of
from app.idempotency.reserve_keys import KeyRequest
from app.journal.amounts import parse_decimal, scaled_to
from app.kernel.actor import Actor
from app.kernel.checks import check_metadata, check_text, refuse
from app.kernel.errors import DomainError, Forbidden, Path
from app.kernel.money import MinorUnits, Unit

CREATE_ACCOUNT, CREATE_WALLET = "createAccount", "createWallet"
WALLETS_MAX = 1_000
"""How many wallets one command may open."""
DECIMAL_PLACES_MAX = 18

_CURRENCY = re.compile(r"[A-Z0-9]{2,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewWallet:
    """A wallet to open, as sent."""

    name: str
    currency: str
    accounting_type: str
    decimal_places: int
    allow_negative: bool = False
    metadata: Any = None
    overdraft_limit: str | None = None
    """How far below zero it may go, as a plain decimal in its currency."""


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """An account to open, with its first wallets, as sent."""

    type: str
    reference: str
    holder_id: str | None = None
    backing_ledger_id: str | None = None
    metadata: Any = None
    wallets: tuple[NewWallet, ...] = ()
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class CreateWallet:
    """A wallet to open in an existing account, as sent."""

    account_reference: str
    wallet: NewWallet
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A command, its actor, and its path in the request."""

    actor: Actor
    command: CreateAccount | CreateWallet
    path: Path = ()


@dataclass(slots=True, kw_only=True)
class CheckedWallet:
    """A wallet that can be opened, as far as can be checked without its account."""

    id: UUID
    name: str
    currency: str
    accounting_type: AccountingType
    decimal_places: int
    allow_negative: bool
    overdraft_limit: MinorUnits
    metadata: dict[str, Any]
    content_hash: bytes
    path: Path


@dataclass(slots=True, kw_only=True)
class CheckedOrder:
    """An order whose command is well-formed; `reference` is the account's. `resource_id` is the id of the new account
    or wallet.
    """

    actor: Actor
    path: Path
    key: KeyRequest | None
    reference: str
    wallets: list[CheckedWallet]
    resource_id: UUID
    content_hash: bytes


@dataclass(slots=True, kw_only=True)
class AccountOrder(CheckedOrder):
    """An account to open, with its wallets."""

    type: AccountType
    holder_id: UUID | None
    backing_ledger_id: UUID | None
    metadata: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class WalletOrder(CheckedOrder):
    """One wallet to open."""

    @property
    def wallet(self) -> CheckedWallet:
        """The wallet to open."""
        return self.wallets[0]


def check_order(order: Order) -> AccountOrder | WalletOrder | DomainError:
    """The checked order, or its refusal."""
    try:
        order.actor.require("accounts:write")
        if isinstance(order.command, CreateAccount):
            return _account_order(order.actor, order.command, order.path)
        return _wallet_order(order.actor, order.command, order.path)
    except DomainError as refusal:
        return refusal


def check_reference(text: str, path: Path) -> str:
    """An account's reference: text of at most 255 characters."""
    return check_text(text, path)


def check_address(name: str, currency: str, path: Path) -> tuple[str, str]:
    """A wallet's name and currency."""
    return check_text(name, (*path, "name")), check_currency(currency, (*path, "currency"))


def check_currency(text: str, path: Path) -> str:
    """A currency code: one of ISO 4217, or any other of capital letters and digits."""
    if not _CURRENCY.fullmatch(text):
        refuse(
            "A currency is 2 to 12 capital letters and digits: an ISO 4217 code like USD, or a code of your own.", path
        )
    return text


def _account_order(actor: Actor, command: CreateAccount, path: Path) -> AccountOrder:
    reference = check_reference(command.reference, (*path, "reference"))
    account_type = AccountType(_one_of(command.type, list(AccountType), (*path, "type")))
    holder_id = None if command.holder_id is None else parse_id(command.holder_id, (*path, "holder_id"))
    backing = command.backing_ledger_id
    backing_ledger_id = None if backing is None else parse_id(backing, (*path, "backing_ledger_id"))
    metadata = _metadata(command.metadata, path)
    wallets = _wallets(actor, reference, command.wallets, (*path, "wallets"))
    if actor.holder_id is not None:
        _check_own_token(account_type, holder_id, path)
    content = {
        "type": account_type.value,
        "reference": reference,
        "holder_id": None if holder_id is None else str(holder_id),
        "backing_ledger_id": None if backing_ledger_id is None else str(backing_ledger_id),
        "metadata": metadata,
        "wallets": sorted(wallet.content_hash.hex() for wallet in wallets),
    }
    content_hash = _hash(CREATE_ACCOUNT, content)
    account_id = new_id()
    return AccountOrder(
        actor=actor,
        path=path,
        key=_key(CREATE_ACCOUNT, command.idempotency_key, content_hash, account_id, path),
        reference=reference,
        wallets=wallets,
        resource_id=account_id,
        content_hash=content_hash,
        type=account_type,
        holder_id=holder_id,
        backing_ledger_id=backing_ledger_id,
        metadata=metadata,
    )


def _wallet_order(actor: Actor, command: CreateWallet, path: Path) -> WalletOrder:
    reference = check_reference(command.account_reference, (*path, "account_reference"))
    wallet = _wallet(actor, reference, command.wallet, (*path, "wallet"))
    key = _key(CREATE_WALLET, command.idempotency_key, wallet.content_hash, wallet.id, path)
    return WalletOrder(
        actor=actor,
        path=path,
        key=key,
        reference=reference,
        wallets=[wallet],
        resource_id=wallet.id,
        content_hash=wallet.content_hash,
    )


def _wallets(actor: Actor, reference: str, sent: Sequence[NewWallet], path: Path) -> list[CheckedWallet]:
    if len(sent) > WALLETS_MAX:
        refuse(f"At most {WALLETS_MAX:,} wallets; these are {len(sent):,}.", path)
    wallets = [_wallet(actor, reference, wallet, (*path, str(index))) for index, wallet in enumerate(sent)]
    seen: set[tuple[str, str]] = set()
    for wallet in wallets:
        address = (wallet.name, wallet.currency)
        if address in seen:
            refuse("Two of these wallets have this name and currency: give each a name of its own.", wallet.path)
        seen.add(address)
    return wallets


def _wallet(actor: Actor, reference: str, sent: NewWallet, path: Path) -> CheckedWallet:
    name, currency = check_address(sent.name, sent.currency, path)
    kind = AccountingType(_one_of(sent.accounting_type, list(AccountingType), (*path, "accounting_type")))
    decimal_places = _decimal_places(sent.decimal_places, (*path, "decimal_places"))
    overdraft_limit = _overdraft_limit(sent, Unit(currency, decimal_places), (*path, "overdraft_limit"))
    metadata = _metadata(sent.metadata, path)
    if actor.holder_id is not None:
        _check_own_wallet(kind, sent, overdraft_limit, path)
    content = {
        "account_reference": reference,
        "name": name,
        "currency": currency,
        "accounting_type": kind.value,
        "decimal_places": decimal_places,
        "allow_negative": sent.allow_negative,
        "overdraft_limit": str(overdraft_limit) if overdraft_limit else None,
        "metadata": metadata,
    }
    return CheckedWallet(
        id=new_id(),
        name=name,
        currency=currency,
        accounting_type=kind,
        decimal_places=decimal_places,
        allow_negative=sent.allow_negative,
        overdraft_limit=overdraft_limit,
        metadata=metadata,
        content_hash=_hash(CREATE_WALLET, content),
        path=path,
    )


def _overdraft_limit(sent: NewWallet, unit: Unit, path: Path) -> MinorUnits:
    if sent.overdraft_limit is None:
        return MinorUnits(0)
    limit = scaled_to(unit, *parse_decimal(sent.overdraft_limit, path), path)
    if limit and sent.allow_negative:
        refuse(
            "A wallet that may be negative without limit has no floor: leave out its overdraft limit, or that.", path
        )
    return limit


def _check_own_wallet(kind: AccountingType, sent: NewWallet, overdraft_limit: MinorUnits, path: Path) -> None:
    wrong = {
        "accounting_type": kind is not AccountingType.LIABILITY,
        "allow_negative": sent.allow_negative,
        "overdraft_limit": overdraft_limit > 0,
    }
    faults = [name for name, is_wrong in wrong.items() if is_wrong]
    if faults:
        message = "A holder's own access token opens LIABILITY wallets that never fall below zero, and no others."
        raise Forbidden(message, path=(*path, faults[-1]))


def _check_own_token(account_type: AccountType, holder_id: UUID | None, path: Path) -> None:
    if holder_id is None:
        raise Forbidden("A holder's own access token opens accounts for that holder only.", path=(*path, "holder_id"))
    if account_type is AccountType.CHART:
        raise Forbidden(
            "A CHART account is the institution's own: a holder's access token opens GROUP accounts.",
            path=(*path, "type"),
        )


def _one_of(value: str, known: Sequence[str], path: Path) -> str:
    if value not in known:
        refuse(f"There is no such value: give one of {', '.join(known)}.", path)
    return value


def _decimal_places(value: int, path: Path) -> int:
    if type(value) is not int or not 0 <= value <= DECIMAL_PLACES_MAX:
        refuse(f"Decimal places are a whole number from 0 to {DECIMAL_PLACES_MAX}.", path)
    return value


def _metadata(sent: Any, path: Path) -> dict[str, Any]:
    return check_metadata(sent, (*path, "metadata")) if sent is not None else {}


def _key(operation: str, key: str | None, content_hash: bytes, resource_id: UUID, path: Path) -> KeyRequest | None:
    if key is None:
        return None
    return KeyRequest(operation, check_key(key, (*path, "idempotency_key")), content_hash, resource_id)


def _hash(operation: str, content: dict[str, Any]) -> bytes:
    """The hash of the content, however it was written. Fields that are not given are left out, so that a field added by
    a later version changes no hash.
    """
    given = {name: value for name, value in content.items() if value not in (None, False, {}, [])}
    if "metadata" in given:
        given["metadata"] = meaning_of(given["metadata"])
    return hashlib.sha256(orjson.dumps((operation, given), option=orjson.OPT_SORT_KEYS)).digest()
