"""Values of filters, checked, as queries take them. What was left out stays None."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from app.api.graphql.described import described_input, optional
from app.api.graphql.scalars import DateTimeText, DecimalText
from app.db.identifiers import parse_id
from app.journal.amount_range import AmountRange, check_amount_range
from app.kernel.checks import Metadata, check_count, check_metadata, parse_instant, refuse

Value = TypeVar("Value")
FILTER = "filter"


@described_input("A span of time.")
class DateTimeFilter:
    gte: DateTimeText | None = optional("At or after this instant: `2026-11-20T12:00:00Z`.")
    lt: DateTimeText | None = optional("Before this instant: `2026-11-21T00:00:00Z`.")


@described_input("Amounts, both ends included, in the unit of the ledger or wallet that is named, or of `asset`.")
class AmountFilter:
    gte: DecimalText | None = optional("At least so much: `10.00`.")
    lte: DecimalText | None = optional("At most so much: `99.99`.")
    asset: str | None = optional("Of what: `GBP`. Needed unless a ledger or wallet is named.")


def amounts_in(given: AmountFilter | None, *, is_of_account: bool) -> AmountRange | None:
    """The range in the field `amount` of a filter.

    :raises Invalid: an end is no amount, it ends before it begins, or it is not said of what.
    """
    if given is None:
        return None
    return check_amount_range(given.gte, given.lte, given.asset, (FILTER, "amount"), is_of_account=is_of_account)


def id_in(text: str | None, name: str) -> UUID | None:
    """The id in this field of a filter.

    :raises Invalid: malformed.
    """
    return None if text is None else parse_id(text, (FILTER, name))


def several_in(values: Sequence[Value] | None, name: str) -> tuple[Value, ...] | None:
    """The values in this field of a filter.

    :raises Invalid: too many.
    """
    if values is None:
        return None
    check_count(values, (FILTER, name))
    return tuple(values)


def instant_in(text: str | None, *name: str) -> datetime | None:
    """The instant in this field of a filter.

    :raises Invalid: malformed.
    """
    return None if text is None else parse_instant(text, (FILTER, *name))


def span_in(given: DateTimeFilter | None, field: str) -> dict[str, Any]:
    """The span in this field of a filter, as a query's filter takes it: `<field>_gte` and `<field>_lt`.

    :raises Invalid: one of them is malformed, or it ends before it begins.
    """
    if given is None:
        return {}
    since, before = instant_in(given.gte, field, "gte"), instant_in(given.lt, field, "lt")
    if since is not None and before is not None and before < since:
        refuse("This ends before it begins: `lt` is no earlier than `gte`.", (FILTER, field, "lt"))
    return {f"{field}_gte": since, f"{field}_lt": before}


def metadata_in(value: object) -> Metadata | None:
    """What the metadata of what is wanted contains.

    :raises Invalid: it is no object, too large or too deep.
    """
    return None if value is None else check_metadata(value, (FILTER, "metadata"))
