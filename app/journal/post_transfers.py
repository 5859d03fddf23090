"""Post up to a thousand transfers at once: each on its own, or all or none."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.identifiers import new_id
from app.idempotency.key import check_key
from app.journal.carry_out_batch import BATCH_SIZE_MAX, Done, Outcome
from app.journal.coalescer import coalescer
from app.journal.in_order import requests_in_order
from app.journal.instructions import Post
from app.journal.post_transfer import PostTransfer, posting_of
from app.journal.records import Transfer
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import BatchRefused, DomainError, LimitExceeded

PATH = ("transfers",)
AFTER_PATH = ("after",)
CHECKED_AT_ONCE = 50
"""Items that are checked before others get their turn."""


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
    if not 1 <= len(command.transfers) <= BATCH_SIZE_MAX:
        refuse(f"Between 1 and {BATCH_SIZE_MAX:,} transfers at once; these are {len(command.transfers):,}.", PATH)
    after = None if command.after is None else check_key(command.after, AFTER_PATH)
    last_key = command.transfers[-1].idempotency_key.strip()
    async with requests_in_order.turn(actor.customer_id, last_key, after, AFTER_PATH) as turn:
        outcomes, postings = await _checked(actor, command)
        await turn.comes()
        made = await coalescer().submit(actor.customer_id, postings, atomic=command.atomic)
        turn.is_whole = not any(isinstance(outcome, LimitExceeded) for outcome in made)
    posted = iter(made)
    return [next(posted) if outcome is None else outcome for outcome in outcomes]


async def _checked(actor: Actor, command: PostTransfers) -> tuple[list[DomainError | None], list[Post]]:
    """The refusals of items that are malformed, in their places, and the others as instructions."""
    group_id = new_id() if command.atomic else None
    refusals: list[DomainError | None] = []
    postings: list[Post] = []
    for index, one in enumerate(command.transfers):
        try:
            postings.append(posting_of(actor, one, (*PATH, str(index)), group_id))
            refusals.append(None)
        except DomainError as refusal:
            if command.atomic:
                raise BatchRefused(index, refusal) from refusal
            refusals.append(refusal)
        if index % CHECKED_AT_ONCE == CHECKED_AT_ONCE - 1:
            await asyncio.sleep(0)  # What is being written meanwhile goes on.
    return refusals, postings


def group_of(outcomes: Sequence[Outcome]) -> UUID | None:
    """The group of an atomic batch: that of what it posted now, or, if all of it was known, the one that all share."""
    done = [one for one in outcomes if isinstance(one, Done) and isinstance(one.object, Transfer)]
    new = [one for one in done if not one.replayed]
    groups = {one.object.group_id for one in new or done if isinstance(one.object, Transfer)}
    return groups.pop() if len(groups) == 1 else None
