"""The operator has access to the database, and so acts for any customer. Only the command line uses this."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.access.api_key import ApiKey, api_key_of
from app.access.models import ApiKeyRow, Customer
from app.db.identifiers import parse_id
from app.kernel.actor import Actor, Via
from app.kernel.errors import NotFound

LISTED_CUSTOMERS_MAX = 100_000
LISTED_KEYS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A tenant as the operator sees it."""

    customer_id: UUID
    name: str
    created_at: datetime


def operator_actor(customer_id: UUID) -> Actor:
    """The operator acting for a customer."""
    return Actor(customer_id, frozenset({"*"}), Via.CLI, "operator")


async def operator_for_customer(customer_id: str) -> Actor:
    """The operator acting for an existing customer.

    :raises Invalid: not an identifier.
    :raises NotFound: no such customer.
    """
    parsed = parse_id(customer_id, ("customer",))
    if not await Customer.exists(customer_id=parsed):
        raise NotFound("There is no customer with this identifier.", path=("customer",))
    return operator_actor(parsed)


async def operator_for_api_key(api_key_id: str) -> Actor:
    """The operator acting for the customer that has this key.

    :raises Invalid: not an identifier.
    :raises NotFound: no such key.
    """
    row = await ApiKeyRow.get_or_none(id=parse_id(api_key_id, ("api_key_id",)))
    if row is None:
        raise NotFound("There is no API key with this identifier.", path=("api_key_id",))
    return operator_actor(row.customer_id)


async def list_customers() -> list[ListedCustomer]:
    """Every customer, newest first; at most `LISTED_CUSTOMERS_MAX`."""
    rows = await Customer.all().order_by("-created_at", "-customer_id").limit(LISTED_CUSTOMERS_MAX)
    return [ListedCustomer(row.customer_id, row.name, row.created_at) for row in rows]


async def list_keys_of_all_customers() -> list[ApiKey]:
    """Every customer's keys, newest first; at most `LISTED_KEYS_MAX`."""
    rows = await ApiKeyRow.all().order_by("-created_at", "-id").limit(LISTED_KEYS_MAX)
    return [api_key_of(row) for row in rows]
