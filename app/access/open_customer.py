"""Open a customer: the tenant itself, its first key, and the holder that it is."""

from dataclasses import dataclass
from uuid import UUID

from app.access.create_api_key import insert_api_key
from app.access.operators import operator_actor
from app.db.identifiers import new_id
from app.db.transaction import transaction, whole_use_case
from app.holders.create_customer_holder import create_customer_holder
from app.kernel.checks import check_text

FIRST_KEY_NAME = "first key"


@dataclass(frozen=True, slots=True)
class OpenedCustomer:
    """A new customer's id and its first key, which is never shown again."""

    customer_id: UUID
    api_key: str


@whole_use_case
async def open_customer(name: str) -> OpenedCustomer:
    """Make a customer, its feed, its first key with every scope, and its own holder; all or none.

    For the operator only: there is no API across customers.

    :raises Invalid: a blank or overlong name.
    """
    checked = check_text(name, ("name",))
    customer_id = new_id()
    actor = operator_actor(customer_id)
    async with transaction() as tx:
        await tx.execute(
            "INSERT INTO customers (customer_id, name, created_at) VALUES ($1, $2, $3)",
            customer_id,
            checked,
            await tx.now(),
        )
        await tx.execute("INSERT INTO feeds (customer_id) VALUES ($1)", customer_id)
        _, key = await insert_api_key(tx, actor, name=FIRST_KEY_NAME, scopes=["*"])
        await create_customer_holder(tx, actor, checked)
    return OpenedCustomer(customer_id, key)
