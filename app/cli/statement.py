"""`quaestor statement`: what came and went at a ledger or wallet, through the API like any other client."""

import asyncio
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.cli.download import Absent, document_client, download, fetch_json, written_to
from app.cli.exits import ExitCode, WrongUsage
from app.cli.instants import instant_of
from app.cli.options import DataDir, Json, overrides
from app.cli.running_server import running_server
from app.cli.statements_of_month import Month, statements_of_month
from app.db.identifiers import parse_id
from app.kernel.clock import rfc3339
from app.kernel.errors import Invalid, Refused
from app.settings import Settings, load_settings

NO_TIME = "A statement begins before it ends, and not in the future: choose another --from or --to."
FORMATS = {"text": "txt", "csv": "csv", "json": "json", "pdf": "pdf", "camt053": "xml", "mt940": "sta"}
"""Formats, and the endings of their files."""
DATES = ("posted", "effective")
MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one statement is asked for."""

    account: str
    parameters: dict[str, str]
    out: Path | None


def statement(
    ledger: Annotated[
        str | None, typer.Argument(metavar="LEDGER", help="The ledger's id or IBAN, or a wallet's id.")
    ] = None,
    *,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="INSTANT", help="The first instant, or a date: its beginning in UTC."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="INSTANT", help="The instant or date that ends it, excluded.")
    ] = None,
    month: Annotated[
        str | None, typer.Option("--month", metavar="YYYY-MM", help="A month in UTC, instead of --from and --to.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Which date counts: posted, or effective, the value date.")] = DATES[
        0
    ],
    format_name: Annotated[str | None, typer.Option("--format", help="text, csv, json, pdf, camt053 or mt940.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="The same as --format csv.")] = False,
    as_json: Json = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there, whole or not.")] = None,
    of_all: Annotated[
        bool, typer.Option("--all", help="One file for each ledger: with --month and --to-folder.")
    ] = False,
    to_folder: Annotated[Path | None, typer.Option("--to-folder", metavar="DIR", help="Where --all writes.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a ledger's statement: opening balance, every entry, oldest first, and closing balance.

    Uses the server of QUAESTOR_URL (with QUAESTOR_API_KEY), else a running `quaestor dev`. Without --to it ends now,
    by the server's clock: at an instant before which nothing can still be posted. Begin the next one there, and
    together they have every entry once. By value date that holds for closed books only.
    Before anything is written, the server reads all entries and checks that they lead from the opening to the closing
    balance; otherwise it exits 1. In CSV, a text that a spreadsheet would take for a formula has an apostrophe in
    front.

    With --all, it writes the statements of all ledgers for one month into a folder, and goes on where an earlier run
    stopped: what is there is whole. Exits 1 if any was refused, for instance since a format cannot say gold.

    Example: `quaestor statement GB66PAYR04005200000013 --month 2026-11 --format pdf --out november.pdf`
    """
    name = _format_name(format_name, as_csv=as_csv, as_json=as_json)
    if by not in DATES:
        raise typer.BadParameter(f"--by is {by!r}: give posted or effective.")
    settings = load_settings(**overrides(data_dir=data_dir))
    if of_all:
        _draw_all(settings, month, name, by, to_folder)
        return
    if ledger is None:
        raise typer.BadParameter("Name a ledger or wallet, or give --all.")
    if name == "pdf" and out is None and sys.stdout.isatty():
        raise WrongUsage("A PDF is no text for a terminal: give --out FILE.")
    first, last = _span(start, end, month)
    parameters = {"from": rfc3339(first), "by": by, "format": name}
    if last is not None:
        parameters["to"] = rfc3339(last)
    asyncio.run(_draw(settings, _Wanted(ledger, parameters, out)))


def _format_name(given: str | None, *, as_csv: bool, as_json: bool) -> str:
    names = [*([given] if given else []), *(["csv"] if as_csv else []), *(["json"] if as_json else [])]
    if len(names) > 1:
        raise typer.BadParameter("Give one of --format, --csv and --json.")
    name = names[0] if names else "text"
    if name not in FORMATS:
        raise typer.BadParameter(f"--format is {name!r}: give one of {', '.join(FORMATS)}.")
    return name


def _span(start: str | None, end: str | None, month: str | None) -> tuple[datetime, datetime | None]:
    if month is not None:
        if start is not None or end is not None:
            raise typer.BadParameter("Give --month, or --from and --to.")
        whole = _month(month)
        return whole.start, whole.end
    if start is None:
        raise typer.BadParameter("Give --from, or --month.")
    first, last = instant_of(start, "--from"), None if end is None else instant_of(end, "--to")
    if last is not None and first >= last:
        raise WrongUsage(NO_TIME)
    return first, last


def _month(text: str) -> Month:
    found = MONTH.fullmatch(text)
    if found is None:
        raise WrongUsage(f"--month is {text!r}: give a month like 2026-10.")
    year, number = int(found[1]), int(found[2])
    following = (year, number + 1) if number < 12 else (year + 1, 1)  # noqa: PLR2004 - months of a year
    first = instant_of(f"{text}-01", "--month")
    return Month(text, first, datetime(*following, 1, tzinfo=UTC))


async def _draw(settings: Settings, wanted: _Wanted) -> None:
    server = await running_server(settings)
    async with document_client(server) as http:
        for path in await _paths(http, wanted.account):
            with suppress(Absent), written_to(wanted.out) as output:
                await download(http, path, wanted.parameters, output)
                return
        raise Refused(f"There is no ledger or wallet {wanted.account} for this key.")


async def _paths(http: httpx.AsyncClient, account: str) -> list[str]:
    """Where its statement is: by id a ledger's or a wallet's, else the ledger's with this IBAN."""
    try:
        account_id = str(parse_id(account, ()))
    except Invalid:
        with suppress(Absent):
            found = await fetch_json(http, "/v1/customer/ledgers/by-iban", {"iban": account})
            return [f"/v1/customer/ledgers/{found['ledger_id']}/statement"]
        return []
    return [f"/v1/customer/ledgers/{account_id}/statement", f"/api/v1/wallet/{account_id}/statement"]


def _draw_all(settings: Settings, month: str | None, name: str, by: str, folder: Path | None) -> None:
    if month is None or folder is None:
        raise typer.BadParameter("--all goes with --month and --to-folder.")
    counts = statements_of_month(settings, _month(month), name, FORMATS[name], by, folder)
    print(f"{counts.written:,} written, {counts.already:,} there already, {counts.refused:,} refused: in {folder}")
    if counts.refused:
        raise typer.Exit(ExitCode.REFUSED)
