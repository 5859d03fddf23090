"""`quaestor audit`: who did what, when, through which door, by the operator on the database itself."""

import csv
import re
import sys
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, TextIO

import orjson
import typer

from app.access.operators import list_customers, operator_actor, operator_for_customer
from app.cli.exits import WrongUsage, run
from app.cli.instants import instant_of
from app.cli.operator_session import operator_session
from app.cli.options import DataDir, overrides
from app.db.identifiers import parse_id
from app.events.event import FeedEntry
from app.events.event_types import check_stored_types
from app.events.feed import FeedFilter, read_page
from app.events.feed_place import FeedPlace
from app.kernel.actor import Actor
from app.kernel.clock import rfc3339
from app.kernel.harmless_text import printable, spreadsheet_cell
from app.settings import Settings, load_settings

PAGE_SIZE = 1000
Row = dict[str, Any]
COLUMNS: dict[str, Callable[[FeedEntry], Any]] = {
    "occurred_at": lambda entry: rfc3339(entry.event.occurred_at),
    "customer_id": lambda entry: str(entry.event.customer_id),
    "position": lambda entry: entry.position,
    "type": lambda entry: entry.event.type,
    "resource_type": lambda entry: entry.event.resource_type,
    "resource_id": lambda entry: str(entry.event.resource_id),
    "resource_version": lambda entry: entry.event.resource_version,
    "via": lambda entry: entry.event.via,
    "actor": lambda entry: entry.event.actor,
    "request_id": lambda entry: entry.event.request_id,
    "event_id": lambda entry: str(entry.event.id),
    "previous": lambda entry: entry.event.previous,
    "data": lambda entry: entry.event.data,
}
"""What is told of each event, and in this order."""


def audit(
    *,
    start: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="The first instant, or a date. Left out: all.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="INSTANT", help="The instant or date that ends it, excluded.")
    ] = None,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="Only this customer's. Left out: all's.")] = None,
    types: Annotated[
        str | None, typer.Option(metavar="TYPES", help="Exact types or wildcards, separated by commas.")
    ] = None,
    resource: Annotated[str | None, typer.Option(metavar="ID", help="Only about this object.")] = None,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="Print JSON, one event a line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Print the audit trail: every creation, change and posting, with who did it, and through which door.

    Each customer's events are in the order of the feed, one customer after another. Personal data is in none of them.
    In CSV, a text that a spreadsheet would take for a formula has an apostrophe in front.

    Example: `quaestor audit --from 2026-11-01 --to 2026-12-01 --csv`
    """
    if as_jsonl and as_csv:
        raise typer.BadParameter("Give --jsonl or --csv, not both.")
    settings = load_settings(**overrides(data_dir=data_dir))
    wanted = FeedFilter(
        types=None if types is None else check_stored_types(re.findall(r"[^\s,]+", types), ("types",)),
        resource_id=None if resource is None else parse_id(resource, ("resource",)),
        occurred_at_gte=None if start is None else instant_of(start, "--from"),
        occurred_at_lt=None if end is None else instant_of(end, "--to"),
    )
    if wanted.occurred_at_gte and wanted.occurred_at_lt and wanted.occurred_at_gte >= wanted.occurred_at_lt:
        raise WrongUsage("--to must be later than --from.")
    writer = _jsonl if as_jsonl else _csv if as_csv else _text
    run(_print(settings, customer, wanted, writer(sys.stdout)))


async def _print(settings: Settings, customer: str | None, wanted: FeedFilter, write: Callable[[Row], None]) -> None:
    async with operator_session(settings, command="audit"):
        if customer is not None:
            actors = [await operator_for_customer(customer)]
        else:
            actors = [operator_actor(one.customer_id) for one in await list_customers()]
        for actor in actors:
            async for entry in _entries(actor, wanted):
                write({name: value_of(entry) for name, value_of in COLUMNS.items()})


async def _entries(actor: Actor, wanted: FeedFilter) -> AsyncIterator[FeedEntry]:
    place: FeedPlace | None = None
    while True:
        page = await read_page(actor, after=place, limit=PAGE_SIZE, wanted=wanted)
        for entry in page.entries:
            yield entry
        if not page.has_more:
            return
        place = page.end


def _jsonl(output: TextIO) -> Callable[[Row], None]:
    def write(row: Row) -> None:
        output.write(orjson.dumps(row).decode() + "\n")

    return write


def _csv(output: TextIO) -> Callable[[Row], None]:
    rows = csv.writer(output, lineterminator="\n")
    rows.writerow(COLUMNS)

    def write(row: Row) -> None:
        rows.writerow([_csv_cell(row[name]) for name in COLUMNS])

    return write


def _csv_cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return spreadsheet_cell(value) if isinstance(value, str) or value is None else value


def _text(output: TextIO) -> Callable[[Row], None]:
    def write(row: Row) -> None:
        request = f" in request {row['request_id']}" if row["request_id"] else ""
        line = (
            f"{row['occurred_at']:27}  {row['type']:28}  {row['resource_id']} version {row['resource_version']}, "
            f"by {row['actor']} via {row['via']}{request}"
        )
        output.write(printable(line) + "\n")

    return write
