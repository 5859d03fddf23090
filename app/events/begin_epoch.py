"""Begin a new epoch of every feed, after the database was restored from a backup."""

import secrets
from dataclasses import dataclass

from app.db.transaction import transaction, whole_use_case

EPOCH_BYTES = 8


@dataclass(frozen=True, slots=True)
class BegunEpoch:
    """The new epoch, how many feeds have it, and how many fan-outs were beyond the end of their feed."""

    epoch: str
    feeds: int
    fan_outs_set_back: int


@whole_use_case
async def begin_epoch() -> BegunEpoch:
    """Give every feed of this database a new epoch, all or none; cursors of earlier epochs are refused from then on.

    For the operator only. It is safe to run twice: cursors given out in between are refused as well.

    Webhooks go on where the backup left off. A fan-out can be past the end of its feed only if single tables were
    restored. It is set back to the end, so that new events are delivered.
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
