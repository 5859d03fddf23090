"""Ledgers: types and queries. Their inputs are in ledger_inputs.py, their mutations in ledger_mutations.py."""

import datetime as dt
from typing import Annotated, Any

import strawberry

from app.api.graphql.activity import activity_with
from app.api.graphql.balance_at import balance_at_with
from app.api.graphql.change_pages import Since, page_of_changes
from app.api.graphql.context import Context, Info
from app.api.graphql.controls import Freeze
from app.api.graphql.described import argument, described, described_type
from app.api.graphql.entry_pages import entries_of
from app.api.graphql.holders import Holder
from app.api.graphql.ledger_by_key import find_by_key, only_key, wait_by_key
from app.api.graphql.ledger_columns import columns_below
from app.api.graphql.ledger_enums import AssetClass, AssetOwner, IbanStatus, LedgerStatus, LedgerType, LedgerUse
from app.api.graphql.ledger_inputs import LedgerFilter, LedgerKey, LedgerOrder, wanted_ledgers, wanted_order
from app.api.graphql.ledger_pages import page_of_ledgers
from app.api.graphql.money import Balance, Money, money_of
from app.api.graphql.node import EXAMPLE_ID, IdInstead, Node
from app.api.graphql.paging import After, Connection, CountedConnection, First, Which, paged
from app.api.graphql.partners import Partner, catalog_of
from app.api.graphql.scalars import JSONValue
from app.api.graphql.views import show, shows, view
from app.db.pages import Page
from app.kernel.checks import refuse
from app.kernel.errors import Forbidden
from app.ledgers import ledger_changes, models
from app.ledgers.wait_for_ledger import TIMEOUT_MS_MAX
from app.partners.catalog import Catalog

Order = Annotated[LedgerOrder | None, argument("In which order.")]


@described_type("A British bank account's number.")
class UkBankAccount:
    sort_code: str = described("Six digits: `040052`. Also known as `uk_sort_code`.")
    account_number: str = described("Eight digits: `12339712`. Also known as `uk_account_number`.")


def _holder(view: Any) -> Holder | None:
    ledger: models.Ledger = view.shown
    if ledger.holder is None:
        return None
    if not view.context.actor.may("holders:read"):
        # A value that is an exception becomes null with an error, and the other fields are answered.
        return Forbidden("This key lacks the scope holders:read.", required_scope="holders:read")  # type: ignore[return-value]
    return show(Holder, shown=ledger.holder)


def _catalog(context: Context) -> Catalog:
    return catalog_of(context.settings)


def _partner(view: Any) -> Partner | None:
    name = view.shown.partner_product
    product = None if name is None else view.context.once(_catalog).product(name)
    return None if product is None else show(Partner, shown=product.partner)


def _uk_bank_account(view: Any) -> UkBankAccount | None:
    ledger: models.Ledger = view.shown
    if ledger.sort_code is None or ledger.account_number is None:
        return None
    return UkBankAccount(sort_code=ledger.sort_code, account_number=ledger.account_number)


@shows(
    models.Ledger,
    holder=_holder,
    partner=_partner,
    uk_bank_account=_uk_bank_account,
    balance=lambda view: Balance.of(view.shown),
    overdraft_limit=money_of("overdraft_limit_minor_units"),
    freeze=lambda party: view(party.shown.freeze, party.context),
)
@described_type("A digital account: one asset, at most one holder.")
class Ledger(Node):
    holder: Holder | None = described(
        "Null while the ledger is unassigned. Also known as `holder_id`, `ledger_holder`."
    )
    type: LedgerType = described("Whose funds it holds: `SINGLE_USER`. Also known as `ledger_type`.")
    is_virtual: bool = described("Whether no bank stands behind it: `false`.")
    asset_class: AssetClass = described("`CURRENCY`. Also known as `asset_class`.")
    asset: str = described("What it holds: `GBP`. Also known as `asset_type`.")
    scale: int = described("How many decimals its amounts have: `2`.")
    status: LedgerStatus = described("Where it stands: `OK`. Also known as `ledger_status`.")
    status_reason: str | None = described("Why: `The holder is QUARANTINE.`")
    missing_data: list[str] = described('What its holder lacks: `["dateOfBirth"]`.')
    primary_uses: list[LedgerUse] = described(
        "What it is for: `[PAYMENTS, FEES]`. Also known as `ledger_primary_use_types`."
    )
    assets_owned_by: AssetOwner | None = described("Who owns its assets: `ME`. Also known as `ledger_who_owns_assets`.")
    jurisdiction: str | None = described(
        "Country of its terms and conditions: `GB`. Also known as `ledger_t_and_cs_country_of_jurisdiction`."
    )
    partner_product: str | None = described(
        "What was asked of which bank: `PayrNet-GBP-1`. Also known as `partner_product`."
    )
    partner: Partner | None = described("The bank behind it; null for a virtual one.")
    iban: str | None = described("Its IBAN: `GB33BUKB20201555555555`. Also known as `iban`.")
    bic: str | None = described("Its bank's code: `PAYRGB2LXXX`. Also known as `bic_swift`.")
    iban_status: IbanStatus = described("Where its IBAN stands: `OK`. Also known as `ledger_iban_status`.")
    uk_bank_account: UkBankAccount | None = described(
        "Sort code and account number of a GBP ledger. Also known as `uk_sort_code`, `uk_account_number`."
    )
    balance: Balance = described("What it holds. Also known as `amount`.")
    overdraft_limit: Money = described("How far below zero it may go; zero unless granted.")
    freeze: Freeze | None = described("What is forbidden here; null unless it is frozen.")
    is_settled: bool = described(
        "False while anything will still change by itself: status or IBAN pending, or an ERROR that the holder's "
        "screening will lift: `true`."
    )
    metadata: JSONValue = described('Your own fields: `{"foo": "bar"}`. Also known as `ledger_meta`.')
    created_at: dt.datetime = described(
        "When it was created: `2026-11-20T12:00:00.123456Z`. Also known as `created_at`."
    )
    updated_at: dt.datetime = described(
        "When it last changed in any way: `2026-11-20T12:00:01.123456Z`. Also known as `last_modified_at`."
    )
    version: int = described("Counts changes of its own attributes, not of its balance: `4`.")

    balance_at = balance_at_with("ledgers:read")
    activity = activity_with("ledgers:read")
    entries = entries_of("ledger")


@described_type("A page of ledgers.")
class LedgerConnection(CountedConnection[Ledger]):
    """A page of a list."""


@described_type("That a ledger changed, and the ledger as it now is.")
class LedgerChange:
    cursor: str = described("Where to go on: the next `after`.")
    type: str = described("What happened: `ledger.status.ok`.")
    ledger: Ledger = described("The ledger as it now is.")
    occurred_at: dt.datetime = described("When: `2026-11-20T12:00:00.123456Z`.")

    @classmethod
    def of(cls, change: ledger_changes.LedgerChange, context: Context) -> "LedgerChange":
        """The GraphQL view of a change."""
        return cls(
            cursor=change.cursor,
            type=change.type,
            ledger=view(change.ledger, context),
            occurred_at=change.occurred_at,
        )


@described_type(
    "Changed ledgers in feed order, each at most once per page, at least once overall; `pageInfo.endCursor` is the "
    "next `after`, and no committed change is ever skipped."
)
class LedgerChangeConnection(Connection[LedgerChange]):
    """A page of the feed."""


Filter = Which[LedgerFilter]


@strawberry.type
class LedgerQueries:
    """Queries about ledgers."""

    @described(
        "One ledger by any unique key; null where there is none. With `wait`, answers once it is settled or after "
        "`timeoutMs` (at most 50000), as it then is."
    )
    async def ledger(
        self,
        info: Info,
        by: Annotated[LedgerKey | None, argument(f'One key: `{{"id": "{EXAMPLE_ID}"}}`.')] = None,
        id: IdInstead = None,
        iban: Annotated[str | None, argument("Instead of `by`: its IBAN, `GB33BUKB20201555555555`.")] = None,
        wait: Annotated[  # noqa: FBT002 - the contract's default
            bool | None, argument("Whether to wait until it is settled.")
        ] = False,
        timeout_ms: Annotated[int | None, argument("How long to wait at most, in ms, 0 to 50000: `10000`.")] = 10_000,
    ) -> Ledger | None:
        context = info.context
        limit = 10_000 if timeout_ms is None else timeout_ms
        if not 0 <= limit <= TIMEOUT_MS_MAX:
            refuse(f"The time to wait is between 0 and {TIMEOUT_MS_MAX:,} ms.", ("timeoutMs",))
        key, path = only_key(by, id, iban)
        if wait:
            found = await wait_by_key(context, key, path, timeout_seconds=limit / 1000)
        else:
            found = await find_by_key(context.actor, key, path)
        return view(found, context)

    @paged("Ledgers, newest first unless ordered otherwise.", is_ordered=False)
    async def ledgers(self, info: Info, page: Page, filter: Filter = None, order_by: Order = None) -> LedgerConnection:
        wanted = wanted_ledgers(filter, catalog_of(info.context.settings))
        columns = columns_below(info, "nodes", "edges.node")
        return await page_of_ledgers(  # type: ignore[return-value]
            info.context, wanted, wanted_order(order_by), page, columns
        )

    @described("The loss-free feed of changed ledgers, oldest first.")
    async def ledger_changes(
        self, info: Info, first: First = 100, after: After = None, since: Since = None
    ) -> LedgerChangeConnection:
        return await page_of_changes(  # type: ignore[return-value]
            info.context, first, after, since, read=ledger_changes.read_ledger_changes, show=LedgerChange.of
        )
