"""Damage done by hand to the idempotency keys of accounts, wallets and controls, and what finds it."""

from app.accounts.close_account import CloseAccount, close_account
from app.accounts.close_wallet import CloseWallet, close_wallet
from app.accounts.create_account import create_account
from app.accounts.create_accounts import CreateAccounts, create_accounts
from app.accounts.create_wallet import create_wallet
from app.accounts.create_wallets import CreateWallets, create_wallets
from app.accounts.orders import CreateAccount, CreateWallet, NewWallet
from app.accounts.update_account import UpdateAccount, update_account
from app.accounts.update_wallet import UpdateWallet, update_wallet
from app.controls.freeze import FreezeParty, freeze
from app.controls.set_overdraft_limit import SetOverdraftLimit, set_overdraft_limit
from app.controls.unfreeze import UnfreezeParty, unfreeze
from app.journal.amounts import AmountText
from app.partners.read_catalog import load_catalog
from app.settings import load_settings

KEY = "checked"


async def use_every_key(actor):
    """Do with a key each thing that accounts and wallets can have done to them; answers the ids. The account has two
    keys, since it was asked for twice.
    """
    savings, spending = (NewWallet(name, "MILES", "LIABILITY", 0) for name in ("savings", "spending"))
    account, _ = await create_account(actor, CreateAccount("GROUP", "checked", idempotency_key=KEY))
    await create_account(actor, CreateAccount("GROUP", "checked", idempotency_key=f"{KEY} again"))
    await create_accounts(actor, CreateAccounts((CreateAccount("GROUP", "checked too"),), KEY))
    wallet, _ = await create_wallet(actor, CreateWallet("checked", savings, KEY))
    await create_wallets(actor, CreateWallets((CreateWallet("checked too", spending),), KEY))
    account_id, wallet_id = str(account.id), str(wallet.id)
    await freeze(actor, FreezeParty(wallet_id, "Court order.", idempotency_key=KEY))
    await unfreeze(actor, UnfreezeParty(wallet_id, idempotency_key=KEY))
    limit = SetOverdraftLimit(wallet_id, AmountText("5", "MILES"), KEY)
    await set_overdraft_limit(actor, limit, catalog=load_catalog(load_settings()))
    await update_wallet(actor, UpdateWallet(wallet_id, {"shelf": 3}, idempotency_key=KEY))
    await update_account(actor, UpdateAccount(account_id, metadata={"shelf": 3}, idempotency_key=KEY))
    await close_wallet(actor, CloseWallet(wallet_id, idempotency_key=KEY))
    await close_account(actor, CloseAccount(account_id, idempotency_key=KEY))
    return {"checked_account": account_id, "checked_wallet": wallet_id}


def _leads_to(name, operation):
    """The SQL that lets the key of this operation lead to another object."""
    return f"UPDATE idempotency_keys SET resource_id = '{{{name}}}' WHERE operation = '{operation}' AND key = '{KEY}'"


KEY_DAMAGES = {
    **{
        f"{whose} key that points nowhere": (
            _leads_to("nothing", operation),
            {f"{rule}: idempotency key {operation} checked"},
        )
        for whose, operation, rule in (
            ("an account's", "createAccount", "key-account"),
            ("several accounts'", "createAccounts", "key-account"),
            ("an account's update", "updateAccount", "key-account"),
            ("an account's closing", "closeAccount", "key-account"),
            ("a wallet's", "createWallet", "key-wallet"),
            ("several wallets'", "createWallets", "key-wallet"),
            ("a wallet's update", "updateWallet", "key-wallet"),
            ("a wallet's closing", "closeWallet", "key-wallet"),
            ("a freeze's", "freeze", "key-control"),
            ("an unfreezing's", "unfreeze", "key-control"),
            ("an overdraft limit's", "setOverdraftLimit", "key-control"),
        )
    },
    "an account's key that leads to its wallet": (
        _leads_to("checked_wallet", "createAccount"),
        {"key-account: idempotency key createAccount checked"},
    ),
    "a wallet's key that leads to its account": (
        _leads_to("checked_account", "createWallet"),
        {"key-wallet: idempotency key createWallet checked"},
    ),
    "a freeze's key that leads to a vault": (
        _leads_to("vault", "freeze"),
        {"key-control: idempotency key freeze checked"},
    ),
    "a transfer's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{transfer}'",
        {"key-transfer: idempotency key postTransfer {transfer_key}"},
    ),
    "a reversal's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{reversal}'",
        {"key-transfer: idempotency key reverseTransfer {reversal_key}"},
    ),
    "a capture's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{capture}'",
        {"key-transfer: idempotency key captureHold {capture_key}"},
    ),
    "a hold's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{placed}'",
        {"key-hold: idempotency key placeHold {placed_key}"},
    ),
    "a release's key that points nowhere": (
        """UPDATE idempotency_keys SET about_id = '{nothing}'
           WHERE customer_id = '{customer_id}' AND operation = 'releaseHold' AND key = '{release_key}'""",
        {"key-hold-change: idempotency key releaseHold {release_key}"},
    ),
    "a payment's key that points nowhere": (
        "UPDATE idempotency_keys SET resource_id = '{nothing}' WHERE resource_id = '{received}'",
        {"key-payment: idempotency key simulateIncomingPayment {received_key}"},
    ),
    "a key of what another operation made": (
        "UPDATE idempotency_keys SET operation = 'debitVirtualLedger' WHERE resource_id = '{transfer}'",
        {"key-transfer: idempotency key debitVirtualLedger {transfer_key}"},
    ),
    "a transfer with two keys": (
        "UPDATE idempotency_keys SET resource_id = '{transfer}' WHERE resource_id = '{reversed}'",
        {"key-once: idempotency key postTransfer {transfer_key}"},
    ),
}
