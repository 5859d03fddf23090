"""What the operations of ledgers take and answer."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from app.api.rest.control_shapes import BalanceAnswer, FreezeAnswer, OverdraftLimitTold
from app.api.rest.fields import (
    Country,
    DateOrInstant,
    Id,
    JsonNumber,
    MetadataObject,
    PageSize,
    Text,
    ToldInstant,
    ToldMetadata,
    WholeNumber,
)
from app.api.rest.operation import Body, Parameters, optional
from app.api.rest.values import (
    AssetClassText,
    AssetOwnerText,
    EntryTypeText,
    IbanStatusText,
    LedgerStatusText,
    LedgerTypeText,
    LedgerUseText,
)

USES_MAX = 100


class IssueLedgerBody(Body):
    """A ledger behind a partner bank."""

    asset_class: AssetClassText = Field(description="`currency`.")
    asset_type: str = Field(description="What it holds, as the partner product does: `eur`.", examples=["eur"])
    partner_product: str = Field(description="What is asked of which bank.", examples=["PayrNet-EUR-1"])
    ledger_type: LedgerTypeText = Field(description="Whose funds it holds: one entity's, or several entities'.")
    ledger_primary_use_types: list[LedgerUseText] = Field(
        description="What it is for; at least one.", max_length=USES_MAX, json_schema_extra={"minItems": 1}
    )
    ledger_who_owns_assets: AssetOwnerText = Field(description="Who owns its assets.")
    ledger_t_and_cs_country_of_jurisdiction: Country = Field(description="In which country the assets are held.")
    holder_id: Id | None = optional("Who holds it: an `enduser_id` or the `customer_id`. Left out: nobody as yet.")
    ledger_meta: MetadataObject | None = None


class IssueVirtualLedgerBody(Body):
    """A ledger that no bank stands behind."""

    asset_class: AssetClassText = Field(description="`commodity`.")
    asset_type: str = Field(description="What it holds: `gold`, `goldbloc` or `whisky`.", examples=["gold"])
    ledger_type: LedgerTypeText = Field(default="ledger-type-single-user", description="Whose it is.")
    holder_id: Id | None = optional("Who holds it. Left out: nobody as yet.")
    ledger_meta: MetadataObject | None = None


class AssignBody(Body):
    """Who shall hold the ledger."""

    holder_id: Id = Field(description="An `enduser_id` or the `customer_id`, whose status is OK.")


class NoBody(Body):
    """Nothing: an empty body, or `{}`."""


class CloseBody(Body):
    """Why the ledger is closed; may be left out."""

    reason: Text | None = optional("Why: `Moved elsewhere.`")


class UpdateLedgerBody(Body):
    """What to change of a ledger: its own fields."""

    ledger_meta: MetadataObject = Field(description="Merged key by key; a null removes a key.")
    if_version: WholeNumber | None = optional(
        "Only if it still is at this `version`.", json_schema_extra={"minimum": 0}
    )


class LedgerListParameters(Parameters):
    """Which ledgers, and which page of them."""

    holder_id: Id | None = optional("Only this holder's.")
    partner_product: str | None = optional("Only of this partner product.")
    created_at: DateOrInstant | None = optional("Only those created by then; of a date the whole day counts.")
    last_seen_id: Id | None = optional("Go on after this ledger, the last one of a page.")
    items_per_page: PageSize


class ChangedParameters(Parameters):
    """From when, or from where, on."""

    from_date: DateOrInstant | None = optional("Changed then or later: the `next_request_date` of the last answer.")
    cursor: str | None = optional("Instead: the `next_cursor` of the last answer, which skips and repeats nothing.")
    items_per_page: PageSize


class EntryListParameters(Parameters):
    """Which entries, and which page of them."""

    starting_at_date: DateOrInstant | None = optional(
        "Posted then or later. Of several ledgers the list stops at the instant behind which nothing can still appear, "
        "so that who goes on from the last one seen misses nothing; the feed of events is the better way to follow."
    )
    to_date: DateOrInstant | None = optional("Posted by then; of a date the whole day counts.")
    effective_from_date: DateOrInstant | None = optional("With a value date then or later.")
    effective_to_date: DateOrInstant | None = optional("With a value date by then; of a date the whole day counts.")
    last_seen_id: Id | None = optional("Go on after this entry, the last one of a page.")
    items_per_page: PageSize


class PageParameters(Parameters):
    """Which page."""

    last_seen_id: Id | None = optional("Go on after this one, the last of a page.")
    items_per_page: PageSize


class ByIbanParameters(Parameters):
    """Which IBAN."""

    iban: str = Field(description="Spaces and small letters are allowed.", examples=["GB66PAYR04005200000013"])


class ByUkBankAccountParameters(Parameters):
    """Which British account."""

    uk_account_number: str = Field(description="Eight digits.", examples=["00000013"])
    uk_sort_code: str = Field(description="Six digits.", examples=["040052"])


class LedgerIdAnswer(TypedDict):
    """Which ledger."""

    ledger_id: Id


class NameAnswer(TypedDict):
    """A name."""

    name: str


class HolderAnswer(TypedDict):
    """Who holds a ledger: an enduser, or the customer."""

    enduser_id: NotRequired[Id]
    customer_id: NotRequired[Id]
    person: NotRequired[NameAnswer]
    company: NotRequired[NameAnswer]


class PartnerAnswer(TypedDict):
    """The bank behind a ledger."""

    partner_id: Id
    partner_ref: str
    company: NameAnswer


class LedgerAnswer(TypedDict):
    """A ledger. What it does not have is left out."""

    ledger_id: Id
    ledger_type: LedgerTypeText
    asset_class: AssetClassText
    asset_type: str
    ledger_status: LedgerStatusText
    amount: Annotated[JsonNumber, Field(description="What it holds, in major units: an exact decimal.")]
    balance: BalanceAnswer
    decimal_places: Annotated[int, Field(description="How many decimals its amounts have.")]
    is_virtual: Annotated[bool, Field(description="Whether no bank stands behind it.")]
    is_settled: Annotated[bool, Field(description="False while anything will still change by itself.")]
    created_at: ToldInstant
    last_modified_at: ToldInstant
    version: Annotated[int, Field(description="Counts changes of its own fields, for `if_version`.")]
    ledger_status_reason: NotRequired[str]
    missing_data: NotRequired[list[str]]
    holder_id: NotRequired[Id]
    ledger_holder: NotRequired[HolderAnswer]
    ledger_primary_use_types: NotRequired[list[LedgerUseText]]
    ledger_who_owns_assets: NotRequired[AssetOwnerText]
    ledger_t_and_cs_country_of_jurisdiction: NotRequired[str]
    partner_product: NotRequired[str]
    partner_id: NotRequired[Id]
    partner_ref: NotRequired[str]
    partner: NotRequired[PartnerAnswer]
    iban: NotRequired[str]
    bic_swift: NotRequired[str]
    ledger_iban_status: NotRequired[IbanStatusText]
    uk_sort_code: NotRequired[str]
    uk_account_number: NotRequired[str]
    overdraft_limit: NotRequired[OverdraftLimitTold]
    freeze: NotRequired[FreezeAnswer]
    ledger_meta: NotRequired[ToldMetadata]


class ChangedAnswer(TypedDict):
    """Ledgers that changed, each once."""

    ledgers: list[LedgerIdAnswer]
    next_request_date: Annotated[ToldInstant, Field(description="The next `from_date`: nothing is missed.")]
    next_cursor: Annotated[str, Field(description="The next `cursor`: nothing is missed, and nothing told again.")]
    has_more: Annotated[bool, Field(description="Whether there is more already.")]


class EntryAnswer(TypedDict):
    """One side of a transfer, as its ledger sees it."""

    ledger_entry_id: Id
    ledger_id: Id
    transaction_id: Id
    ledger_entry_type: EntryTypeText
    amount: Annotated[str, Field(description="How much, in major units, as text.", examples=["10.00"])]
    balance_after: Annotated[str, Field(description="Posted balance after this entry, as text.", examples=["90.00"])]
    sequence: Annotated[str, Field(description="1, 2, 3… within its ledger, without gaps.", examples=["3"])]
    created_at: ToldInstant
    effective_at: Annotated[ToldInstant, Field(description="The value date.")]
