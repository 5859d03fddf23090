"""Mutations of accounts and wallets, and what they take."""

from typing import Annotated

import strawberry

from app.accounts.close_account import CloseAccount, close_account
from app.accounts.close_wallet import CloseWallet, close_wallet
from app.accounts.create_account import create_account
from app.accounts.create_wallet import create_wallet
from app.accounts.create_wallets import CreateWallets, create_wallets
from app.accounts.orders import CreateAccount, CreateWallet, NewWallet
from app.accounts.update_account import UpdateAccount, update_account
from app.accounts.update_wallet import UpdateWallet, update_wallet
from app.api.graphql.account_enums import AccountField, AccountingType, AccountType
from app.api.graphql.accounts import Account, Wallet
from app.api.graphql.context import Info
from app.api.graphql.described import described, described_input, described_type, optional, union
from app.api.graphql.errors import Refusal, mutation
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.reply import (
    CLEAR,
    IDEMPOTENCY_KEY,
    IF_VERSION,
    METADATA,
    METADATA_CHANGE,
    REPLAYED,
    Asked,
    Reply,
    command_of,
)
from app.api.graphql.scalars import DecimalText, JSONValue
from app.api.graphql.views import view

ACCOUNT_ID = f"Which account: `{EXAMPLE_ID}`. Also known as `account_id`."
WALLET_ID = f"Which wallet: `{EXAMPLE_ID}`. Also known as `wallet_id`."
REFERENCE = "Your own unique name of it, at most 255 characters: `customer123`. Also known as `account_reference`."
OF_ACCOUNT = "The account that it is opened in: `customer123`. Also known as `account_reference`."
BACKING = f"An OMNIBUS ledger whose money the account's wallets share, in its currency: `{EXAMPLE_ID}`."


@described_input("A wallet to open.")
class NewWalletInput:
    name: str = described("Unique within its account and currency: `default`. Also known as `wallet_name`.")
    currency: str = described("An ISO 4217 code, or 2 to 12 capital letters and digits of your own: `USD`.")
    accounting_type: AccountingType = described(
        "What it is in the books: `LIABILITY`. Also known as `accounting_type`."
    )
    decimal_places: int = described("How many decimals its amounts have, 0 to 18: `2`. Also known as `decimal_places`.")
    allow_negative: bool = described("True: no floor at all: `false`.", default=False)
    overdraft_limit: DecimalText | None = optional(
        "How far below zero it may go, in its currency: `250.00`. Also known as `overdraft_limit`."
    )
    metadata: JSONValue | None = optional(METADATA)

    def new_wallet(self) -> NewWallet:
        """The wallet as the verbs take it."""
        return command_of(NewWallet, self)


@described_input("A new account, and the wallets that it is opened with: all or none.")
class CreateAccountInput:
    type: AccountType = described("Whose it is: `GROUP`. Also known as `account_type`.")
    reference: str = described(REFERENCE)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    holder_id: strawberry.ID | None = optional(f"Whom it belongs to: `{EXAMPLE_ID}`. Also known as `holder_id`.")
    backing_ledger_id: strawberry.ID | None = optional(BACKING)
    metadata: JSONValue | None = optional(METADATA)
    wallets: list[NewWalletInput] | None = optional(
        'At most 1,000: `[{ name: "default", currency: "USD", accountingType: LIABILITY, decimalPlaces: 2 }]`.'
    )

    def to_command(self) -> CreateAccount:
        """The command of the verb."""
        wallets = tuple(wallet.new_wallet() for wallet in self.wallets or ())
        return command_of(CreateAccount, self, wallets=wallets)


@described_input("A change of an account: what is absent or null stays as it is.")
class UpdateAccountInput:
    account_id: strawberry.ID = described(ACCOUNT_ID)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    holder_id: strawberry.ID | None = optional(f"Whom it belongs to from now on, with its wallets: `{EXAMPLE_ID}`.")
    backing_ledger_id: strawberry.ID | None = optional(BACKING)
    metadata: JSONValue | None = optional(METADATA_CHANGE)
    if_version: int | None = optional(IF_VERSION)
    clear: list[AccountField] | None = optional(CLEAR + "`[HOLDER]`.")

    def to_command(self) -> UpdateAccount:
        """The command of the verb."""
        return command_of(UpdateAccount, self, clear=self.clear or ())


@described_input("A wallet to open in an account that is there.")
class CreateWalletInput:
    account_reference: str = described(OF_ACCOUNT)
    wallet: NewWalletInput = described("The wallet.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@described_input("One of several wallets to open.")
class WalletOfAccountInput:
    account_reference: str = described(OF_ACCOUNT)
    wallet: NewWalletInput = described("The wallet.")


@described_input("Wallets to open: at most 1,000, all or none.")
class CreateWalletsInput:
    wallets: list[WalletOfAccountInput] = described(
        'The wallets, of one account or of several: `[{ accountReference: "customer123", wallet: … }]`.'
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)

    def to_command(self) -> CreateWallets:
        """The command of the verb."""
        wallets = tuple(CreateWallet(one.account_reference, one.wallet.new_wallet()) for one in self.wallets)
        return CreateWallets(wallets, self.idempotency_key)


@described_input("A change of a wallet.")
class UpdateWalletInput:
    wallet_id: strawberry.ID = described(WALLET_ID)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    metadata: JSONValue | None = optional(METADATA_CHANGE)
    if_version: int | None = optional(IF_VERSION)


@described_input("A wallet to close for good.")
class CloseWalletInput:
    wallet_id: strawberry.ID = described(WALLET_ID)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    reason: str | None = optional("Why: `Merged with another.`")


@described_input("An account to close for good.")
class CloseAccountInput:
    account_id: strawberry.ID = described(ACCOUNT_ID)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)
    reason: str | None = optional("Why: `The customer has left.`")


@described_type("The account, after the change.")
class AccountSuccess(Reply):
    account: Account = described("The account as it now is.")
    replayed: bool = described(REPLAYED)


@described_type("The wallet, after the change.")
class WalletSuccess(Reply):
    wallet: Wallet = described("The wallet as it now is.")
    replayed: bool = described(REPLAYED)


@described_type("The wallets, in the order in which they were asked for.")
class WalletsSuccess(Reply):
    wallets: list[Wallet] = described("The wallets as they now are.")
    replayed: bool = described(REPLAYED)


AccountResult = Annotated[AccountSuccess | Refusal, union("AccountResult", "The account, or why nothing happened.")]
WalletResult = Annotated[WalletSuccess | Refusal, union("WalletResult", "The wallet, or why nothing happened.")]
WalletsResult = Annotated[WalletsSuccess | Refusal, union("WalletsResult", "The wallets, or why nothing happened.")]


@strawberry.type
class AccountMutations:
    """Mutations of accounts and wallets."""

    @mutation(
        "Open an account with its wallets, all or none. The same reference with the same content is the same "
        "account; with other content it is DUPLICATE_REFERENCE."
    )
    async def create_account(self, info: Info, input: Asked[CreateAccountInput]) -> AccountResult:
        return AccountSuccess.of(await create_account(info.context.actor, input.to_command()), info.context)

    @mutation("Change an account: its holder, the ledger that backs it, its metadata key by key.")
    async def update_account(self, info: Info, input: Asked[UpdateAccountInput]) -> AccountResult:
        return AccountSuccess.of(await update_account(info.context.actor, input.to_command()), info.context)

    @mutation(
        "Open a wallet in an account. The same name and currency with the same content is the same wallet; with "
        "other content it is DUPLICATE_REFERENCE."
    )
    async def create_wallet(self, info: Info, input: Asked[CreateWalletInput]) -> WalletResult:
        command = CreateWallet(input.account_reference, input.wallet.new_wallet(), input.idempotency_key)
        return WalletSuccess.of(await create_wallet(info.context.actor, command), info.context)

    @mutation("Open many wallets, at most 1,000, all or none; those that are there already count as done.")
    async def create_wallets(self, info: Info, input: Asked[CreateWalletsInput]) -> WalletsResult:
        opened = await create_wallets(info.context.actor, input.to_command())
        return WalletsSuccess(
            wallets=[view(one.wallets[0], info.context) for one in opened],
            replayed=all(one.replayed for one in opened),
        )

    @mutation("Close a wallet for good: zero balance and no holds. Repeating it changes nothing.")
    async def close_wallet(self, info: Info, input: Asked[CloseWalletInput]) -> WalletResult:
        command = CloseWallet(input.wallet_id, input.reason, input.idempotency_key)
        return WalletSuccess.of(await close_wallet(info.context.actor, command), info.context)

    @mutation("Close an account for good, once all its wallets are closed. Repeating it changes nothing.")
    async def close_account(self, info: Info, input: Asked[CloseAccountInput]) -> AccountResult:
        command = CloseAccount(input.account_id, input.reason, input.idempotency_key)
        return AccountSuccess.of(await close_account(info.context.actor, command), info.context)

    @mutation("Change a wallet's metadata, key by key.")
    async def update_wallet(self, info: Info, input: Asked[UpdateWalletInput]) -> WalletResult:
        command = UpdateWallet(input.wallet_id, input.metadata, input.if_version, input.idempotency_key)
        return WalletSuccess.of(await update_wallet(info.context.actor, command), info.context)
