"""Lists of ledgers and of their entries over REST, and what changed."""

from dataclasses import replace
from functools import partial

from app.api.rest import ledger_shapes as shapes
from app.api.rest.ledgers import LEDGER, LEDGERS, READ, TAG
from app.api.rest.operation import LAST_SEEN_PATH, NEWEST_FIRST, Answer, Asked, Operation, next_page
from app.api.rest.spans import begin_of, end_of, span_of
from app.api.rest.told_ledgers import told_entry, told_ledger
from app.db.identifiers import parse_id
from app.db.pages import Page
from app.events.feed_place import feed_place
from app.journal.entry_queries import EntryFilter, entry_cursors, find_entries, list_entries
from app.kernel.checks import refuse
from app.kernel.errors import NotFound
from app.ledgers.changed_ledgers import read_changed_ledgers
from app.ledgers.models import Ledger
from app.ledgers.queries import LedgerFilter, LedgerOrder, find_ledger, ledger_cursors, list_ledgers


async def _list(asked: Asked, given: shapes.LedgerListParameters) -> Answer:
    product = given.partner_product
    if product is not None and asked.catalog.product(product) is None:
        names = ", ".join(one.name for one in asked.catalog.products)
        refuse(f"There is no such product: give one of {names}.", ("partner_product",))
    wanted = LedgerFilter(
        holder_id=None if given.holder_id is None else parse_id(given.holder_id, ("holder_id",)),
        partner_product=None if product is None else (product,),
        created_at_lt=end_of(given.created_at, ("created_at",)),
    )
    page = await _page(asked, wanted, given.last_seen_id, given.items_per_page)
    told = [told_ledger(ledger, asked.actor, asked.catalog) for ledger in page[: given.items_per_page]]
    return Answer(told, next_page=next_page(page, given.items_per_page))


async def _unassigned(asked: Asked, given: shapes.PageParameters) -> Answer:
    page = await _page(asked, LedgerFilter(unassigned=True), given.last_seen_id, given.items_per_page)
    told = [{"ledger_id": str(ledger.id)} for ledger in page[: given.items_per_page]]
    return Answer(told, next_page=next_page(page, given.items_per_page))


async def _page(asked: Asked, wanted: LedgerFilter, last_seen_id: str | None, size: int) -> list[Ledger]:
    """A page of ledgers, newest first, and one more."""
    after, order = None, LedgerOrder()
    if last_seen_id is not None:
        last = await find_ledger(asked.actor, parse_id(last_seen_id, LAST_SEEN_PATH))
        if last is None:
            refuse("There is no such ledger: pass the last one of a page.", LAST_SEEN_PATH)
        [after] = ledger_cursors(wanted, order, [last])
    return await list_ledgers(asked.actor, wanted, order, Page(size + 1, after))


async def _changed(asked: Asked, given: shapes.ChangedParameters) -> Answer:
    changed = await read_changed_ledgers(
        asked.actor,
        since=begin_of(given.from_date, ("from_date",)),
        after=feed_place(given.cursor, ("cursor",)),
        limit=given.items_per_page,
        path=("cursor",),
    )
    return Answer(
        {
            "ledgers": [{"ledger_id": str(one)} for one in changed.ledger_ids],
            "next_request_date": changed.next_request_at,
            "next_cursor": changed.end.cursor,
            "has_more": changed.has_more,
        }
    )


async def _entries(asked: Asked, given: shapes.EntryListParameters) -> Answer:
    return await _page_of_entries(asked, EntryFilter(of_ledgers=True), given)


async def _entries_of_ledger(asked: Asked, given: shapes.EntryListParameters) -> Answer:
    ledger_id = parse_id(asked.names["ledger_id"], ("ledger_id",))
    if await find_ledger(asked.actor, ledger_id) is None:
        raise NotFound("There is no such ledger.")
    return await _page_of_entries(asked, EntryFilter(ledger_id=ledger_id), given)


async def _page_of_entries(asked: Asked, wanted: EntryFilter, given: shapes.EntryListParameters) -> Answer:
    posted = span_of(given.starting_at_date, given.to_date, ("starting_at_date",), ("to_date",))
    effective = span_of(
        given.effective_from_date, given.effective_to_date, ("effective_from_date",), ("effective_to_date",)
    )
    wanted = replace(
        wanted,
        posted_at_gte=posted[0],
        posted_at_lt=posted[1],
        effective_at_gte=effective[0],
        effective_at_lt=effective[1],
    )
    after = None
    if given.last_seen_id is not None:
        last_id = parse_id(given.last_seen_id, LAST_SEEN_PATH)
        last = (await find_entries(asked.actor, [last_id])).get(last_id)
        if last is None or (wanted.ledger_id or last.side.account_id) != last.side.account_id:
            refuse("There is no such entry here: pass the last one of a page.", LAST_SEEN_PATH)
        [after] = entry_cursors(wanted, [last])
    page = await list_entries(asked.actor, wanted, limit=given.items_per_page + 1, after=after)
    told = [told_entry(entry) for entry in page[: given.items_per_page]]
    return Answer(told, next_page=next_page(page, given.items_per_page))


ENTRIES_READ = ("transfers:read",)

_list_page = partial(
    Operation,
    method="GET",
    tag=TAG,
    description=NEWEST_FIRST,
    is_paged=True,
)

OPERATIONS = (
    _list_page(
        name="listLedgers",
        path=LEDGERS,
        summary="List ledgers",
        call=_list,
        parameters=shapes.LedgerListParameters,
        answers=list[shapes.LedgerAnswer],
        scopes=READ,
    ),
    _list_page(
        name="listUnassignedLedgers",
        path=f"{LEDGERS}/unassigned",
        summary="List ledgers that nobody holds",
        call=_unassigned,
        parameters=shapes.PageParameters,
        answers=list[shapes.LedgerIdAnswer],
        scopes=READ,
    ),
    Operation(
        name="listChangedLedgers",
        method="GET",
        path=f"{LEDGERS}/changed",
        tag=TAG,
        summary="List ledgers that changed",
        description=(
            "Created, updated, credited or debited, at that time or later: a ledger is there once. Pass "
            "`next_request_date` on as `from_date`, or `next_cursor` as `cursor`, and nothing is missed. By date a "
            "ledger may be told again. Where more changed within five minutes than a page holds, go on by cursor."
        ),
        call=_changed,
        parameters=shapes.ChangedParameters,
        answers=shapes.ChangedAnswer,
        scopes=READ,
        refusals=(409,),
    ),
    _list_page(
        name="listEntries",
        path=f"{LEDGERS}/entries",
        summary="List the entries of all ledgers",
        call=_entries,
        parameters=shapes.EntryListParameters,
        answers=list[shapes.EntryAnswer],
        scopes=ENTRIES_READ,
    ),
    _list_page(
        name="listEntriesOfLedger",
        path=f"{LEDGER}/entries",
        summary="List the entries of a ledger",
        call=_entries_of_ledger,
        parameters=shapes.EntryListParameters,
        answers=list[shapes.EntryAnswer],
        scopes=(*ENTRIES_READ, *READ),
        refusals=(404,),
    ),
)
