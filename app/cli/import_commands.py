"""`quaestor import`: bring many holders, ledgers and accounts in, through the API like any client."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from app.api_client import api_client
from app.cli.exits import ExitCode
from app.cli.import_batches import outcomes_of
from app.cli.import_file import import_file
from app.cli.import_kinds import ACCOUNTS, HOLDERS, LEDGERS, TRANSFERS, Kind
from app.cli.import_records import Counts, imported_path, refused_path
from app.cli.import_transfers import outcomes_of_transfers
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data
from app.cli.progress_bar import progress_bar
from app.cli.running_server import running_server
from app.kernel.errors import Refused
from app.settings import Settings, load_settings

commands = typer.Typer(
    help="Bring holders, ledgers, accounts or transfers in from a file, each once however often it is started.",
    no_args_is_help=True,
    add_completion=False,
)

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A .jsonl file, one input a line, or a .csv one."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Send nothing: read every line and say what is wrong with it.")]
EVERY_LINES = 10_000
"""How often a line is printed where there is no terminal for a bar."""


@commands.command("holders", epilog="Example: quaestor import holders people.csv")
def holders(file: File, *, dry_run: DryRun = False, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Create a holder for each line: the fields of `CreateHolderInput`, in CSV as `party.person.name`. Each line has an
    `idempotencyKey` of its own.

    A line that was done stays done: what is imported is written to FILE.imported.jsonl with its id, and a line whose
    answer was lost is sent again with the same key. What is refused is written to FILE.refused.jsonl with the reason,
    and tried again when the import is started again. Exits 1 if any line was refused.
    """
    _import(file, HOLDERS, dry_run=dry_run, as_json=as_json, data_dir=data_dir)


@commands.command("ledgers", epilog="Example: quaestor import ledgers ledgers.jsonl --dry-run")
def ledgers(file: File, *, dry_run: DryRun = False, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Issue a ledger for each line: the fields of `IssueLedgerInput`, or of `IssueVirtualLedgerInput` where a line has
    no `partnerProduct`. Each line has an `idempotencyKey` of its own.

    Goes on, and says what was done and what was refused, as `quaestor import holders` does.
    """
    _import(file, LEDGERS, dry_run=dry_run, as_json=as_json, data_dir=data_dir)


@commands.command("accounts", epilog="Example: quaestor import accounts accounts.csv")
def accounts(file: File, *, dry_run: DryRun = False, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Create an account with its wallets for each line: the fields of `CreateAccountInput`, in CSV a wallet's as
    `wallets.0.name`. A reference that is there with the same content counts as done.

    Goes on, and says what was done and what was refused, as `quaestor import holders` does.
    """
    _import(file, ACCOUNTS, dry_run=dry_run, as_json=as_json, data_dir=data_dir)


@commands.command("transfers", epilog="Example: quaestor import transfers history.jsonl --dry-run")
def transfers(file: File, *, dry_run: DryRun = False, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Post a transfer for each line, in their order: the fields of `PostTransferInput`, with the value date as
    `effectiveAt` (a date is its first instant in UTC). Each line has an `idempotencyKey` of its own.

    Wallets may be named by their addresses: `debit` and `credit` with `accountReference`, `name` and `currency`, in
    place of `debitId` and `creditId`. Goes on, and says what was done and what was refused, as `quaestor import
    holders` does.
    """
    _import(file, TRANSFERS, dry_run=dry_run, as_json=as_json, data_dir=data_dir)


def _import(path: Path, kind: Kind, *, dry_run: bool, as_json: bool, data_dir: Path | None) -> None:
    settings = load_settings(**overrides(data_dir=data_dir))
    total = _line_count(path)
    with progress_bar(kind.name, total, line_every=EVERY_LINES) as show:

        def tell(counts: Counts) -> None:
            show(counts.read, f"{counts.read:,} of about {total:,} lines, {counts.refused:,} refused")

        counts = _checked(path, kind, tell) if dry_run else asyncio.run(_send(settings, path, kind, tell))
    print_data(_data(path, counts), _summary(path, kind, counts, dry_run=dry_run), as_json=as_json)
    raise typer.Exit(ExitCode.REFUSED if counts.refused else ExitCode.DONE)


def _checked(path: Path, kind: Kind, tell: Callable[[Counts], None]) -> Counts:
    from app.cli.import_checks import check_file  # noqa: PLC0415 - the whole schema: only a dry run waits for it

    return check_file(path, kind, tell)


async def _send(settings: Settings, path: Path, kind: Kind, tell: Callable[[Counts], None]) -> Counts:
    server = await running_server(settings)
    async with api_client(server.url, server.api_key) as client:
        if kind is TRANSFERS:
            return await import_file(path, kind, lambda lines: outcomes_of_transfers(lines, client.answer_to), tell)
        return await import_file(path, kind, lambda lines: outcomes_of(lines, kind, client.answer_of), tell)


def _data(path: Path, counts: Counts) -> dict[str, object]:
    return {
        "read": counts.read,
        "imported": counts.imported,
        "replayed": counts.replayed,
        "already_imported": counts.already,
        "refused": counts.refused,
        "refused_file": str(refused_path(path)) if counts.refused else None,
    }


def _summary(path: Path, kind: Kind, counts: Counts, *, dry_run: bool) -> str:
    reasons = "the reason is" if counts.refused == 1 else "the reasons are"
    refused = f" {counts.refused:,} refused: {reasons} in {refused_path(path)}." if counts.refused else ""
    if dry_run:
        return f"{_counted(counts.read, 'lines')} read, nothing sent.{refused}"
    before = counts.replayed + counts.already
    known = f" ({before:,} {'was' if before == 1 else 'were'} there from before)" if before else ""
    where = "its id is" if counts.imported + before == 1 else "their ids are"
    return f"{_counted(counts.imported, kind.name)} imported{known}; {where} in {imported_path(path)}.{refused}"


def _counted(count: int, things: str) -> str:
    """`1 account`, `2 accounts`."""
    return f"{count:,} {things.removesuffix('s') if count == 1 else things}"


def _line_count(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) or 1
    except OSError as problem:
        raise Refused(f"{path} cannot be read: {problem}") from problem
