"""`quaestor keys`: API keys of any customer, by the operator on the database itself."""

import re
from typing import Annotated, Any

import typer

from app.access.api_key import ApiKey
from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.operators import list_keys_of_all_customers, operator_for_api_key, operator_for_customer
from app.access.queries import list_api_keys
from app.access.revoke_api_key import revoke_api_key
from app.cli.operator_session import run_as_operator
from app.cli.options import DataDir, Json
from app.cli.output import instant_text, print_data, print_rows

commands = typer.Typer(help="API keys: make, list and revoke them.", no_args_is_help=True, add_completion=False)

COLUMNS = ("api_key_id", "customer_id", "name", "prefix", "scopes", "last_used_at", "expires_at", "revoked_at")


@commands.command("create", epilog="Example: quaestor keys create --customer ID --scopes ledgers:read,holders:read")
def create(
    customer: Annotated[str, typer.Option("--customer", metavar="ID", help="Whose key it is.")],
    name: Annotated[str, typer.Option("--name", help="What it is for; lists show it.")] = "made by the operator",
    scopes: Annotated[str, typer.Option("--scopes", help="Separated by commas; * is all of them.")] = "*",
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="INSTANT", help="Like 2027-01-31T00:00:00Z. Left out: never."),
    ] = None,
    *,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make a key, which is shown only now."""
    command = CreateApiKey(name, re.findall(r"[^\s,]+", scopes), expires)

    async def make() -> tuple[ApiKey, str]:
        return await create_api_key(await operator_for_customer(customer), command)

    created, key = run_as_operator(data_dir, "keys create", make)
    data = {"api_key_id": str(created.id), "api_key": key}
    text = f"id      {created.id}\nAPI key {key}\nKeep the key: it is not shown again."
    print_data(data, text, as_json=as_json)


@commands.command("list", epilog="Example: quaestor keys list --customer ID")
def list_(
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="ID", help="Only this customer's. Left out: all customers'.")
    ] = None,
    *,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List keys, newest first; never their secrets."""

    async def read() -> list[ApiKey]:
        if customer is None:
            return await list_keys_of_all_customers()
        return await list_api_keys(await operator_for_customer(customer))

    rows = [_row(key) for key in run_as_operator(data_dir, "keys list", read)]
    if_none = "There are no keys yet: `quaestor customers create NAME` makes a customer with its first."
    print_rows(rows, COLUMNS, as_json=as_json, if_none=if_none)


@commands.command("revoke", epilog="Example: quaestor keys revoke 0197a3c2-5b6e-7c11-8f00-0123456789a8")
def revoke(
    api_key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's identifier, as `keys list` shows it.")],
    *,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """End a key at once, with its open subscriptions. Repeating it changes nothing."""

    async def end() -> ApiKey:
        return await revoke_api_key(await operator_for_api_key(api_key_id), api_key_id)

    row = _row(run_as_operator(data_dir, "keys revoke", end))
    print_data(row, f"revoked {row['api_key_id']} ({row['name']}) at {row['revoked_at']}", as_json=as_json)


def _row(key: ApiKey) -> dict[str, Any]:
    return {
        "api_key_id": str(key.id),
        "customer_id": str(key.customer_id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "last_used_at": instant_text(key.last_used_at),
        "expires_at": instant_text(key.expires_at),
        "revoked_at": instant_text(key.revoked_at),
        "created_at": instant_text(key.created_at),
    }
