"""Begin a new epoch of every feed: after the database was restored from a copy of an earlier state."""

import secrets
from dataclasses import dataclass

from app.db.transaction import transaction

EPOCH_BYTES = 8


@dataclass(frozen=True, slots=True)
class BegunEpoch:
    """What was done: the new epoch, how many feeds have it, and how many fan-outs were beyond the end of theirs."""

    epoch: str
    feeds: int
    fan_outs_set_back: int


async def begin_epoch() -> BegunEpoch:
    """Give every feed of this database a new epoch, all or none; cursors of earlier ones are refused from then on.

    For the operator only. To do it twice is safe: what was told in between is refused as well.

    Webhooks go on where the copy left off. Only where single tables were restored can a fan-out be further than its
    feed: it is set back to the end, so that what happens next is delivered.
    """
    epoch = secrets.token_hex(EPOCH_BYTES)
    async with transaction() as tx:
        feeds = await tx.execute("UPDATE feeds SET epoch = $1", epoch)
        set_back = await tx.execute(
            """
            UPDATE webhook_fan_outs AS done SET position = feed.last_position
            FROM feeds AS feed WHERE feed.customer_id = done.customer_id AND done.position > feed.last_position
            """
        )
    return BegunEpoch(epoch, feeds, set_back)
