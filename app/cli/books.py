"""`quaestor books`: through when customers' books are closed, and the operator's way to reopen them."""

from datetime import datetime
from typing import Annotated, Any

import typer

from app.access.operators import list_customers, operator_actor, operator_for_customer
from app.cli.operator_session import run_as_operator
from app.cli.options import DataDir, Json
from app.cli.output import instant_text, print_data, print_rows
from app.journal.closed_books import books_closed_through
from app.journal.reopen_books import reopen_books

commands = typer.Typer(
    help="Closed books: list through when they are closed, and reopen them.", no_args_is_help=True, add_completion=False
)

COLUMNS = ("customer_id", "name", "closed_through")


@commands.command("list", epilog="Example: quaestor books list --json")
def list_(*, as_json: Json = False, data_dir: DataDir = None) -> None:
    """List all customers, and through when the books of each are closed."""
    rows = run_as_operator(data_dir, "books list", _rows)
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
    *,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Let transfers take effect again in a time that was closed. The audit trail tells it."""

    async def reopened() -> datetime | None:
        return await reopen_books(await operator_for_customer(customer), through=through, reason=reason)

    closed_through = instant_text(run_as_operator(data_dir, "books reopen", reopened))
    text = "reopened: " + ("not closed any more" if closed_through is None else f"closed through {closed_through}")
    print_data({"customer_id": customer, "closed_through": closed_through}, text, as_json=as_json)


async def _rows() -> list[dict[str, Any]]:
    return [
        {
            "customer_id": str(customer.customer_id),
            "name": customer.name,
            "closed_through": instant_text(await books_closed_through(operator_actor(customer.customer_id))),
        }
        for customer in await list_customers()
    ]
