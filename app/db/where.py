"""The conditions of a read: always one customer's rows, and for one holder's actor only that holder's.

Every statement on a tenant's table names the customer. Fixed statements write `seen_sql` into their text. Statements
whose conditions vary are put together by a `Where`, which begins with the customer.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.kernel.actor import Actor
from app.kernel.checks import Metadata


def seen_sql(customer: str = "customer_id", *holders: str) -> str:
    """The condition that the actor may see a row: it is its customer's, and any of these columns has its holder.

    Its two values are `seen_by(actor)`, so that it can stand first in a statement: `$1` and `$2`.
    """
    of_holder = " OR ".join(f"{column} = $2" for column in holders or ("holder_id",))
    return f"{customer} = $1 AND ($2::uuid IS NULL OR {of_holder})"


def seen_by(actor: Actor) -> tuple[UUID, UUID | None]:
    """The values of `seen_sql`: the actor's customer, and its holder if it may see only one holder's objects."""
    return actor.customer_id, actor.holder_id


class Where:
    """Conditions, and the values of their parameters. `$1` is the customer, whose column is `customer`."""

    def __init__(self, customer_id: UUID, customer: str = "customer_id") -> None:
        self.arguments: list[Any] = [customer_id]
        self._customer = f"{customer} = $1"
        self._conditions: list[str] = []

    def place(self, value: Any) -> str:
        """The parameter of one more value, such as `$2`."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def add(self, condition: str, *values: Any) -> None:
        """Add a condition; each `{}` stands for a value. Does nothing if a value is None."""
        if all(value is not None for value in values):
            self._conditions.append(condition.format(*map(self.place, values)))

    def add_text(self, column: str, exact: str | None, any_case: str | None) -> None:
        """Ask for this text, as it is or in any case. An index on the text in lower case serves both."""
        self.add(f"lower({column}) = lower({{}})", exact)
        self.add(f"{column} = {{}}", exact)
        self.add(f"lower({column}) = lower({{}})", any_case)

    def add_one_of(self, column: str, values: Sequence[str] | None) -> None:
        """Ask for one of these values. A single value is compared with `=`, so that an index keeps its order."""
        if values is None:
            return
        plain = [str(value) for value in values]
        if len(plain) == 1:
            self.add(f"{column} = {{}}", plain[0])
        else:
            self.add(f"{column} = ANY({{}})", plain)

    def add_metadata(self, wanted: Metadata | None, *, table: str = "", is_rare: bool = False) -> None:
        """Ask for rows whose metadata contains this. `is_rare`: their index leaves out the many rows without any."""
        if wanted:
            of = table and f"{table}."
            if is_rare:
                self.add(f"{of}metadata <> '{{{{}}}}'")
            self.add(f"tenant_metadata({of}customer_id, {of}metadata) @> tenant_metadata($1, {{}}::jsonb)", wanted)

    @property
    def sql(self) -> str:
        """All conditions, to follow `WHERE`."""
        return self._customer + self.more_sql

    @property
    def more_sql(self) -> str:
        """All conditions but the customer's, to follow one that names the customer."""
        return "".join(f" AND {condition}" for condition in self._conditions)
