"""What the operations of accounts and wallets take and answer."""

from typing import Annotated, Any, NotRequired

from pydantic import BeforeValidator, Discriminator, Field, Tag
from typing_extensions import TypedDict

from app.api.rest.control_shapes import BalanceAnswer, FreezeAnswer, OverdraftLimitTold
from app.api.rest.fields import Id, LimitNumber, MetadataObject, PageSize, Text, ToldInstant, ToldMetadata, WholeNumber
from app.api.rest.operation import ARRAY, OBJECT, Body, Parameters, optional
from app.api.rest.values import AccountingTypeText, AccountTypeText

ITEMS_MAX = 1_000


def _in_capitals(sent: Any) -> Any:
    return sent.upper() if isinstance(sent, str) else sent


def _in_small_letters(sent: Any) -> Any:
    return sent.lower() if isinstance(sent, str) else sent


class NewWalletBody(Body):
    """A wallet to open together with its account."""

    wallet_name: Text = Field(description="Its name within the account.", examples=["default"])
    currency: str = Field(
        description="An ISO 4217 code, or a code of your own.",
        examples=["USD"],
        json_schema_extra={"pattern": "^[A-Z0-9]{2,12}$"},
    )
    accounting_type: Annotated[AccountingTypeText, BeforeValidator(_in_capitals)] = Field(
        description="What it is in the books."
    )
    decimal_places: WholeNumber = Field(
        description="How many decimals its amounts have.",
        examples=[2],
        json_schema_extra={"minimum": 0, "maximum": 18},
    )
    allow_negative: bool | None = optional("Whether it may fall below zero.")
    overdraft_limit: LimitNumber | None = optional("How far below zero it may go, in major units of its currency.")
    metadata: MetadataObject | None = None


class CreateWalletBody(NewWalletBody):
    """A wallet to open in an account that is there."""

    account_reference: Text = Field(description="Which account.", examples=["customer123"])


class CreateAccountBody(Body):
    """An account to open, and the wallets that it is opened with."""

    account_type: Annotated[AccountTypeText, BeforeValidator(_in_small_letters)] = Field(
        description="A customer's, or the institution's own."
    )
    account_reference: Text = Field(description="Unique among your accounts.", examples=["customer123"])
    holder_id: Id | None = optional("Who holds it: an `enduser_id` or the `customer_id`.")
    backing_ledger_id: Id | None = optional("The omnibus ledger that holds its money.")
    wallets: list[NewWalletBody] | None = Field(default=None, max_length=ITEMS_MAX)
    metadata: MetadataObject | None = None


def _shape(sent: Any) -> str:
    return ARRAY if isinstance(sent, list) else OBJECT


AccountOrAccounts = Annotated[
    Annotated[CreateAccountBody, Tag(OBJECT)]
    | Annotated[list[CreateAccountBody], Field(min_length=1, max_length=ITEMS_MAX), Tag(ARRAY)],
    Discriminator(_shape),
]
"""One account, or many: all or none."""

WalletOrWallets = Annotated[
    Annotated[CreateWalletBody, Tag(OBJECT)]
    | Annotated[list[CreateWalletBody], Field(min_length=1, max_length=ITEMS_MAX), Tag(ARRAY)],
    Discriminator(_shape),
]
"""One wallet, or many: all or none."""


class WalletListParameters(Parameters):
    """Of which account."""

    account_reference: str = Field(description="The account's reference.", examples=["customer123"])
    last_seen_id: Id | None = optional("Go on after this wallet, the last one of a page.")
    items_per_page: PageSize


class WalletAnswer(TypedDict):
    """A wallet."""

    wallet_id: Id
    account_id: Id
    account_reference: str
    wallet_name: str
    currency: str
    accounting_type: AccountingTypeText
    decimal_places: int
    allow_negative: bool
    overdraft_limit: NotRequired[OverdraftLimitTold]
    freeze: NotRequired[FreezeAnswer]
    balance: BalanceAnswer
    metadata: ToldMetadata
    version: int
    created_at: ToldInstant
    last_modified_at: ToldInstant
    closed_at: NotRequired[ToldInstant]


class OneOfWallets(WalletAnswer):
    """A wallet of many that were asked for at once."""

    replayed: bool
    """Whether it was there before."""


class AccountAnswer(TypedDict):
    """An account with its wallets."""

    account_id: Id
    account_type: AccountTypeText
    account_reference: str
    metadata: ToldMetadata
    wallets: list[WalletAnswer]
    version: int
    created_at: ToldInstant
    last_modified_at: ToldInstant
    holder_id: NotRequired[Id]
    backing_ledger_id: NotRequired[Id]
    closed_at: NotRequired[ToldInstant]


class OneOfAccounts(AccountAnswer):
    """An account of many that were asked for at once."""

    replayed: bool
    """Whether it was there before."""
