"""Which customers have new events, and what is to be done with them: one query for all."""

from dataclasses import dataclass
from uuid import UUID

from app.db.connection import fetch


@dataclass(slots=True)
class NewEvents:
    """What is to be done for a customer: number events that wait for their position, and fan out those that have one.

    Only where it `has_endpoints`, or had some, is there anything to fan out.
    """

    customer_id: UUID
    to_number: bool
    to_fan_out: bool
    has_endpoints: bool

    @property
    def are_there(self) -> bool:
        """Whether anything is to be done."""
        return self.to_number or self.to_fan_out

    def add(self, later: "NewEvents") -> None:
        """Do also what a later look found."""
        self.to_number |= later.to_number
        self.to_fan_out |= later.to_fan_out
        self.has_endpoints |= later.has_endpoints

    def take(self) -> tuple[bool, bool]:
        """What is to be numbered and to be fanned out now; from here on it counts as done."""
        taken = self.to_number, self.to_fan_out
        self.to_number = self.to_fan_out = False
        return taken


async def new_events() -> list[NewEvents]:
    """The customers that have new events.

    The query jumps from customer to customer: its cost grows with the customers, not with the waiting events.
    """
    rows = await fetch(
        """
        WITH RECURSIVE waiting AS (
            (SELECT customer_id FROM unnumbered_events ORDER BY customer_id LIMIT 1)
            UNION ALL
            SELECT following.customer_id FROM waiting CROSS JOIN LATERAL (
                SELECT customer_id FROM unnumbered_events WHERE customer_id > waiting.customer_id
                ORDER BY customer_id LIMIT 1
            ) AS following
        )
        SELECT customer_id, waiting.customer_id IS NOT NULL AS to_number,
               coalesce(feed.last_position > done.position, false) AS to_fan_out,
               done.customer_id IS NOT NULL AS has_endpoints
        FROM waiting
        FULL JOIN (webhook_fan_outs AS done JOIN feeds AS feed USING (customer_id)) USING (customer_id)
        WHERE waiting.customer_id IS NOT NULL OR feed.last_position > done.position
        """
    )
    return [NewEvents(row["customer_id"], row["to_number"], row["to_fan_out"], row["has_endpoints"]) for row in rows]
