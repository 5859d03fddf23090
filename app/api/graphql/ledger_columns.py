"""Which columns a selection of ledgers needs, so that no others are read."""

import re
from functools import lru_cache
from typing import Any

from strawberry import Info

from app.api.graphql.execution.selected import selected_below
from app.holders.models import HOLDER_COLUMNS
from app.holders.party import ADDRESS_PARTS
from app.ledgers.models import ALL_COLUMNS, READ_COLUMNS, Columns

SELECTIONS_KEPT_MAX = 500

_ALWAYS = ("id", "created_at", "updated_at")  # Its resolvers and cursors need these.
_OF_FIELDS: dict[str, tuple[str, ...]] = {
    "__typename": (),
    "holder": ("holder_id",),
    "partner": ("partner_product",),
    "uk_bank_account": ("sort_code", "account_number"),
    "balance": (
        *("asset", "scale", "posted_minor_units", "held_minor_units", "sequence"),
        "overdraft_limit_minor_units",
    ),
    "overdraft_limit": ("asset", "scale", "overdraft_limit_minor_units"),
    "freeze": ("freeze_scope", "freeze_reason", "frozen_at"),
    "balance_at": (),
    "activity": (),
    "entries": (),
    "is_settled": ("status", "status_reason", "missing_data", "iban_status", "holder_id"),
} | {name: (name,) for name in READ_COLUMNS}
_OF_HOLDER_FIELDS: dict[str, tuple[str, ...]] = {
    "__typename": (),
    "person": ("party", "name", "date_of_birth"),
    "company": ("party", "name", "registration_number"),
    "address": (*ADDRESS_PARTS, "country"),
    "ledgers": (),
    "balances": (),
} | {name: (name,) for name in HOLDER_COLUMNS}
_OF_HOLDER_WHERE_SETTLED = ("status", "missing_data")


def columns_below(info: Info[Any, Any], *paths: str) -> Columns:
    """The columns for the ledgers at these paths below the resolver's field."""
    fields = selected_below(info, *paths)
    holder_fields = selected_below(info, *(f"{path}.holder" for path in paths))
    return _columns(fields, holder_fields)


@lru_cache(maxsize=SELECTIONS_KEPT_MAX)
def _columns(fields: frozenset[str], holder_fields: frozenset[str]) -> Columns:
    try:
        names = {column for field in fields for column in _OF_FIELDS[_snake(field)]}
        holder_names = {column for field in holder_fields for column in _OF_HOLDER_FIELDS[_snake(field)]}
    except KeyError:
        return ALL_COLUMNS  # An unknown field may need any column.
    if "isSettled" in fields:
        holder_names |= set(_OF_HOLDER_WHERE_SETTLED)
    if "holder" in fields:
        holder_names.add("id")
    return Columns(names | set(_ALWAYS), holder_names)


def _snake(name: str) -> str:
    return name if name.startswith("__") else re.sub("([A-Z])", r"_\1", name).lower()
