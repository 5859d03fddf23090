"""Post up to a thousand transfers at once: each on its own, or all or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.journal.carry_out_batch import BATCH_SIZE_MAX, Outcome
from app.journal.coalescer import coalescer
from app.journal.instructions import Post
from app.journal.post_transfer import PostTransfer, posting_of
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import BatchRefused, DomainError

PATH = ("transfers",)


@dataclass(slots=True)
class PostTransfers:
    """Which transfers, in which order; `atomic` posts all or none."""

    transfers: Sequence[PostTransfer]
    atomic: bool = False


async def post_transfers(actor: Actor, command: PostTransfers) -> list[Outcome]:
    """An outcome for each transfer, in order. Items whose key is known count as done.

    Keys are shared with `post_transfer`.

    :raises BatchRefused: `atomic`, and one was refused: nothing happened.
    :raises Invalid, LimitExceeded, Forbidden: nothing happened.
    """
    actor.require("transfers:write")
    if not 1 <= len(command.transfers) <= BATCH_SIZE_MAX:
        refuse(f"Between 1 and {BATCH_SIZE_MAX:,} transfers at once; these are {len(command.transfers):,}.", PATH)
    outcomes: list[Outcome | None] = []
    postings: list[Post] = []
    for index, one in enumerate(command.transfers):
        try:
            postings.append(posting_of(actor, one, (*PATH, str(index))))
            outcomes.append(None)
        except DomainError as refusal:
            if command.atomic:
                raise BatchRefused(index, refusal) from refusal
            outcomes.append(refusal)
    if not postings:
        return [outcome for outcome in outcomes if outcome is not None]
    posted = iter(await coalescer().submit(actor.customer_id, postings, atomic=command.atomic))
    return [next(posted) if outcome is None else outcome for outcome in outcomes]
