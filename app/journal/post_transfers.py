"""Post up to a thousand transfers at once: each on its own, or all or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.identifiers import new_id
from app.journal.carry_out_batch import BATCH_SIZE_MAX, Done, Outcome
from app.journal.coalescer import coalescer
from app.journal.instructions import Post
from app.journal.post_transfer import PostTransfer, posting_of
from app.journal.records import Transfer
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import BatchRefused, DomainError

PATH = ("transfers",)


@dataclass(slots=True)
class PostTransfers:
    """Which transfers, in which order; `atomic` posts all or none, as a group."""

    transfers: Sequence[PostTransfer]
    atomic: bool = False


async def post_transfers(actor: Actor, command: PostTransfers) -> list[Outcome]:
    """An outcome for each transfer, in order. Items whose key is known count as done.

    The new transfers of an atomic batch are a group: they share a `group_id`. Keys are shared with `post_transfer`.

    :raises BatchRefused: `atomic`, and one was refused: nothing happened.
    :raises Invalid, LimitExceeded, Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    if not 1 <= len(command.transfers) <= BATCH_SIZE_MAX:
        refuse(f"Between 1 and {BATCH_SIZE_MAX:,} transfers at once; these are {len(command.transfers):,}.", PATH)
    group_id = new_id() if command.atomic else None
    outcomes: list[Outcome | None] = []
    postings: list[Post] = []
    for index, one in enumerate(command.transfers):
        try:
            postings.append(posting_of(actor, one, (*PATH, str(index)), group_id))
            outcomes.append(None)
        except DomainError as refusal:
            if command.atomic:
                raise BatchRefused(index, refusal) from refusal
            outcomes.append(refusal)
    if not postings:
        return [outcome for outcome in outcomes if outcome is not None]
    posted = iter(await coalescer().submit(actor.customer_id, postings, atomic=command.atomic))
    return [next(posted) if outcome is None else outcome for outcome in outcomes]


def group_of(outcomes: Sequence[Outcome]) -> UUID | None:
    """The group of an atomic batch: that of what it posted now, or, if all of it was known, the one that all share."""
    done = [one for one in outcomes if isinstance(one, Done) and isinstance(one.object, Transfer)]
    new = [one for one in done if not one.replayed]
    groups = {one.object.group_id for one in new or done if isinstance(one.object, Transfer)}
    return groups.pop() if len(groups) == 1 else None
