"""Pages of ledgers, for types that list ledgers without importing their type."""

from dataclasses import replace
from functools import partial
from typing import Any

from app.api.graphql.context import Context
from app.api.graphql.ledger_inputs import LedgerFilter, wanted_ledgers
from app.api.graphql.paging import Connection, cut_page
from app.api.graphql.partners import catalog_of
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.kernel.checks import refuse
from app.ledgers import models, queries


async def page_of_ledgers(
    context: Context,
    wanted: queries.LedgerFilter,
    order: queries.LedgerOrder,
    page: Page,
    columns: models.Columns = models.ALL_COLUMNS,
) -> Connection[Any]:
    """A page of ledgers; of each only these columns are read."""
    actor = context.actor
    read = await queries.list_ledgers(actor, wanted, order, page.with_one_more, columns=columns)
    count = partial(queries.count_ledgers, actor, wanted)
    return cut_page(context, read, page, lambda found: queries.ledger_cursors(wanted, order, found), count=count)


async def ledgers_of_holder(
    context: Context, holder_id: str, page: Page, given: LedgerFilter | None
) -> Connection[Any]:
    """A page of one holder's ledgers."""
    wanted = wanted_ledgers(given, catalog_of(context.settings))
    only = parse_id(holder_id, ("id",))
    if wanted.holder_id not in {None, only}:
        refuse("These are one holder's ledgers already: leave `holderId` out.", ("filter", "holderId"))
    wanted = replace(wanted, holder_id=only)
    return await page_of_ledgers(context, wanted, queries.LedgerOrder(descending=page.descending), page)
