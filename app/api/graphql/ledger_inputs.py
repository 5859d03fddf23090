"""What queries about ledgers take: keys, filters, orders."""

import strawberry
from strawberry import UNSET

from app.api.graphql.described import described, described_input, optional
from app.api.graphql.filter_values import FILTER, DateTimeFilter, id_in, instant_in, metadata_in, several_in, span_in
from app.api.graphql.ledger_enums import AssetClass, IbanStatus, LedgerOrderField, LedgerStatus, LedgerType
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.order_direction import OrderDirection
from app.api.graphql.scalars import DateTimeText, JSONValue
from app.db.identifiers import parse_ids
from app.kernel.checks import check_known
from app.ledgers import queries
from app.partners.bank_identifiers import check_uk_bank_account, normalize_iban
from app.partners.catalog import Catalog


@described_input("A British bank account's number.")
class UkBankAccountInput:
    sort_code: str = described("Six digits: `040052`. Also known as `uk_sort_code`.")
    account_number: str = described("Eight digits: `12339712`. Also known as `uk_account_number`.")


@described_input("Names one ledger: exactly one of these.", one_of=True)
class LedgerKey:
    id: strawberry.ID | None = described(f"Its id: `{EXAMPLE_ID}`.", default=UNSET)
    iban: str | None = described("Its IBAN, spaces allowed.", default=UNSET)
    uk_bank_account: UkBankAccountInput | None = described("Its sort code and account number.", default=UNSET)


@described_input("Which ledgers; what is left out does not matter.")
class LedgerFilter:
    ids: list[strawberry.ID] | None = optional(f"These: `[{EXAMPLE_ID}]`.")
    holder_id: strawberry.ID | None = optional("This holder's. Also known as `holder_id`.")
    unassigned: bool | None = optional("true: no holder.")
    status: list[LedgerStatus] | None = optional("In these statuses: `[OK]`.")
    iban_status: list[IbanStatus] | None = optional("Whose IBAN is in these statuses: `[PENDING]`.")
    type: list[LedgerType] | None = optional("Of these types: `[OMNIBUS]`.")
    asset: list[str] | None = optional('Of these assets: `["GBP", "EUR"]`.')
    asset_class: list[AssetClass] | None = optional("Of these classes: `[COMMODITY]`.")
    partner_product: list[str] | None = optional(
        'Of these products: `["PayrNet-GBP-1"]`. Also known as `partner_product`.'
    )
    virtual: bool | None = optional("true: virtual ones only.")
    frozen: bool | None = optional("true: frozen ones only; false: the others.")
    changed_since: DateTimeText | None = optional(
        "Created, updated, credited or debited at or after this instant: `2026-11-20T12:00:00Z`."
    )
    created_at: DateTimeFilter | None = optional("Created in this time.")
    by_iban: str | None = optional("With this IBAN.")
    by_uk_bank_account: UkBankAccountInput | None = optional("With this sort code and account number.")
    metadata: JSONValue | None = optional('Containment: whose metadata contains this: `{"foo": "bar"}`.')


@described_input("In which order.")
class LedgerOrder:
    field: LedgerOrderField = described("What by: `CREATED_AT`.", default=LedgerOrderField.CREATED_AT)
    direction: OrderDirection = described("Which way: `DESC`.", default=OrderDirection.DESC)


def wanted_order(given: LedgerOrder | None) -> queries.LedgerOrder:
    """The order as the query takes it."""
    if given is None:
        return queries.LedgerOrder()
    return queries.LedgerOrder(given.field, given.direction is OrderDirection.DESC)


def wanted_ledgers(given: LedgerFilter | None, catalog: Catalog) -> queries.LedgerFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed or unknown value, or too many.
    """
    given = given or LedgerFilter()
    ids = several_in(given.ids, "ids")
    # Products of every environment: an older ledger may have one that is no longer offered.
    products, product_names = given.partner_product, [product.name for product in catalog.products]
    assets, asset_codes = given.asset, [asset.code for asset in catalog.assets()]
    return queries.LedgerFilter(
        ids=None if ids is None else tuple(parse_ids(ids, (FILTER, "ids"))),
        holder_id=id_in(given.holder_id, "holderId"),
        unassigned=given.unassigned,
        status=several_in(given.status, "status"),
        iban_status=several_in(given.iban_status, "ibanStatus"),
        type=several_in(given.type, "type"),
        asset=None if assets is None else check_known([one.upper() for one in assets], asset_codes, (FILTER, "asset")),
        asset_class=several_in(given.asset_class, "assetClass"),
        partner_product=None if products is None else check_known(products, product_names, (FILTER, "partnerProduct")),
        virtual=given.virtual,
        frozen=given.frozen,
        changed_since=instant_in(given.changed_since, "changedSince"),
        **span_in(given.created_at, "created_at"),
        iban=None if given.by_iban is None else normalize_iban(given.by_iban, (FILTER, "byIban")),
        uk_bank_account=_uk_bank_account(given.by_uk_bank_account),
        metadata=metadata_in(given.metadata),
    )


def _uk_bank_account(given: UkBankAccountInput | None) -> queries.UkBankAccount | None:
    if given is None:
        return None
    number = check_uk_bank_account(given.sort_code, given.account_number, (FILTER, "byUkBankAccount"))
    return queries.UkBankAccount(*number)
