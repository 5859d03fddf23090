"""The operator: who has the database itself, and so acts for any customer. Reached from the command line only."""

from uuid import UUID

from app.access.api_key import ApiKey, api_key_of
from app.access.models import ApiKeyRow, Customer
from app.kernel.actor import Actor, Via
from app.kernel.checks import parse_id
from app.kernel.errors import NotFound

LISTED_KEYS_MAX = 10_000


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
    row = await ApiKeyRow.get_or_none(id=parse_id(api_key_id, ("apiKeyId",)))
    if row is None:
        raise NotFound("There is no API key with this identifier.", path=("apiKeyId",))
    return operator_actor(row.customer_id)


async def list_keys_of_all_customers() -> list[ApiKey]:
    """Every customer's keys, newest first; at most `LISTED_KEYS_MAX`."""
    rows = await ApiKeyRow.all().order_by("-created_at", "-id").limit(LISTED_KEYS_MAX)
    return [api_key_of(row) for row in rows]
