"""Accounts and wallets as REST answers them, and Kafka."""

from collections.abc import Sequence
from typing import Any

from app.accounts.models import Account, Wallet
from app.api.rest.told_ledgers import id_text, told_balance, told_freeze, told_limit, without_none
from app.api.rest.values import ACCOUNT_TYPES, ACCOUNTING_TYPES


def told_account(account: Account, wallets: Sequence[Wallet] | None = None) -> Any:
    """An account; with its wallets, unless they are told apart from it."""
    return without_none(
        {
            "account_id": str(account.id),
            "account_type": ACCOUNT_TYPES[account.type],
            "account_reference": account.reference,
            "metadata": account.metadata,
            "wallets": None if wallets is None else [told_wallet(one) for one in wallets],
            "version": account.version,
            "created_at": account.created_at,
            "last_modified_at": account.updated_at,
            "holder_id": id_text(account.holder_id),
            "backing_ledger_id": id_text(account.backing_ledger_id),
            "closed_at": account.closed_at,
        }
    )


def told_wallet(wallet: Wallet) -> Any:
    """A wallet, with its balance in major units."""
    scale = wallet.decimal_places
    return without_none(
        {
            "wallet_id": str(wallet.id),
            "account_id": str(wallet.account_id),
            "account_reference": wallet.account_reference,
            "wallet_name": wallet.name,
            "currency": wallet.currency,
            "accounting_type": ACCOUNTING_TYPES[wallet.accounting_type],
            "decimal_places": scale,
            "allow_negative": wallet.allow_negative,
            "balance": told_balance(wallet, scale),
            "overdraft_limit": told_limit(wallet.overdraft_limit_minor_units, scale),
            "freeze": told_freeze(wallet.freeze),
            "metadata": wallet.metadata,
            "version": wallet.version,
            "created_at": wallet.created_at,
            "last_modified_at": wallet.updated_at,
            "closed_at": wallet.closed_at,
        }
    )
