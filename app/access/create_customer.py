"""Make a customer with its first key."""

from dataclasses import dataclass
from uuid import UUID

from app.access.create_api_key import insert_api_key
from app.access.operators import operator_actor
from app.db.transaction import Transaction
from app.kernel.actor import Actor
from app.kernel.checks import check_text
from app.kernel.identifiers import new_id

FIRST_KEY_NAME = "first key"


@dataclass(frozen=True, slots=True)
class CreatedCustomer:
    """A new customer: its id, its checked name, the operator acting for it, and its first key (never shown again)."""

    customer_id: UUID
    name: str
    actor: Actor
    api_key: str


async def create_customer(tx: Transaction, name: str) -> CreatedCustomer:
    """Make a customer, its feed, and a first key with every scope.

    Only a part: `app.nodes.open_customer` makes the customer whole, its own holder included.

    :raises Invalid: a blank or overlong name.
    """
    checked = check_text(name, ("name",))
    customer_id = new_id()
    actor = operator_actor(customer_id)
    now = await tx.now()
    await tx.execute(
        "INSERT INTO customers (customer_id, name, created_at) VALUES ($1, $2, $3)", customer_id, checked, now
    )
    await tx.execute("INSERT INTO feeds (customer_id) VALUES ($1)", customer_id)
    _, key = await insert_api_key(tx, actor, name=FIRST_KEY_NAME, scopes=["*"])
    return CreatedCustomer(customer_id, checked, actor, key)
