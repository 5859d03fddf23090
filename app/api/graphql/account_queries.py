"""Queries about accounts and wallets, and the feed of changed wallets."""

import datetime as dt
from typing import Annotated

import strawberry

from app.accounts import models, queries, wallet_changes
from app.accounts.orders import check_reference
from app.api.graphql.account_inputs import (
    AccountFilter,
    AccountKey,
    WalletFilter,
    WalletKey,
    wanted_accounts,
    wanted_wallets,
)
from app.api.graphql.account_pages import page_of_accounts, page_of_wallets
from app.api.graphql.accounts import Account, AccountConnection, Wallet, WalletConnection
from app.api.graphql.change_pages import Since, page_of_changes
from app.api.graphql.context import Context, Info
from app.api.graphql.described import argument, described, described_type
from app.api.graphql.filter_values import FILTER
from app.api.graphql.known_assets import check_assets
from app.api.graphql.node import EXAMPLE_ID, IdInstead
from app.api.graphql.paging import After, Connection, First, Which, paged
from app.api.graphql.views import view
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.kernel.actor import Actor
from app.kernel.checks import refuse

Reference = Annotated[str | None, argument("Instead of `by`: its reference, `customer123`.")]


@described_type("That a wallet changed, and the wallet as it now is.")
class WalletChange:
    cursor: str = described("Where to go on: the next `after`.")
    type: str = described("What happened: `wallet.balance_changed`.")
    wallet: Wallet = described("The wallet as it now is.")
    occurred_at: dt.datetime = described("When: `2026-11-20T12:00:00.123456Z`.")


@described_type(
    "Changed wallets in feed order, each at most once per page, at least once overall; `pageInfo.endCursor` is the "
    "next `after`, and no committed change is ever skipped."
)
class WalletChangeConnection(Connection[WalletChange]):
    """A page of the feed."""


@strawberry.type
class AccountQueries:
    """Queries about accounts and wallets."""

    @described("One account by any unique key; null where there is none.")
    async def account(
        self,
        info: Info,
        by: Annotated[AccountKey | None, argument('One key: `{ reference: "customer123" }`.')] = None,
        id: IdInstead = None,
        reference: Reference = None,
    ) -> Account | None:
        if sum(one is not None for one in (by, id, reference)) != 1:
            refuse("Name one account: give exactly one of `id`, `reference` and `by`.", ("by",))
        found = await _account(info.context.actor, by, id, reference)
        return view(found, info.context)

    @paged("Accounts, newest first unless ordered otherwise.")
    async def accounts(self, info: Info, page: Page, filter: Which[AccountFilter] = None) -> AccountConnection:
        return await page_of_accounts(info.context, wanted_accounts(filter), page)  # type: ignore[return-value]

    @described("One wallet by any unique key; null where there is none.")
    async def wallet(
        self,
        info: Info,
        by: Annotated[WalletKey | None, argument(f'One key: `{{ id: "{EXAMPLE_ID}" }}`.')] = None,
        id: IdInstead = None,
    ) -> Wallet | None:
        if (by is None) is (id is None):
            refuse("Name one wallet: give exactly one of `id` and `by`.", ("by",))
        found = await _wallet(info.context.actor, by, id)
        return view(found, info.context)

    @paged("Wallets, newest first unless ordered otherwise.")
    async def wallets(self, info: Info, page: Page, filter: Which[WalletFilter] = None) -> WalletConnection:
        wanted = wanted_wallets(filter)
        await check_assets(info.context, wanted.currency or (), (FILTER, "currency"), queries.READ)
        return await page_of_wallets(info.context, wanted, page)  # type: ignore[return-value]

    @described("The loss-free feed of changed wallets, oldest first.")
    async def wallet_changes(
        self, info: Info, first: First = 100, after: After = None, since: Since = None
    ) -> WalletChangeConnection:
        return await page_of_changes(  # type: ignore[return-value]
            info.context, first, after, since, read=wallet_changes.read_wallet_changes, show=_change
        )


def _change(change: wallet_changes.WalletChange, context: Context) -> WalletChange:
    return WalletChange(
        cursor=change.cursor, type=change.type, wallet=view(change.wallet, context), occurred_at=change.occurred_at
    )


async def _account(
    actor: Actor, by: AccountKey | None, account_id: str | None, reference: str | None
) -> models.Account | None:
    path = () if by is None else ("by",)
    if by is not None:
        account_id = by.id if isinstance(by.id, str) else None
        reference = by.reference if isinstance(by.reference, str) else None
    if account_id is not None:
        return await queries.find_account(actor, parse_id(account_id, (*path, "id")))
    assert reference is not None, "GraphQL checks that exactly one is given"
    return await queries.find_account_by_reference(actor, check_reference(reference, (*path, "reference")))


async def _wallet(actor: Actor, by: WalletKey | None, wallet_id: str | None) -> models.Wallet | None:
    if wallet_id is not None:
        return await queries.find_wallet(actor, parse_id(wallet_id, ("id",)))
    assert by is not None, "the caller checks that one is given"
    if isinstance(by.id, str):
        return await queries.find_wallet(actor, parse_id(by.id, ("by", "id")))
    assert by.address, "GraphQL checks that exactly one is given"
    return await queries.find_wallet_by_address(actor, *by.address.checked(("by", "address")))
