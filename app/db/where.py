"""The conditions of a read: always one customer's, and for one holder's actor only what is that holder's.

Every statement on a tenant's table names the customer. Those of one shape write `seen_sql` into their text; those whose
conditions depend on what is asked for are put together by a `Where`, which begins with the customer.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.kernel.actor import Actor


def seen_sql(customer: str = "customer_id", *holders: str) -> str:
    """The condition that a row is the actor's to see: its customer's, and the holder's in any of these columns.

    Its two values are `seen_by(actor)`, so that it can stand first in a statement: `$1` and `$2`.
    """
    of_holder = " OR ".join(f"{column} = $2" for column in holders or ("holder_id",))
    return f"{customer} = $1 AND ($2::uuid IS NULL OR {of_holder})"


def seen_by(actor: Actor) -> tuple[UUID, UUID | None]:
    """The values of `seen_sql`: the actor's customer, and the one holder whose objects are all there is, if so."""
    return actor.customer_id, actor.holder_id


class Where:
    """What must hold, and the values that its places stand for. `$1` is the customer, whose column is `customer`."""

    def __init__(self, customer_id: UUID, customer: str = "customer_id") -> None:
        self.arguments: list[Any] = [customer_id]
        self._customer = f"{customer} = $1"
        self._conditions: list[str] = []

    def place(self, value: Any) -> str:
        """The place of one more value."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def add(self, condition: str, *values: Any) -> None:
        """Ask for one more thing; each `{}` is the place of a value. Does nothing where a value is None."""
        if all(value is not None for value in values):
            self._conditions.append(condition.format(*map(self.place, values)))

    def add_one_of(self, column: str, values: Sequence[str] | None) -> None:
        """Ask for one of these values. One alone is compared by itself, so that an index keeps its order."""
        if values is None:
            return
        plain = [str(value) for value in values]
        if len(plain) == 1:
            self.add(f"{column} = {{}}", plain[0])
        else:
            self.add(f"{column} = ANY({{}})", plain)

    @property
    def sql(self) -> str:
        """All of it, behind `WHERE`."""
        return self._customer + self.more_sql

    @property
    def more_sql(self) -> str:
        """All but the customer, to follow a condition that names it."""
        return "".join(f" AND {condition}" for condition in self._conditions)
