"""`quaestor keys`: API keys of any customer, by the operator on the database itself."""

import re
from datetime import datetime
from typing import Annotated, Any

import typer

from app.access.api_key import ApiKey
from app.access.create_api_key import CreateApiKey, create_api_key
from app.access.operators import list_keys_of_all_customers, operator_for_api_key, operator_for_customer
from app.access.queries import list_api_keys
from app.access.revoke_api_key import revoke_api_key
from app.cli.exits import run
from app.cli.operator_session import operator_session
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data, print_rows
from app.kernel.clock import rfc3339
from app.settings import Settings, load_settings

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
    as_json: Json = False,  # noqa: FBT002 - typer makes a flag of it
    data_dir: DataDir = None,
) -> None:
    """Make a key, which is shown only now."""
    settings = load_settings(**overrides(data_dir=data_dir))
    command = CreateApiKey(name, re.findall(r"[^\s,]+", scopes), expires)
    created, key = run(_create(settings, customer, command))
    data = {"api_key_id": str(created.id), "api_key": key}
    text = f"id      {created.id}\nAPI key {key}\nKeep the key: it is not shown again."
    print_data(data, text, as_json=as_json)


@commands.command("list", epilog="Example: quaestor keys list --customer ID")
def list_(
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="ID", help="Only this customer's. Left out: all customers'.")
    ] = None,
    as_json: Json = False,  # noqa: FBT002 - typer makes a flag of it
    data_dir: DataDir = None,
) -> None:
    """List keys, newest first; never their secrets."""
    settings = load_settings(**overrides(data_dir=data_dir))
    rows = [_row(key) for key in run(_list(settings, customer))]
    if_none = "There are no keys yet: `quaestor customers create NAME` makes a customer with its first."
    print_rows(rows, COLUMNS, as_json=as_json, if_none=if_none)


@commands.command("revoke", epilog="Example: quaestor keys revoke 0197a3c2-5b6e-7c11-8f00-0123456789a8")
def revoke(
    api_key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's identifier, as `keys list` shows it.")],
    as_json: Json = False,  # noqa: FBT002 - typer makes a flag of it
    data_dir: DataDir = None,
) -> None:
    """End a key at once, with its open subscriptions. Repeating it changes nothing."""
    settings = load_settings(**overrides(data_dir=data_dir))
    row = _row(run(_revoke(settings, api_key_id)))
    print_data(row, f"revoked {row['api_key_id']} ({row['name']}) at {row['revoked_at']}", as_json=as_json)


async def _create(settings: Settings, customer: str, command: CreateApiKey) -> tuple[ApiKey, str]:
    async with operator_session(settings, command="keys create"):
        return await create_api_key(await operator_for_customer(customer), command)


async def _list(settings: Settings, customer: str | None) -> list[ApiKey]:
    async with operator_session(settings, command="keys list"):
        if customer is None:
            return await list_keys_of_all_customers()
        return await list_api_keys(await operator_for_customer(customer))


async def _revoke(settings: Settings, api_key_id: str) -> ApiKey:
    async with operator_session(settings, command="keys revoke"):
        return await revoke_api_key(await operator_for_api_key(api_key_id), api_key_id)


def _row(key: ApiKey) -> dict[str, Any]:
    return {
        "api_key_id": str(key.id),
        "customer_id": str(key.customer_id),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "last_used_at": _instant(key.last_used_at),
        "expires_at": _instant(key.expires_at),
        "revoked_at": _instant(key.revoked_at),
        "created_at": _instant(key.created_at),
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else rfc3339(value)
