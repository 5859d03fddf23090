"""`quaestor work`: what is promised and what is stuck, by the operator on the database itself."""

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.operator_session import run_as_operator
from app.cli.options import DataDir, Json
from app.cli.output import print_data, print_rows
from app.db.identifiers import parse_id
from app.kernel.errors import Refused
from app.outbox.inspect_work import list_work, retry_work

commands = typer.Typer(
    help="Promised work: list it, and retry what is out of retries.", no_args_is_help=True, add_completion=False
)

COLUMNS = ("id", "kind", "resource_id", "status", "attempt_count", "next_attempt_at", "last_error")


@commands.command("list", epilog="Example: quaestor work list --dead")
def list_(
    *,
    dead: Annotated[bool, typer.Option("--dead", help="Only what is out of retries.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List promised work, what is stuck first."""
    rows = [asdict(one) for one in run_as_operator(data_dir, "work list", lambda: list_work(dead_only=dead))]
    print_rows(rows, COLUMNS, as_json=as_json, if_none="Nothing is stuck." if dead else "Nothing is promised.")


@commands.command("retry", epilog="Example: quaestor work retry --all")
def retry(
    message_id: Annotated[str | None, typer.Argument(metavar="ID", help="Which one, as `work list` shows it.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that is out of retries.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make work that is out of retries due again."""
    if (message_id is None) is not everything:
        raise typer.BadParameter("Name one piece of work, or give --all.")

    async def revive() -> int:
        return await retry_work(None if message_id is None else parse_id(message_id, ("id",)))

    revived = run_as_operator(data_dir, "work retry", revive)
    if not revived and message_id is not None:
        raise Refused(f"There is no work {message_id} that is out of retries: see `quaestor work list --dead`.")
    print_data({"retried": revived}, f"{revived} made due again", as_json=as_json)
