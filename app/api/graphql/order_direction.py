"""Which way lists go. A module of its own, since an enum must be described before anything uses it."""

from enum import StrEnum

from app.api.graphql.described import described_enum


class OrderDirection(StrEnum):
    """A direction."""

    ASC = "ASC"
    DESC = "DESC"


described_enum(
    OrderDirection,
    "Which way a list is ordered. Example: `DESC`.",
    {OrderDirection.ASC: "Smallest or oldest first.", OrderDirection.DESC: "Largest or newest first."},
)
