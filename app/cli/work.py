"""`quaestor work`: what is promised and what is stuck, by the operator on the database itself."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.exits import run
from app.cli.operator_session import operator_session
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data, print_rows
from app.db.identifiers import parse_id
from app.kernel.errors import Refused
from app.outbox.inspect_work import PromisedWork, list_work, retry_work
from app.settings import Settings, load_settings

commands = typer.Typer(
    help="Promised work: list it, and retry what is out of retries.", no_args_is_help=True, add_completion=False
)

COLUMNS = ("id", "kind", "resource_id", "status", "attempt_count", "next_attempt_at", "last_error")


@commands.command("list", epilog="Example: quaestor work list --dead")
def list_(
    dead: Annotated[bool, typer.Option("--dead", help="Only what is out of retries.")] = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002 - typer makes a flag of it
    data_dir: DataDir = None,
) -> None:
    """List promised work, what is stuck first."""
    settings = load_settings(**overrides(data_dir=data_dir))
    rows = [asdict(work) for work in run(_list(settings, dead_only=dead))]
    print_rows(rows, COLUMNS, as_json=as_json, if_none="Nothing is stuck." if dead else "Nothing is promised.")


@commands.command("retry", epilog="Example: quaestor work retry --all")
def retry(
    message_id: Annotated[str | None, typer.Argument(metavar="ID", help="Which one, as `work list` shows it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is out of retries.")] = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002 - typer makes a flag of it
    data_dir: DataDir = None,
) -> None:
    """Make work that is out of retries due again."""
    if (message_id is None) is not everything:
        raise typer.BadParameter("Name one piece of work, or give --all.")
    settings = load_settings(**overrides(data_dir=data_dir))
    revived = run(_retry(settings, message_id))
    if not revived and message_id is not None:
        raise Refused(f"There is no work {message_id} that is out of retries: see `quaestor work list --dead`.")
    print_data({"retried": revived}, f"{revived} made due again", as_json=as_json)


async def _list(settings: Settings, *, dead_only: bool) -> list[PromisedWork]:
    async with operator_session(settings, command="work list"):
        return await list_work(dead_only=dead_only)


async def _retry(settings: Settings, message_id: str | None) -> int:
    only = None if message_id is None else parse_id(message_id, ("id",))
    async with operator_session(settings, command="work retry"):
        return await retry_work(only)
