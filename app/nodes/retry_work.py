"""Have promised work tried again at once."""

from dataclasses import dataclass, replace

from app.db.identifiers import parse_id
from app.db.notifications import WORK_TOPIC
from app.db.transaction import transaction, whole_use_case
from app.events.record import Resource, record_event
from app.idempotency.reserve_key import reserve_key
from app.kernel.actor import Actor
from app.kernel.errors import Forbidden, NotFound
from app.nodes.work_events import WORK, WORK_RETRIED, describe_work
from app.outbox.failed_work import FailedWork, lock_work, make_due_anew, work_of

WRITE = "work:write"
WORK_ID_PATH = ("work_id",)


@dataclass(frozen=True, slots=True)
class RetryWork:
    """Which work is to be tried again."""

    work_id: str
    idempotency_key: str | None = None


@whole_use_case
async def retry_work(actor: Actor, command: RetryWork) -> tuple[FailedWork | None, bool]:
    """The work as it now is, and whether this was a replay; None if a replay finds it done.

    Its attempts are counted anew. Work that is due or being tried now stays as it is, so repeating this changes
    nothing.

    :raises NotFound: there is no such work; it may be done.
    :raises Invalid, IdempotencyMismatch, Forbidden: nothing happened.
    """
    refuse_holders(actor)
    actor.require(WRITE)
    work_id = parse_id(command.work_id, WORK_ID_PATH)
    async with transaction() as tx:
        content = replace(command, work_id=str(work_id))
        existing = await reserve_key(tx, actor, "retryWork", command.idempotency_key, content, work_id)
        row = await lock_work(tx, actor.customer_id, work_id)
        if existing is not None:
            return None if row is None else work_of(row), True
        if row is None:
            raise NotFound(f"There is no work {work_id} to be done: it may be done by now.", path=WORK_ID_PATH)
        is_under_way = row["lease_token"] is not None and row["waits"]
        if is_under_way or row["waits"] is False:
            return work_of(row), False
        work = await make_due_anew(tx, actor.customer_id, work_id)
        resource = Resource(WORK, work_id, work.retry_count)
        previous = {"status": row["status"]} if row["status"] != work.status.value else None
        await record_event(tx, actor, WORK_RETRIED, resource, describe_work(work), previous=previous)
        tx.wake([WORK_TOPIC])
    return work, False


def refuse_holders(actor: Actor) -> None:
    """Promised work is the customer's.

    :raises Forbidden: the actor is one holder's.
    """
    if actor.holder_id is not None:
        raise Forbidden("Promised work is the customer's: an access token of one holder cannot see or retry it.")
