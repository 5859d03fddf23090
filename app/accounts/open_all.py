"""Many commands of one request, all or none, under one idempotency key."""

import dataclasses
import hashlib
from collections.abc import Sequence

from app.accounts.open_accounts import BATCH_SIZE_MAX, Opened, open_checked
from app.accounts.orders import AccountOrder, CreateAccount, CreateWallet, Order, WalletOrder, check_order
from app.db.transaction import Transaction, transaction
from app.idempotency.key import check_key
from app.idempotency.reserve_keys import BoundKey, KeyRequest, reserve_keys, settle_keys
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import DomainError, IdempotencyMismatch, Path


async def open_all(
    actor: Actor,
    operation: str,
    commands: Sequence[CreateAccount | CreateWallet],
    idempotency_key: str | None,
    path: Path,
) -> list[Opened]:
    """The result of each command. Their own keys are ignored.

    :raises DomainError: the first refusal; nothing happened.
    """
    actor.require("accounts:write")
    if not 1 <= len(commands) <= BATCH_SIZE_MAX:
        refuse(f"Give between 1 and {BATCH_SIZE_MAX:,}; these are {len(commands):,}.", path)
    checked = [
        _well_formed(Order(actor, dataclasses.replace(command, idempotency_key=None), (*path, str(index))))
        for index, command in enumerate(commands)
    ]
    key = None if idempotency_key is None else _key_of(operation, idempotency_key, checked, path[:-1])
    async with transaction() as tx:
        is_new_key = key is not None and not await _is_known(tx, actor, key, path[:-1])
        outcomes = await open_checked(tx, actor.customer_id, checked)
        opened = [_done(outcome) for outcome in outcomes]
        if key is not None and is_new_key:
            # The key is bound to the first object; the others are found again by references and addresses.
            first = opened[0].account or opened[0].wallets[0]
            if first.id != key.resource_id:
                bound = BoundKey(key.content_hash, first.id)
                await settle_keys(tx, actor.customer_id, given_back=(), bound={key.name: bound})
        return opened


def _well_formed(order: Order) -> AccountOrder | WalletOrder:
    one = check_order(order)
    if isinstance(one, DomainError):
        raise one
    return one


def _key_of(operation: str, key: str, checked: Sequence[AccountOrder | WalletOrder], path: Path) -> KeyRequest:
    contents = b"".join(one.content_hash for one in checked)
    content_hash = hashlib.sha256(operation.encode() + contents).digest()
    return KeyRequest(operation, check_key(key, (*path, "idempotency_key")), content_hash, checked[0].resource_id)


async def _is_known(tx: Transaction, actor: Actor, key: KeyRequest, path: Path) -> bool:
    """Whether the key came with this content before.

    :raises IdempotencyMismatch: it came with other content.
    """
    bound = await reserve_keys(tx, actor.customer_id, [key])
    known = bound.get(key.name)
    if known is not None and known.content_hash != key.content_hash:
        raise IdempotencyMismatch(path=(*path, "idempotency_key"))
    return known is not None


def _done(outcome: Opened | DomainError) -> Opened:
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome
