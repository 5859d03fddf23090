"""`quaestor migrate`: bring the database's schema up to date, or say whether it is."""

from typing import Annotated

import typer

from app.cli.database import operator_database
from app.cli.exits import ExitCode, WrongUsage, run
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data
from app.db.migrate import held, pending
from app.db.migrate import migrate as apply_migrations
from app.settings import Settings, load_settings

WHEN_TO_FINISH = "Run `quaestor migrate --finish` once no process of an earlier version runs any more."


def migrate(
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if migrations are missing.")] = False,
    finish: Annotated[
        bool,
        typer.Option("--finish", help="No process of an earlier version runs any more: apply what was held for that."),
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Bring the database's schema up to date. Safe to run from many places at once.

    Some migrations let this version write what earlier ones cannot read. They are held until you call it with
    `--finish`. After that the database cannot go back to an earlier version.

    Example: `DATABASE_URL=postgresql://quaestor@db/quaestor quaestor migrate --check`
    """
    if check and finish:
        raise WrongUsage("--check changes nothing, and --finish does: give one of them.")
    settings = load_settings(**overrides(data_dir=data_dir))
    names, waiting = run(_names(settings, check=check, finish=finish))
    later = f" Held: {', '.join(waiting)}. {WHEN_TO_FINISH}" if waiting else ""
    if check:
        text = f"Missing: {', '.join(names)}. Run `quaestor migrate`." if names else "The schema is current."
        print_data({"current": not names, "pending": names, "held": waiting}, text + later, as_json=as_json)
        raise typer.Exit(ExitCode.REFUSED if names else ExitCode.DONE)
    text = f"Applied: {', '.join(names)}." if names else "The schema was current already."
    print_data({"applied": names, "held": waiting}, text + later, as_json=as_json)


async def _names(settings: Settings, *, check: bool, finish: bool) -> tuple[list[str], list[str]]:
    """What is missing, or was applied; and what is held."""
    async with operator_database(settings, command="migrate") as url:
        names = await (pending(url) if check else apply_migrations(url, finish=finish))
        return names, await held(url)
