"""What is stuck, and trying promised work again."""

import datetime as dt
from typing import Annotated

import strawberry

from app.api.graphql.context import Info
from app.api.graphql.described import (
    argument,
    described,
    described_enum,
    described_input,
    described_type,
    optional,
    union,
)
from app.api.graphql.errors import (
    ForbiddenError,
    IdempotencyError,
    LimitError,
    NotFoundError,
    ValidationError,
    mutation,
)
from app.api.graphql.find import NotSearched
from app.api.graphql.node import EXAMPLE_ID, Node
from app.api.graphql.paging import First, page_size
from app.api.graphql.reply import IDEMPOTENCY_KEY, REPLAYED, Asked, Reply
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

Kinds = Annotated[list[StuckKind] | None, argument("Only these kinds: `[PAYMENT, WORK]`.")]

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
@described_type("Work that was promised when something changed, and is done in the background.")
class PromisedWork:
    work_id: strawberry.ID = described(f"For `retryWork`: `{EXAMPLE_ID}`.")
    kind: str = described("Which work: `send_payment`.")
    task: str = described("The same in words: `Send the payment through its bank`.")
    resource_id: strawberry.ID = described(f"What it is for: `{EXAMPLE_ID}`.")
    status: WorkStatus = described("Whether it is tried again by itself: `PENDING`.")
    attempt_count: int = described("Attempts so far, since it was last retried by hand: `3`.")
    next_attempt_at: dt.datetime | None = described("When it is tried next; null: it is not.")
    last_error: str | None = described("What went wrong at last: `TimeoutError: no answer`.")
    created_at: dt.datetime = described("When it was promised: `2026-11-20T12:00:00.123456Z`.")


@shows(
    records.StuckItem,
    title=lambda item: None if item.shown.node is None else title_of(item.shown.node),
    node=lambda item: view(item.shown.node, item.context),
    work=lambda item: view(item.shown.work, item.context),
)
@described_type("Something that waits for somebody, or keeps failing.")
class StuckItem:
    kind: StuckKind = described("What it is: `PAYMENT`.")
    title: str | None = described("What the object is called: `10.00 GBP to Ada Lovelace`.")
    reason: str = described("Why it is stuck: `The holder is QUARANTINE.`")
    advice: str = described("What to do: `Review the holder (reviewHolder).`")
    since: dt.datetime = described("Since when, or nearly so: `2026-11-20T12:00:00.123456Z`.")
    node: Node | None = described("The object. Null where this key may not read it, or where there is none.")
    work: PromisedWork | None = described(
        "The work that fails, for `retryWork`. Null where none does, or without `work:read`."
    )


@shows(records.StuckCount)
@described_type("How much of a kind is stuck.")
class StuckCount:
    kind: StuckKind = described("What it is: `PAYMENT`.")
    count: int = described("How many, counted up to 10,000: `2`.")
    has_more: bool = described("Whether there are more than that: `false`.")


@shows(
    records.StuckWork,
    items=lambda stuck: [view(one, stuck.context) for one in stuck.shown.items],
    not_searched=lambda stuck: [view(one, stuck.context) for one in stuck.shown.not_searched],
)
@described_type("What of a customer is stuck.")
class StuckWork:
    items: list[StuckItem] = described(
        "Kind after kind, the newest of each first: up to `first` of each.", length=len(StuckKind)
    )
    not_searched: list[NotSearched] = described("The kinds that this key may not read.", length=len(StuckKind))
    shown: strawberry.Private[records.StuckWork]

    @described("How much there is of each kind that was searched.", length=len(StuckKind), work=WORK_OF_COUNTS)
    async def counts(self, info: Info) -> list[StuckCount]:
        counts = await count_stuck_work(info.context.actor, self.shown.searched)
        return [view(one, info.context) for one in counts]


@described_input("Promised work that is to be tried again at once.")
class RetryWorkInput:
    work_id: strawberry.ID = described(f"Which work: `{EXAMPLE_ID}`.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@described_type("The work, which is tried again at once.")
class WorkSuccess(Reply):
    work: PromisedWork | None = described("The work as it now is. Null: it is done by now.")
    replayed: bool = described(REPLAYED)


WorkResult = Annotated[
    WorkSuccess | ValidationError | NotFoundError | ForbiddenError | IdempotencyError | LimitError,
    union("WorkResult", "The work, or why nothing happened."),
]


@strawberry.type
class StuckWorkQueries:
    """The query of what is stuck."""

    @described(
        "What waits for somebody, or keeps failing, with the reason and what to do. Only what the key may read; "
        "not for one holder's token.",
        reads_several_times=True,
    )
    async def stuck_work(self, info: Info, kinds: Kinds = None, first: First = FIRST) -> StuckWork:
        stuck = await read_stuck_work(info.context.actor, kinds, limit=page_size(first, default=FIRST))
        return view(stuck, info.context)


@strawberry.type
class WorkMutations:
    """Mutations of promised work."""

    @mutation(
        "Try promised work again at once, with its attempts counted anew. Work that is being tried now stays as it "
        "is. Needs the scope `work:write`."
    )
    async def retry_work(self, info: Info, input: Asked[RetryWorkInput]) -> WorkResult:
        command = verb.RetryWork(input.work_id, input.idempotency_key)
        return WorkSuccess.of(await verb.retry_work(info.context.actor, command), info.context)
