"""`quaestor migrate`: bring the database's schema up to date, or say whether it is."""

from typing import Annotated

import typer

from app.cli.database import operator_database
from app.cli.exits import ExitCode, run
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data
from app.db.migrate import migrate as apply_migrations
from app.db.migrate import pending
from app.settings import Settings, load_settings


def migrate(
    *,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if migrations are missing.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Bring the database's schema up to date. Safe to run from many places at once.

    Example: `DATABASE_URL=postgresql://quaestor@db/quaestor quaestor migrate --check`
    """
    settings = load_settings(**overrides(data_dir=data_dir))
    names = run(_names(settings, check=check))
    if check:
        text = f"Missing: {', '.join(names)}. Run `quaestor migrate`." if names else "The schema is current."
        print_data({"current": not names, "pending": names}, text, as_json=as_json)
        raise typer.Exit(ExitCode.REFUSED if names else ExitCode.DONE)
    text = f"Applied: {', '.join(names)}." if names else "The schema was current already."
    print_data({"applied": names}, text, as_json=as_json)


async def _names(settings: Settings, *, check: bool) -> list[str]:
    async with operator_database(settings, command="migrate") as url:
        return await (pending(url) if check else apply_migrations(url))
