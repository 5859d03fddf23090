"""Open a customer: the tenant itself, its first key, and the holder that it is."""

from dataclasses import dataclass
from uuid import UUID

from app.access.create_customer import create_customer
from app.db.transaction import transaction
from app.holders.create_customer_holder import create_customer_holder


@dataclass(frozen=True, slots=True)
class OpenedCustomer:
    """A new customer's id and its first key, which is never shown again."""

    customer_id: UUID
    api_key: str


async def open_customer(name: str) -> OpenedCustomer:
    """Make a customer, its feed, its first key with every scope, and its own holder; all or none.

    For the operator only: there is no API across customers.

    :raises Invalid: a blank or overlong name.
    """
    async with transaction() as tx:
        created = await create_customer(tx, name)
        await create_customer_holder(tx, created.actor, created.name)
    return OpenedCustomer(created.customer_id, created.api_key)
