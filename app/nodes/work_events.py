"""The data of events about promised work."""

from typing import Any

from app.kernel.clock import rfc3339
from app.outbox.failed_work import FailedWork

WORK = "work"
"""The resource type."""
WORK_RETRIED = "work.retried"


def describe_work(work: FailedWork) -> dict[str, Any]:
    """An event's `data`. What failed is left out: the bank's words may name people."""
    return {
        "id": str(work.id),
        "kind": work.kind,
        "resource_id": str(work.resource_id),
        "status": work.status.value,
        "retry_count": work.retry_count,
        "created_at": rfc3339(work.created_at),
    }
