"""Open many accounts and wallets of one customer in one transaction, each command by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.accounts.backing import Named, check_backed_currency, read_named
from app.accounts.models import Account, Wallet
from app.accounts.orders import AccountOrder, CheckedOrder, CheckedWallet, Order, WalletOrder, check_order
from app.accounts.status import CLOSED
from app.accounts.write_accounts import (
    Address,
    KnownAccount,
    KnownWallet,
    insert_accounts,
    insert_wallets,
    read_wallets,
    share_accounts,
    tell_of_new,
)
from app.db.transaction import Transaction
from app.idempotency.key import KeyName
from app.idempotency.reserve_keys import BoundKey, reserve_keys, settle_keys
from app.kernel.actor import Actor
from app.kernel.errors import (
    AssetMismatch,
    DomainError,
    DuplicateReference,
    IdempotencyMismatch,
    InvalidState,
    NotFound,
)

BATCH_SIZE_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Opened:
    """The result of a command: the account of a CreateAccount with the wallets it names, or the one wallet of a
    CreateWallet; and whether all of it was there before.
    """

    account: Account | None
    wallets: list[Wallet]
    replayed: bool


Outcome = Opened | DomainError
Checked = AccountOrder | WalletOrder | DomainError


async def open_accounts(tx: Transaction, customer_id: UUID, orders: Sequence[Order]) -> list[Outcome]:
    """Carry out these commands in order; answers an outcome for each, which may be a refusal.

    A refused command changes nothing and does not affect the others. The number of statements is fixed, however many
    commands there are. They are split into parts only if a later command would change the outcome of an earlier one,
    such as a wallet that comes before its account. All actors belong to this customer.
    """
    return await open_checked(tx, customer_id, [check_order(order) for order in orders])


async def open_checked(tx: Transaction, customer_id: UUID, checked: Sequence[Checked]) -> list[Outcome]:
    """Like `open_accounts`, for commands that are checked already."""
    assert len(checked) <= BATCH_SIZE_MAX, "batches have an upper bound"
    outcomes: list[Outcome] = []
    for part in _parts(checked):
        outcomes += await _Part(tx, customer_id, part).carry_out()
    return outcomes


def _parts(checked: Sequence[Checked]) -> Iterator[list[Checked]]:
    """Split where the order matters: before an account whose wallet came earlier, and before a key that comes again
    with other content.
    """
    part: list[Checked] = []
    awaited: set[str] = set()
    contents: dict[KeyName, bytes] = {}
    for one in checked:
        if isinstance(one, CheckedOrder):
            key = one.key
            comes_again = key is not None and contents.get(key.name, key.content_hash) != key.content_hash
            if comes_again or (isinstance(one, AccountOrder) and one.reference in awaited):
                yield part
                part, awaited, contents = [], set(), {}
            if isinstance(one, WalletOrder):
                awaited.add(one.reference)
            if key is not None:
                contents[key.name] = key.content_hash
        part.append(one)
    if part:
        yield part


class _Part:
    """Commands that can be decided together: none changes the outcome of one before it."""

    def __init__(self, tx: Transaction, customer_id: UUID, checked: list[Checked]) -> None:
        self._tx = tx
        self._customer_id = customer_id
        self._checked = checked
        self._accounts: dict[str, KnownAccount] = {}
        self._wallets: dict[Address, KnownWallet] = {}
        self._new: set[UUID] = set()

    async def carry_out(self) -> list[Outcome]:
        """Insert what can be inserted, then find the outcome of each command."""
        keys = [one.key for one in self._orders() if one.key is not None]
        bound = await reserve_keys(self._tx, self._customer_id, keys)
        self._refuse_mismatches(bound)
        named = await self._refuse_unfounded()
        await self._make_accounts(named)
        await self._make_wallets()
        outcomes = [one if isinstance(one, DomainError) else self._outcome(one) for one in self._checked]
        await self._tell()
        reserved = {key.name for key in keys} - bound.keys()
        await self._settle_keys(reserved, outcomes)
        return outcomes

    def _orders(self) -> list[AccountOrder | WalletOrder]:
        """The orders that are not refused."""
        return [one for one in self._checked if not isinstance(one, DomainError)]

    def _account_orders(self) -> list[AccountOrder]:
        return [one for one in self._checked if isinstance(one, AccountOrder)]

    def _refuse_mismatches(self, bound: Mapping[KeyName, BoundKey]) -> None:
        for index, one in enumerate(self._checked):
            if isinstance(one, DomainError) or one.key is None:
                continue
            known = bound.get(one.key.name)
            if known is not None and known.content_hash != one.key.content_hash:
                self._checked[index] = IdempotencyMismatch(path=(*one.path, "idempotency_key"))

    async def _refuse_unfounded(self) -> Named:
        """Refuse accounts whose holder or ledger does not exist, or whose ledger cannot back them."""
        asked = self._account_orders()
        named = await read_named(
            self._tx,
            self._customer_id,
            {one.holder_id for one in asked if one.holder_id is not None},
            {one.backing_ledger_id for one in asked if one.backing_ledger_id is not None},
        )
        for index, one in enumerate(self._checked):
            if isinstance(one, AccountOrder):
                try:
                    _check_founded(one, named)
                except DomainError as refusal:
                    self._checked[index] = refusal
        return named

    async def _make_accounts(self, named: Named) -> None:
        """For each reference make the account of the first command, unless the reference is taken."""
        first: dict[str, AccountOrder] = {}
        for one in self._account_orders():
            first.setdefault(one.reference, one)
        made = await insert_accounts(self._tx, self._customer_id, list(first.values()))
        wanted = {one.reference for one in self._orders()}
        self._accounts = await share_accounts(self._tx, self._customer_id, wanted - made.keys())
        for reference, account in made.items():
            backing = account.backing_ledger_id
            currency = None if backing is None else named.ledgers[backing].asset
            self._accounts[reference] = KnownAccount(account, first[reference].content_hash, currency)
            self._new.add(account.id)

    async def _make_wallets(self) -> None:
        """For each address make the wallet of the first command, unless the address is taken; read the others."""
        first: dict[Address, tuple[Account, CheckedWallet]] = {}
        wanted: set[Address] = set()
        for one in self._orders():
            known = self._accounts.get(one.reference)
            if known is None:
                continue
            for wallet in one.wallets:
                address = (known.account.id, wallet.name, wallet.currency)
                wanted.add(address)
                if self._may_make(one, known):
                    first.setdefault(address, (known.account, wallet))
        made = await insert_wallets(self._tx, self._customer_id, list(first.values()))
        self._wallets = await read_wallets(self._tx, self._customer_id, list(wanted - made.keys()))
        for address, new in made.items():
            self._wallets[address] = KnownWallet(new, first[address][1].content_hash)
            self._new.add(new.id)

    def _may_make(self, order: AccountOrder | WalletOrder, known: KnownAccount) -> bool:
        if isinstance(order, AccountOrder):
            return known.account.id == order.resource_id
        return _refusal_of_wallet(order, known) is None

    def _outcome(self, order: AccountOrder | WalletOrder) -> Outcome:
        known = self._accounts.get(order.reference)
        if isinstance(order, WalletOrder):
            return self._outcome_of_wallet(order, known)
        assert known is not None, "an account that is not inserted is there already, and accounts are never deleted"
        account = known.account
        is_new = account.id == order.resource_id
        is_visible = _sees(order.actor, account)
        if not is_new and (known.content_hash != order.content_hash or not is_visible):
            return DuplicateReference(
                "This reference is taken by an account that was created with other content: give another reference, "
                "or the same content.",
                path=(*order.path, "reference"),
                existing_id=str(account.id) if is_visible else None,
            )
        wallets = [self._wallets[account.id, one.name, one.currency].wallet for one in order.wallets]
        return Opened(account, wallets, replayed=not is_new)

    def _outcome_of_wallet(self, order: WalletOrder, known: KnownAccount | None) -> Outcome:
        if known is None or not _sees(order.actor, known.account):
            return _no_such_account(order)
        asked = order.wallet
        there = self._wallets.get((known.account.id, asked.name, asked.currency))
        if there is None:
            refusal = _refusal_of_wallet(order, known)
            assert refusal is not None, "a wallet that is not inserted is there already, and wallets are never deleted"
            return refusal
        if there.content_hash != asked.content_hash:
            return DuplicateReference(
                "This account has a wallet of this name and currency that was created with other content: give another "
                "name, or the same content.",
                path=(*asked.path, "name"),
                existing_id=str(there.wallet.id),
            )
        return Opened(None, [there.wallet], replayed=there.wallet.id != asked.id)

    async def _tell(self) -> None:
        accounts = [
            (one.actor, self._accounts[one.reference].account)
            for one in self._account_orders()
            if one.resource_id in self._new
        ]
        made = {known.wallet.id: known.wallet for known in self._wallets.values() if known.wallet.id in self._new}
        wallets = [
            (one.actor, made[wallet.id]) for one in self._orders() for wallet in one.wallets if wallet.id in made
        ]
        await tell_of_new(self._tx, self._customer_id, accounts, wallets)

    async def _settle_keys(self, reserved: set[KeyName], outcomes: Sequence[Outcome]) -> None:
        """Give back the keys of refused commands; bind the key of a command done before to what exists."""
        done: dict[KeyName, BoundKey] = {}
        for one, outcome in zip(self._checked, outcomes, strict=True):
            if isinstance(outcome, Opened) and isinstance(one, CheckedOrder) and one.key is not None:
                made_id = outcome.wallets[0].id if outcome.account is None else outcome.account.id
                done.setdefault(one.key.name, BoundKey(one.key.content_hash, made_id))
        new = {name: one for name, one in done.items() if name in reserved and one.resource_id not in self._new}
        await settle_keys(self._tx, self._customer_id, given_back=reserved - done.keys(), bound=new)


def _check_founded(order: AccountOrder, named: Named) -> None:
    named.check_holder(order.actor, order.holder_id, order.path)
    ledger = named.check_backing(order.actor, order.backing_ledger_id, order.path)
    if ledger is not None:
        for wallet in order.wallets:
            check_backed_currency(wallet.currency, ledger.asset, (*wallet.path, "currency"))


def _sees(actor: Actor, account: Account) -> bool:
    return actor.holder_id in {None, account.holder_id}


def _no_such_account(order: WalletOrder) -> NotFound:
    return NotFound("There is no account with this reference.", path=(*order.path, "account_reference"))


def _refusal_of_wallet(order: WalletOrder, known: KnownAccount) -> DomainError | None:
    """Why this account refuses this new wallet; None if it does not."""
    if not _sees(order.actor, known.account):
        return _no_such_account(order)
    if known.account.closed_at is not None:
        path = (*order.path, "account_reference")
        return InvalidState("This account is closed: it takes no more wallets.", path=path, status=CLOSED)
    try:
        check_backed_currency(order.wallet.currency, known.backing_currency, (*order.wallet.path, "currency"))
    except AssetMismatch as refusal:
        return refusal
    return None
