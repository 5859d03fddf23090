"""Accounts and wallets: types. Their inputs are in account_inputs.py, queries in account_queries.py, mutations in
account_mutations.py.
"""

import datetime as dt

import strawberry

from app.accounts import lists, models
from app.api.graphql.account_enums import AccountingType, AccountType
from app.api.graphql.account_pages import page_of_wallets
from app.api.graphql.accounting import AccountingBalance, accounting_balances
from app.api.graphql.activity import activity_with
from app.api.graphql.balance_at import By, PerhapsAt, balance_at_with
from app.api.graphql.context import Info
from app.api.graphql.controls import Freeze
from app.api.graphql.described import described, described_type
from app.api.graphql.entry_pages import entries_of
from app.api.graphql.holders import Holder
from app.api.graphql.journal_enums import BalanceDate
from app.api.graphql.ledgers import Ledger
from app.api.graphql.loaders import load_account, load_holder, load_ledger
from app.api.graphql.money import Balance, Money, money_of
from app.api.graphql.node import Node
from app.api.graphql.paging import CountedConnection, paged
from app.api.graphql.scalars import JSONValue
from app.api.graphql.views import shows, view
from app.db.pages import Page


@shows(models.Account)
@described_type("A group of wallets: a customer's of yours, or one of your own chart of accounts.")
class Account(Node):
    type: AccountType = described("Whose it is: `GROUP`. Also known as `account_type`.")
    reference: str = described("Your own unique name of it: `customer123`. Also known as `account_reference`.")
    metadata: JSONValue = described('Your own fields: `{"customer_id": "customer123"}`.')
    created_at: dt.datetime = described(
        "When it was created: `2026-11-20T12:00:00.123456Z`. Also known as `created_at`."
    )
    updated_at: dt.datetime = described("When it last changed: `2026-11-20T12:00:01.123456Z`.")
    closed_at: dt.datetime | None = described(
        "When it was closed; null while it is open: `2026-11-20T12:00:02.123456Z`."
    )
    version: int = described("Counts changes of its own attributes: `1`.")
    shown: strawberry.Private[models.Account]

    @described("Whom it belongs to; null where nobody was named.")
    async def holder(self, info: Info) -> Holder | None:
        return view(await load_holder(info.context, self.shown.holder_id), info.context)

    @described("The OMNIBUS ledger whose money its wallets share; null where none backs it.")
    async def backing_ledger(self, info: Info) -> Ledger | None:
        return view(await load_ledger(info.context, self.shown.backing_ledger_id), info.context)

    @paged("Its wallets, newest first unless ordered otherwise.", needs="accounts:read")
    async def wallets(self, info: Info, page: Page) -> "WalletConnection":
        wanted = lists.WalletFilter(account_id=self.shown.id)
        return await page_of_wallets(  # type: ignore[return-value]
            info.context, wanted, page
        )

    @described(
        "What its wallets hold, summed by unit and accounting type; with `at`, what they held at that instant.",
        needs="accounts:read",
    )
    async def balances(self, info: Info, at: PerhapsAt = None, by: By = BalanceDate.POSTED) -> list[AccountingBalance]:
        return await accounting_balances(info.context, self.shown.id, at, by)


@shows(
    models.Wallet,
    balance=lambda view: Balance.of(view.shown),
    overdraft_limit=money_of("overdraft_limit_minor_units"),
    freeze=lambda party: view(party.shown.freeze, party.context),
)
@described_type("One named balance of an account, in one currency.")
class Wallet(Node):
    name: str = described("Unique within its account and currency: `default`. Also known as `wallet_name`.")
    currency: str = described("What it holds, an ISO 4217 code or your own: `USD`.")
    accounting_type: AccountingType = described(
        "What it is in the books: `LIABILITY`. Also known as `accounting_type`."
    )
    decimal_places: int = described("How many decimals its amounts have, 0 to 18: `2`. Also known as `decimal_places`.")
    allow_negative: bool = described("True: no floor at all: `false`.")
    overdraft_limit: Money = described(
        "How far below zero it may go; zero unless granted. Also known as `overdraft_limit`."
    )
    freeze: Freeze | None = described("What is forbidden here; null unless it is frozen.")
    balance: Balance = described("What it holds, on its accounting type's normal side.")
    metadata: JSONValue = described('Your own fields: `{"purpose": "savings"}`.')
    created_at: dt.datetime = described(
        "When it was created: `2026-11-20T12:00:00.123456Z`. Also known as `created_at`."
    )
    updated_at: dt.datetime = described("When it last changed in any way: `2026-11-20T12:00:01.123456Z`.")
    closed_at: dt.datetime | None = described(
        "When it was closed; null while it is open: `2026-11-20T12:00:02.123456Z`."
    )
    version: int = described("Counts changes of its own attributes, not of its balance: `1`.")
    shown: strawberry.Private[models.Wallet]

    @described("The account that it is in. Also known as `account_reference`.", needs="accounts:read")
    async def account(self, info: Info) -> Account:
        found = await load_account(info.context, self.shown.account_id)
        assert found is not None, "whoever reads a wallet reads its account"
        return view(found, info.context)

    balance_at = balance_at_with("accounts:read")
    activity = activity_with("accounts:read")
    entries = entries_of("wallet")


@described_type("A page of accounts.")
class AccountConnection(CountedConnection[Account]):
    """A page of a list."""


@described_type("A page of wallets.")
class WalletConnection(CountedConnection[Wallet]):
    """A page of a list."""
