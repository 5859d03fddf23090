"""Make a customer's own holder."""

from app.db.transaction import Transaction
from app.holders.events import HOLDER_NOUN
from app.holders.search import search_columns
from app.holders.status import HOLDER, HolderKind, HolderStatus, Party
from app.kernel.actor import Actor
from app.lifecycle.advance import tell


async def create_customer_holder(tx: Transaction, actor: Actor, name: str) -> None:
    """Make the actor's customer a holder under the same id: a company, OK at once and never screened.

    Part of making the customer; the customer's row exists already.
    """
    found_by = search_columns(name, None)
    row = await tx.fetchrow(
        """
        INSERT INTO holders (customer_id, id, kind, status, party, name, created_at, updated_at, words, words_of)
        VALUES ($1, $1, $2, $3, $4, $5, $6, $6, $7, $8)
        RETURNING *
        """,
        actor.customer_id,
        HolderKind.CUSTOMER.value,
        HolderStatus.OK.value,
        Party.COMPANY.value,
        name,
        await tx.now(),
        found_by["words"],
        found_by["words_of"],
    )
    assert row is not None
    # An object that starts in another status than PENDING has two events.
    await tell(tx, actor, HOLDER_NOUN, "holder.created", row)
    await tell(tx, actor, HOLDER_NOUN, HOLDER.event_type(HolderStatus.OK), row)
