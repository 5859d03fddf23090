"""What is stuck, and trying promised work again."""

import datetime as dt
from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.enums import described_enum
from app.api.graphql.errors import (
    ForbiddenError,
    IdempotencyError,
    LimitError,
    NotFoundError,
    ValidationError,
    mutation,
)
from app.api.graphql.execution.cost import LENGTH, WORK
from app.api.graphql.find import NotSearched
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.optional import optional
from app.api.graphql.paging import First, page_size
from app.api.graphql.reply import REPLAYED, Asked, Reply
from app.api.graphql.views import shows, view
from app.nodes import retry_work as verb
from app.nodes import stuck_work as records
from app.nodes.stuck_work import StuckKind, count_stuck_work, read_stuck_work
from app.nodes.titles import title_of
from app.nodes.work_kinds import work_in_words
from app.outbox import failed_work
from app.outbox.failed_work import WorkStatus

FIRST = 20
WORK_OF_COUNTS = 20
"""For each item that is asked for beside them."""

described_enum(
    StuckKind,
    "What is stuck. Example: `PAYMENT`.",
    {
        StuckKind.LEDGER: "A ledger that waits for its holder, or for an IBAN. Takes `ledgers:read`.",
        StuckKind.HOLDER: "A holder that waits for a review, or for data. Takes `holders:read`.",
        StuckKind.PAYMENT: "A payment that its bank has not decided about for a minute. Takes `payments:read`.",
        StuckKind.WORK: "Promised work that keeps failing. Takes `work:read`.",
        StuckKind.DELIVERY: "A message that failed at every attempt. Takes `webhooks:read`.",
        StuckKind.ENDPOINT: "An endpoint that is not sent to. Takes `webhooks:read`.",
    },
)
described_enum(
    WorkStatus,
    "Whether promised work is tried again by itself. Example: `PENDING`.",
    {WorkStatus.PENDING: "It is.", WorkStatus.DEAD: "It is out of retries: it waits for `retryWork`."},
)


@shows(
    failed_work.FailedWork,
    work_id=lambda work: str(work.shown.id),
    resource_id=lambda work: str(work.shown.resource_id),
    task=lambda work: work_in_words(work.shown.kind),
)
@strawberry.type(description="Work that was promised when something changed, and is done in the background.")
class PromisedWork:
    work_id: strawberry.ID = strawberry.field(description=f"For `retryWork`: `{EXAMPLE_ID}`.")
    kind: str = strawberry.field(description="Which work: `send_payment`.")
    task: str = strawberry.field(description="The same in words: `Send the payment through its bank`.")
    resource_id: strawberry.ID = strawberry.field(description=f"What it is for: `{EXAMPLE_ID}`.")
    status: WorkStatus = strawberry.field(description="Whether it is tried again by itself: `PENDING`.")
    attempt_count: int = strawberry.field(description="Attempts so far, since it was last retried by hand: `3`.")
    next_attempt_at: dt.datetime | None = strawberry.field(description="When it is tried next; null: it is not.")
    last_error: str | None = strawberry.field(description="What went wrong at last: `TimeoutError: no answer`.")
    created_at: dt.datetime = strawberry.field(description="When it was promised: `2026-11-20T12:00:00.123456Z`.")


@shows(
    records.StuckItem,
    title=lambda item: None if item.shown.node is None else title_of(item.shown.node),
    node=lambda item: view(item.shown.node, item.context),
    work=lambda item: view(item.shown.work, item.context),
)
@strawberry.type(description="Something that waits for somebody, or keeps failing.")
class StuckItem:
    kind: StuckKind = strawberry.field(description="What it is: `PAYMENT`.")
    title: str | None = strawberry.field(description="What the object is called: `10.00 GBP to Ada Lovelace`.")
    reason: str = strawberry.field(description="Why it is stuck: `The holder is QUARANTINE.`")
    advice: str = strawberry.field(description="What to do: `Review the holder (reviewHolder).`")
    since: dt.datetime = strawberry.field(description="Since when, or nearly so: `2026-11-20T12:00:00.123456Z`.")
    node: Node | None = strawberry.field(
        description="The object. Null where this key may not read it, or where there is none."
    )
    work: PromisedWork | None = strawberry.field(
        description="The work that fails, for `retryWork`. Null where none does, or without `work:read`."
    )


@shows(records.StuckCount)
@strawberry.type(description="How much of a kind is stuck.")
class StuckCount:
    kind: StuckKind = strawberry.field(description="What it is: `PAYMENT`.")
    count: int = strawberry.field(description="How many, counted up to 10,000: `2`.")
    has_more: bool = strawberry.field(description="Whether there are more than that: `false`.")


@shows(
    records.StuckWork,
    items=lambda stuck: [view(one, stuck.context) for one in stuck.shown.items],
    not_searched=lambda stuck: [view(one, stuck.context) for one in stuck.shown.not_searched],
)
@strawberry.type(description="What of a customer is stuck.")
class StuckWork:
    items: list[StuckItem] = strawberry.field(
        description="Kind after kind, the newest of each first: up to `first` of each.",
        metadata={LENGTH: len(StuckKind)},
    )
    not_searched: list[NotSearched] = strawberry.field(
        description="The kinds that this key may not read.", metadata={LENGTH: len(StuckKind)}
    )
    shown: strawberry.Private[records.StuckWork]

    @strawberry.field(
        description="How much there is of each kind that was searched.",
        metadata={LENGTH: len(StuckKind), WORK: WORK_OF_COUNTS},
    )
    async def counts(self, info: Info) -> list[StuckCount]:
        counts = await count_stuck_work(info.context.actor, self.shown.searched)
        return [view(one, info.context) for one in counts]


@strawberry.input(description="Promised work that is to be tried again at once.")
class RetryWorkInput:
    work_id: strawberry.ID = strawberry.field(description=f"Which work: `{EXAMPLE_ID}`.")
    idempotency_key: str | None = optional(
        "At most 255 characters of your choice: the same content with the same key is done once. Example: `order-117`."
    )


@strawberry.type(description="The work, which is tried again at once.")
class WorkSuccess(Reply):
    work: PromisedWork | None = strawberry.field(description="The work as it now is. Null: it is done by now.")
    replayed: bool = strawberry.field(description=REPLAYED)


WorkResult = Annotated[
    WorkSuccess | ValidationError | NotFoundError | ForbiddenError | IdempotencyError | LimitError,
    strawberry.union("WorkResult", description="The work, or why nothing happened."),
]


@strawberry.type
class StuckWorkQueries:
    """The query of what is stuck."""

    @strawberry.field(
        description=(
            "What waits for somebody, or keeps failing, with the reason and what to do. Only what the key may read; "
            "not for one holder's token."
        )
    )
    async def stuck_work(
        self,
        info: Info,
        kinds: Annotated[
            list[StuckKind] | None, strawberry.argument(description="Only these kinds: `[PAYMENT, WORK]`.")
        ] = None,
        first: First = FIRST,
    ) -> StuckWork:
        stuck = await read_stuck_work(info.context.actor, kinds, limit=page_size(first, default=FIRST))
        return view(stuck, info.context)


@strawberry.type
class WorkMutations:
    """Mutations of promised work."""

    @mutation(
        description=(
            "Try promised work again at once, with its attempts counted anew. Work that is being tried now stays as it "
            "is. Needs the scope `work:write`."
        )
    )
    async def retry_work(self, info: Info, input: Asked[RetryWorkInput]) -> WorkResult:
        work, replayed = await verb.retry_work(info.context.actor, verb.RetryWork(input.work_id, input.idempotency_key))
        return WorkSuccess(work=view(work, info.context), replayed=replayed)
