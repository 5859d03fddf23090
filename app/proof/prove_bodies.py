"""Prove that the events whose body is not stored are told, to the byte, as they were when their transfer was posted."""

from uuid import UUID

from app.db.connection import Connection, Record
from app.events.posted_transfer import FACTS_SQL, checksum_of, is_format, without_time
from app.proof.findings import Finding, Findings

RULE = "event-transfer"
ROWS_PER_PAGE = 1_000

_BODIES_SQL = f"""
    SELECT event.id, event.resource_id, event.body_format, event.body_checksum, {FACTS_SQL} AS facts,
           event.occurred_at = posted.posted_at AS is_of_its_time
    FROM events AS event
    JOIN transfers AS posted ON posted.customer_id = event.customer_id AND posted.id = event.resource_id
    WHERE event.customer_id = $1 AND event.body_format IS NOT NULL
"""


async def prove_bodies(connection: Connection, customer_id: UUID, findings: Findings, *, seconds_max: float) -> None:
    """Make each body of a customer again, in the open snapshot, and compare it with its checksum. Events without a
    transfer are found by the rule of the same name.
    """
    rows = connection.cursor(_BODIES_SQL, customer_id, prefetch=ROWS_PER_PAGE, timeout=seconds_max)
    async for row in rows:
        if not _is_as_told(row):
            stored, expected = f"transfer.posted of {row['resource_id']}", "what the transfer is, in its body"
            findings.add(Finding(customer_id, RULE, "event", str(row["id"]), stored, expected))


def _is_as_told(row: Record) -> bool:
    body_format = row["body_format"]
    if not row["is_of_its_time"] or not is_format(body_format):
        return False
    try:
        body = without_time(body_format, row["facts"])
    except ValueError:  # An amount that is no number.
        return False
    return bool(checksum_of(body) == row["body_checksum"])
