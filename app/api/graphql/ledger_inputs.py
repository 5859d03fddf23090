"""What queries about ledgers take: keys, filters, orders."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry
from strawberry import UNSET

from app.api.graphql.enums import described_enum
from app.api.graphql.ledger_enums import AssetClass, IbanStatus, LedgerOrderField, LedgerStatus, LedgerType
from app.api.graphql.node import EXAMPLE_ID
from app.api.graphql.scalars import DateTimeText, JSONValue
from app.db.identifiers import parse_id, parse_ids
from app.kernel.checks import check_count, check_known, check_metadata, parse_instant
from app.kernel.errors import Path
from app.ledgers import queries
from app.partners.bank_identifiers import check_uk_bank_account, normalize_iban
from app.partners.catalog import Catalog


class OrderDirection(StrEnum):
    """A direction."""

    ASC = "ASC"
    DESC = "DESC"


described_enum(
    OrderDirection,
    "Which way a list is ordered. Example: `DESC`.",
    {OrderDirection.ASC: "Smallest or oldest first.", OrderDirection.DESC: "Largest or newest first."},
)


@strawberry.input(description="A British bank account's number.")
class UkBankAccountInput:
    """A sort code and account number."""

    sort_code: str = strawberry.field(description="Six digits: `040052`. Also known as `uk_sort_code`.")
    account_number: str = strawberry.field(description="Eight digits: `12339712`. Also known as `uk_account_number`.")


@strawberry.input(description="Names one ledger: exactly one of these.", one_of=True)
class LedgerKey:
    id: strawberry.ID | None = strawberry.field(default=UNSET, description=f"Its id: `{EXAMPLE_ID}`.")
    iban: str | None = strawberry.field(default=UNSET, description="Its IBAN, spaces allowed.")
    uk_bank_account: UkBankAccountInput | None = strawberry.field(
        default=UNSET, description="Its sort code and account number."
    )


@strawberry.input(description="A span of time.")
class DateTimeFilter:
    gte: DateTimeText | None = strawberry.field(
        default=None, description="At or after this instant: `2026-11-20T12:00:00Z`."
    )
    lt: DateTimeText | None = strawberry.field(default=None, description="Before this instant: `2026-11-21T00:00:00Z`.")


@strawberry.input(description="Which ledgers; what is left out does not matter.")
class LedgerFilter:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description=f"These: `[{EXAMPLE_ID}]`.")
    holder_id: strawberry.ID | None = strawberry.field(
        default=None, description="This holder's. Also known as `holder_id`."
    )
    unassigned: bool | None = strawberry.field(default=None, description="true: no holder.")
    status: list[LedgerStatus] | None = strawberry.field(default=None, description="In these statuses: `[OK]`.")
    iban_status: list[IbanStatus] | None = strawberry.field(
        default=None, description="Whose IBAN is in these statuses: `[PENDING]`."
    )
    type: list[LedgerType] | None = strawberry.field(default=None, description="Of these types: `[OMNIBUS]`.")
    asset: list[str] | None = strawberry.field(default=None, description='Of these assets: `["GBP", "EUR"]`.')
    asset_class: list[AssetClass] | None = strawberry.field(
        default=None, description="Of these classes: `[COMMODITY]`."
    )
    partner_product: list[str] | None = strawberry.field(
        default=None, description='Of these products: `["PayrNet-GBP-1"]`. Also known as `partner_product`.'
    )
    virtual: bool | None = strawberry.field(default=None, description="true: virtual ones only.")
    frozen: bool | None = strawberry.field(default=None, description="true: frozen ones only; false: the others.")
    changed_since: DateTimeText | None = strawberry.field(
        default=None,
        description=("Created, updated, credited or debited at or after this instant: `2026-11-20T12:00:00Z`."),
    )
    created_at: DateTimeFilter | None = strawberry.field(default=None, description="Created in this time.")
    by_iban: str | None = strawberry.field(default=None, description="With this IBAN.")
    by_uk_bank_account: UkBankAccountInput | None = strawberry.field(
        default=None, description="With this sort code and account number."
    )
    metadata: JSONValue | None = strawberry.field(
        default=None, description='Containment: whose metadata contains this: `{"foo": "bar"}`.'
    )


@strawberry.input(description="In which order.")
class LedgerOrder:
    field: LedgerOrderField = strawberry.field(
        default=LedgerOrderField.CREATED_AT, description="What by: `CREATED_AT`."
    )
    direction: OrderDirection = strawberry.field(default=OrderDirection.DESC, description="Which way: `DESC`.")


def wanted_order(given: LedgerOrder | None) -> queries.LedgerOrder:
    """The order as the query takes it."""
    if given is None:
        return queries.LedgerOrder()
    return queries.LedgerOrder(given.field, given.direction is OrderDirection.DESC)


def wanted_ledgers(given: LedgerFilter | None, path: Path, catalog: Catalog) -> queries.LedgerFilter:
    """The filter as the query takes it.

    :raises Invalid: a malformed or unknown value, or too many.
    """
    if given is None:
        return queries.LedgerFilter()
    for name in ("ids", "status", "iban_status", "type", "asset_class"):
        check_count(getattr(given, name) or (), (*path, _camel(name)))
    created = given.created_at or DateTimeFilter()
    account = given.by_uk_bank_account
    return queries.LedgerFilter(
        ids=None if given.ids is None else tuple(parse_ids(given.ids, (*path, "ids"))),
        holder_id=None if given.holder_id is None else parse_id(given.holder_id, (*path, "holderId")),
        unassigned=given.unassigned,
        status=_tuple(given.status),
        iban_status=_tuple(given.iban_status),
        type=_tuple(given.type),
        asset=_assets(given.asset, catalog, (*path, "asset")),
        asset_class=_tuple(given.asset_class),
        partner_product=_products(given.partner_product, catalog, (*path, "partnerProduct")),
        virtual=given.virtual,
        frozen=given.frozen,
        changed_since=_instant(given.changed_since, (*path, "changedSince")),
        created_at_gte=_instant(created.gte, (*path, "createdAt", "gte")),
        created_at_lt=_instant(created.lt, (*path, "createdAt", "lt")),
        iban=None if given.by_iban is None else normalize_iban(given.by_iban, (*path, "byIban")),
        uk_bank_account=(
            None
            if account is None
            else queries.UkBankAccount(
                *check_uk_bank_account(account.sort_code, account.account_number, (*path, "byUkBankAccount"))
            )
        ),
        metadata=None if given.metadata is None else check_metadata(given.metadata, (*path, "metadata")),
    )


def _assets(given: list[str] | None, catalog: Catalog, path: Path) -> tuple[str, ...] | None:
    if given is None:
        return None
    return check_known([asset.upper() for asset in given], [asset.code for asset in catalog.assets()], path)


def _products(given: list[str] | None, catalog: Catalog, path: Path) -> tuple[str, ...] | None:
    # Products of every environment: an older ledger may have one that is no longer offered.
    return None if given is None else check_known(given, [product.name for product in catalog.products], path)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


def _tuple(values: list[Any] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values)


def _instant(text: DateTimeText | None, path: Path) -> datetime | None:
    return None if text is None else parse_instant(text, path)
