"""`quaestor statement`: what came and went at a ledger, through the API like any other client."""

import asyncio
import sys
from datetime import datetime
from typing import Annotated

import typer

from app.api_client import api_client
from app.cli.draw_statement import NO_TIME, Statement, draw_statement
from app.cli.exits import WrongUsage
from app.cli.instants import instant_of
from app.cli.options import DataDir, Json, overrides
from app.cli.running_server import running_server
from app.cli.statement_spool import Spool
from app.cli.statement_text import write_csv, write_json, write_text
from app.db.identifiers import parse_id
from app.kernel.errors import Invalid
from app.settings import Settings, load_settings


def statement(
    ledger: Annotated[str, typer.Argument(metavar="LEDGER", help="The ledger's id or IBAN.")],
    *,
    start: Annotated[
        str, typer.Option("--from", metavar="INSTANT", help="The first instant, or a date: its beginning in UTC.")
    ],
    end: Annotated[
        str | None, typer.Option("--to", metavar="INSTANT", help="The instant or date that ends it, excluded.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print a ledger's statement: opening balance, every entry, oldest first, and closing balance.

    Uses the server of QUAESTOR_URL (with QUAESTOR_API_KEY), else a running `quaestor dev`. Without --to it ends now,
    by the server's clock: at an instant before which nothing can still be posted. Begin the next one there, and
    together they have every entry once.
    Before anything is printed, all entries are read, page by page into a temporary file, and it is checked that they
    lead from the opening to the closing balance; otherwise it exits 1. In CSV, a text that a spreadsheet would take for
    a formula has an apostrophe in front.

    Example: `quaestor statement GB66PAYR04005200000013 --from 2026-11-01 --to 2026-12-01 --csv`
    """
    if as_csv and as_json:
        raise typer.BadParameter("Give --csv or --json, not both.")
    settings = load_settings(**overrides(data_dir=data_dir))
    first, last = instant_of(start, "--from"), None if end is None else instant_of(end, "--to")
    if last is not None and first >= last:
        raise WrongUsage(NO_TIME)
    write = write_csv if as_csv else write_json if as_json else write_text
    with Spool() as spool:
        drawn = asyncio.run(_draw(settings, ledger, first, last, spool))
        write(drawn, spool, sys.stdout)


async def _draw(settings: Settings, ledger: str, first: datetime, last: datetime | None, spool: Spool) -> Statement:
    server = await running_server(settings)
    async with api_client(server.url, server.api_key) as client:
        return await draw_statement(client, _key_of(ledger), first, last, spool)


def _key_of(ledger: str) -> dict[str, str]:
    """A `LedgerKey`: by id what is one, else by IBAN."""
    try:
        return {"id": str(parse_id(ledger, ()))}
    except Invalid:
        return {"iban": ledger}
