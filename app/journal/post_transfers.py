"""Post up to a thousand transfers at once: each on its own, or all or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.identifiers import new_id
from app.idempotency.key import check_key
from app.journal.carry_out_batch import Done, Outcome
from app.journal.coalescer import coalescer
from app.journal.in_order import requests_in_order
from app.journal.post_transfer import PostTransfer, posting_of
from app.journal.records import Transfer
from app.journal.submit import check_each, check_size, in_their_places
from app.kernel.actor import Actor
from app.kernel.errors import LimitExceeded

PATH = ("transfers",)
AFTER_PATH = ("after",)


@dataclass(slots=True)
class PostTransfers:
    """Which transfers, in which order; `atomic` posts all or none, as a group. `after` is the key of the last item of
    the request before, if these are to be posted after that.
    """

    transfers: Sequence[PostTransfer]
    atomic: bool = False
    after: str | None = None


async def post_transfers(actor: Actor, command: PostTransfers) -> list[Outcome]:
    """An outcome for each transfer, in order. Items whose key is known count as done.

    The new transfers of an atomic batch are a group: they share a `group_id`. Keys are shared with `post_transfer`.

    :raises BatchRefused: `atomic`, and one was refused: nothing happened.
    :raises Invalid, LimitExceeded, Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    check_size(command.transfers, PATH)
    after = None if command.after is None else check_key(command.after, AFTER_PATH)
    last_key = command.transfers[-1].idempotency_key.strip()
    group_id = new_id() if command.atomic else None
    async with requests_in_order.turn(actor.customer_id, last_key, after, AFTER_PATH) as turn:
        refusals, postings = await check_each(
            command.transfers, lambda one, path: posting_of(actor, one, path, group_id), PATH, atomic=command.atomic
        )
        await turn.comes()
        made = await coalescer().submit(actor.customer_id, postings, atomic=command.atomic)
        turn.is_whole = not any(isinstance(outcome, LimitExceeded) for outcome in made)
    return in_their_places(refusals, made)


def group_of(outcomes: Sequence[Outcome]) -> UUID | None:
    """The group of an atomic batch: that of what it posted now, or, if all of it was known, the one that all share."""
    done = [one for one in outcomes if isinstance(one, Done) and isinstance(one.object, Transfer)]
    new = [one for one in done if not one.replayed]
    groups = {one.object.group_id for one in new or done if isinstance(one.object, Transfer)}
    return groups.pop() if len(groups) == 1 else None
