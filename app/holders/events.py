"""The data of a holder's events: ids, kind, status, missing data and metadata. Never personal data."""

from typing import Any

from app.db.connection import Record
from app.kernel.clock import rfc3339
from app.lifecycle.advance import Noun


def describe_holder(row: Record) -> dict[str, Any]:
    """An event's `data`."""
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "status": row["status"],
        "status_reason": row["status_reason"],
        "missing_data": list(row["missing_data"]),
        "metadata": row["metadata"],
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
        "version": row["version"],
    }


HOLDER_NOUN = Noun("holder", "holders", describe_holder, lambda row: row["id"])
