"""Accounts and wallets over REST: the paths of the seed."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from app.accounts.create_account import create_account_with_wallets
from app.accounts.create_accounts import CreateAccounts, create_accounts
from app.accounts.create_wallet import create_wallet
from app.accounts.create_wallets import CreateWallets, create_wallets
from app.accounts.lists import WalletFilter, list_wallets, wallet_cursors
from app.accounts.open_accounts import Opened
from app.accounts.orders import CreateAccount, CreateWallet, NewWallet
from app.accounts.queries import find_account_by_reference, find_wallet
from app.accounts.status import AccountType
from app.api.rest import account_shapes as shapes
from app.api.rest.operation import LAST_SEEN_PATH, Answer, Asked, Operation, next_page
from app.api.rest.told_accounts import told_account, told_wallet
from app.api.rest.values import member_of
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.kernel.checks import refuse
from app.kernel.errors import NotFound, Path

TAG = "Accounts and wallets"
ACCOUNT, WALLET = "/api/v1/account", "/api/v1/wallet"
WALLETS_TOLD_MAX = 1_000

_OF_WALLET = {"name": "wallet_name"}
_OF_ACCOUNT = {"type": "account_type", "reference": "account_reference"}
ACCOUNT_NAMES: dict[Path, Path] = {
    **{(ours,): (theirs,) for ours, theirs in _OF_ACCOUNT.items()},
    **{("wallets", "*", ours): ("wallets", "*", theirs) for ours, theirs in _OF_WALLET.items()},
    ("accounts",): (),
    ("accounts", "*"): ("*",),
    **{("accounts", "*", ours): ("*", theirs) for ours, theirs in _OF_ACCOUNT.items()},
    **{("accounts", "*", "wallets", "*", ours): ("*", "wallets", "*", theirs) for ours, theirs in _OF_WALLET.items()},
}
WALLET_NAMES: dict[Path, Path] = {
    ("wallet",): (),
    **{("wallet", ours): (theirs,) for ours, theirs in _OF_WALLET.items()},
    ("wallets",): (),
    ("wallets", "*"): ("*",),
    ("wallets", "*", "wallet"): ("*",),
    **{("wallets", "*", "wallet", ours): ("*", theirs) for ours, theirs in _OF_WALLET.items()},
}


async def _create_accounts(asked: Asked, body: shapes.CreateAccountBody | list[shapes.CreateAccountBody]) -> Answer:
    if isinstance(body, list):
        command = CreateAccounts(tuple(_account(one, None) for one in body), asked.idempotency_key)
        opened = await create_accounts(asked.actor, command)
        return _many(opened, [_told_opened(one) for one in opened])
    made = await create_account_with_wallets(asked.actor, _account(body, asked.idempotency_key))
    return Answer(_told_opened(made), made.replayed)


async def _create_wallets(asked: Asked, body: shapes.CreateWalletBody | list[shapes.CreateWalletBody]) -> Answer:
    if isinstance(body, list):
        command = CreateWallets(tuple(_wallet_of_account(one, None) for one in body), asked.idempotency_key)
        opened = await create_wallets(asked.actor, command)
        return _many(opened, [told_wallet(one.wallets[0]) for one in opened])
    wallet, replayed = await create_wallet(asked.actor, _wallet_of_account(body, asked.idempotency_key))
    return Answer(told_wallet(wallet), replayed)


def _many(opened: Sequence[Opened], told: Sequence[Any]) -> Answer:
    """The answer to an array. Each item says whether it was there before; the header, whether all were."""
    items = [{**it, "replayed": one.replayed} for one, it in zip(opened, told, strict=True)]
    return Answer(items, all(one.replayed for one in opened))


async def _fetch_account(asked: Asked) -> Answer:
    account = await find_account_by_reference(asked.actor, asked.names["account_reference"])
    if account is None:
        raise NotFound("There is no account with this reference.")
    oldest_first = Page(WALLETS_TOLD_MAX, descending=False)
    wallets = await list_wallets(asked.actor, WalletFilter(account_id=account.id), oldest_first)
    return Answer(told_account(account, wallets))


async def _list_wallets(asked: Asked, given: shapes.WalletListParameters) -> Answer:
    if await find_account_by_reference(asked.actor, given.account_reference) is None:
        raise NotFound("There is no account with this reference.", path=("account_reference",))
    wanted, size = WalletFilter(account_reference=given.account_reference), given.items_per_page
    page = Page(size + 1, descending=False)
    if given.last_seen_id is not None:
        last = await find_wallet(asked.actor, parse_id(given.last_seen_id, LAST_SEEN_PATH))
        if last is None or last.account_reference != given.account_reference:
            refuse("There is no such wallet here: pass the last one of a page.", LAST_SEEN_PATH)
        [after] = wallet_cursors(wanted, page, [last])
        page = Page(size + 1, after, descending=False)
    found = await list_wallets(asked.actor, wanted, page)
    return Answer([told_wallet(one) for one in found[:size]], next_page=next_page(found, size))


def _account(body: shapes.CreateAccountBody, key: str | None) -> CreateAccount:
    return CreateAccount(
        member_of(body.account_type, AccountType),
        body.account_reference,
        body.holder_id,
        body.backing_ledger_id,
        body.metadata,
        tuple(_new_wallet(one) for one in body.wallets or ()),
        key,
    )


def _wallet_of_account(body: shapes.CreateWalletBody, key: str | None) -> CreateWallet:
    return CreateWallet(body.account_reference, _new_wallet(body), key)


def _new_wallet(body: shapes.NewWalletBody) -> NewWallet:
    return NewWallet(
        body.wallet_name,
        body.currency,
        body.accounting_type,
        body.decimal_places,
        body.allow_negative or False,
        body.metadata,
        body.overdraft_limit,
    )


def _told_opened(opened: Opened) -> Any:
    assert opened.account is not None, "the command was to open one"
    return told_account(opened.account, opened.wallets)


WRITE, READ = ("accounts:write",), ("accounts:read",)

_create = partial(Operation, method="POST", tag=TAG, status=201, scopes=WRITE, refusals=(404, 409))
_read = partial(Operation, method="GET", tag=TAG, scopes=READ, refusals=(404,))

OPERATIONS = (
    _create(
        name="createAccount",
        path=ACCOUNT,
        summary="Create an account, or many",
        description=(
            "An object, or an array of them: all or none. The same reference with the same content again is the same "
            "account: 201, with `Idempotent-Replayed: true`. In an array each item says so of itself: `replayed`."
        ),
        call=_create_accounts,
        body=shapes.AccountOrAccounts,
        answers=shapes.AccountAnswer | list[shapes.OneOfAccounts],
        names=ACCOUNT_NAMES,
    ),
    _create(
        name="createWallet",
        path=WALLET,
        summary="Add a wallet to an account, or many",
        description=(
            "An object, or an array of them: all or none. The same wallet with the same content again is the same "
            "wallet: 201, with `Idempotent-Replayed: true`. In an array each item says so of itself: `replayed`."
        ),
        call=_create_wallets,
        body=shapes.WalletOrWallets,
        answers=shapes.WalletAnswer | list[shapes.OneOfWallets],
        names=WALLET_NAMES,
    ),
    _read(
        name="fetchAccount",
        path=f"{ACCOUNT}/{{account_reference}}",
        summary="Fetch an account by its reference",
        description=f"With its first {WALLETS_TOLD_MAX:,} wallets, oldest first.",
        call=_fetch_account,
        answers=shapes.AccountAnswer,
    ),
    _read(
        name="listWallets",
        path=WALLET,
        summary="List the wallets of an account",
        description="Oldest first. The address of the next page is in the header `Link`.",
        call=_list_wallets,
        parameters=shapes.WalletListParameters,
        answers=list[shapes.WalletAnswer],
        is_paged=True,
    ),
)
