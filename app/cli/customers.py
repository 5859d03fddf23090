"""`quaestor customers`: the tenants, made by the operator on the database itself."""

from typing import Annotated, Any

import typer

from app.access.open_customer import open_customer
from app.access.operators import ListedCustomer, list_customers
from app.cli.operator_session import run_as_operator
from app.cli.options import DataDir, Json
from app.cli.output import print_data, print_rows
from app.kernel.clock import rfc3339

commands = typer.Typer(
    help="Customers, the tenants of this installation: make and list them.", no_args_is_help=True, add_completion=False
)

COLUMNS = ("customer_id", "name", "created_at")


@commands.command("create", epilog="Example: quaestor customers create 'Example Ltd' --json")
def create(
    name: Annotated[str, typer.Argument(help="The customer's name.")],
    *,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make a customer with its first API key, which is shown only now."""
    opened = run_as_operator(data_dir, "customers create", lambda: open_customer(name))
    data = {"customer_id": str(opened.customer_id), "api_key": opened.api_key}
    text = f"customer {opened.customer_id}\nAPI key  {opened.api_key}\nKeep the key: it is not shown again."
    print_data(data, text, as_json=as_json)


@commands.command("list", epilog="Example: quaestor customers list --json")
def list_(*, as_json: Json = False, data_dir: DataDir = None) -> None:
    """List all customers, newest first."""
    rows = [_row(customer) for customer in run_as_operator(data_dir, "customers list", list_customers)]
    if_none = "There are no customers yet: `quaestor customers create NAME` makes one."
    print_rows(rows, COLUMNS, as_json=as_json, if_none=if_none)


def _row(customer: ListedCustomer) -> dict[str, Any]:
    return {
        "customer_id": str(customer.customer_id),
        "name": customer.name,
        "created_at": rfc3339(customer.created_at),
    }
