"""`quaestor books`: through when customers' books are closed, and the operator's way to reopen them."""

from datetime import datetime
from typing import Annotated, Any

import typer

from app.access.operators import ListedCustomer, list_customers, operator_actor, operator_for_customer
from app.cli.exits import run
from app.cli.operator_session import operator_session
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data, print_rows
from app.journal.closed_books import books_closed_through
from app.journal.reopen_books import reopen_books
from app.kernel.clock import rfc3339
from app.settings import Settings, load_settings

commands = typer.Typer(
    help="Closed books: list through when they are closed, and reopen them.", no_args_is_help=True, add_completion=False
)

COLUMNS = ("customer_id", "name", "closed_through")


@commands.command("list", epilog="Example: quaestor books list --json")
def list_(
    as_json: Json = False,  # noqa: FBT002 - typer makes a flag of it
    data_dir: DataDir = None,
) -> None:
    """List all customers, and through when the books of each are closed."""
    settings = load_settings(**overrides(data_dir=data_dir))
    rows = [_row(customer, closed_through) for customer, closed_through in run(_list(settings))]
    if_none = "There are no customers yet: `quaestor customers create NAME` makes one."
    print_rows(rows, COLUMNS, as_json=as_json, if_none=if_none)


@commands.command("reopen", epilog="Example: quaestor books reopen --customer ID --reason 'the audit asked for it'")
def reopen(
    customer: Annotated[str, typer.Option("--customer", metavar="ID", help="Whose books.")],
    through: Annotated[
        str | None,
        typer.Option(
            "--through", metavar="INSTANT", help="Stay closed through this earlier instant. Left out: not at all."
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; the audit trail tells it.")] = None,
    as_json: Json = False,  # noqa: FBT002 - typer makes a flag of it
    data_dir: DataDir = None,
) -> None:
    """Let transfers take effect again in a time that was closed. The audit trail tells it."""
    settings = load_settings(**overrides(data_dir=data_dir))
    closed_through = _instant(run(_reopen(settings, customer, through, reason)))
    text = "reopened: " + ("not closed any more" if closed_through is None else f"closed through {closed_through}")
    print_data({"customer_id": customer, "closed_through": closed_through}, text, as_json=as_json)


async def _list(settings: Settings) -> list[tuple[ListedCustomer, datetime | None]]:
    async with operator_session(settings, command="books list"):
        return [
            (customer, await books_closed_through(operator_actor(customer.customer_id)))
            for customer in await list_customers()
        ]


async def _reopen(settings: Settings, customer: str, through: str | None, reason: str | None) -> datetime | None:
    async with operator_session(settings, command="books reopen"):
        return await reopen_books(await operator_for_customer(customer), through=through, reason=reason)


def _row(customer: ListedCustomer, closed_through: datetime | None) -> dict[str, Any]:
    return {
        "customer_id": str(customer.customer_id),
        "name": customer.name,
        "closed_through": _instant(closed_through),
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else rfc3339(value)
