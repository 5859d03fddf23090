"""Pages of ledgers, for types that list ledgers without importing their type."""

from dataclasses import replace
from typing import Any

from app.api.graphql.context import Context
from app.api.graphql.ledger_inputs import LedgerFilter, wanted_ledgers
from app.api.graphql.paging import Connection, cut_page, page_size
from app.api.graphql.partners import catalog_of
from app.db.identifiers import parse_id
from app.kernel.checks import refuse
from app.ledgers import models, queries


async def page_of_ledgers(
    context: Context,
    wanted: queries.LedgerFilter,
    order: queries.LedgerOrder,
    page: queries.LedgerPage,
    columns: models.Columns = models.ALL_COLUMNS,
) -> Connection[Any]:
    """A page of ledgers; of each only these columns are read."""
    actor = context.actor
    one_more = queries.LedgerPage(page.limit + 1, page.after, page.before, page.backward)
    return cut_page(
        context,
        await queries.list_ledgers(actor, wanted, order, one_more, columns=columns),
        page.limit,
        lambda found: queries.ledger_cursors(wanted, order, found),
        resumed=(page.before if page.backward else page.after) is not None,
        backward=page.backward,
        actor=actor,
        wanted=wanted,
    )


async def ledgers_of_holder(
    context: Context, holder_id: str, first: int | None, after: str | None, given: LedgerFilter | None
) -> Connection[Any]:
    """A page of one holder's ledgers."""
    wanted = wanted_ledgers(given, ("filter",), catalog_of(context.settings))
    only = parse_id(holder_id, ("id",))
    if wanted.holder_id not in {None, only}:
        refuse("These are one holder's ledgers already: leave `holderId` out.", ("filter", "holderId"))
    wanted = replace(wanted, holder_id=only)
    return await page_of_ledgers(context, wanted, queries.LedgerOrder(), queries.LedgerPage(page_size(first), after))
