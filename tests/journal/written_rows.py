"""What batches have written, so that two customers with the same story can be compared."""

from app.db.connection import fetch
from app.events.event import EVENT_SQL
from app.events.posted_transfer import body_of


async def written_rows(customer_id):
    """Everything that a batch writes, without ids and times, but with which times are the same."""
    of_transfer = await fetch("SELECT * FROM transfers WHERE customer_id = $1 ORDER BY debit_sequence", customer_id)
    events = await fetch(
        f"""
        SELECT event.*, q.type AS queued, q.holder_id = event.holder_id AS same, q.debit_id AS q_debit,
               q.credit_id AS q_credit,
               q.occurred_at AS queued_at
        FROM unnumbered_events AS q
        JOIN (SELECT {EVENT_SQL} FROM events AS event) AS event
            ON event.customer_id = q.customer_id AND event.id = q.event_id
        WHERE q.customer_id = $1 AND q.type = 'transfer.posted' ORDER BY q.insertion
        """,
        customer_id,
    )
    events = [{**row, "body": body_of(row), "facts": None} for row in events]
    keys = await fetch("SELECT * FROM idempotency_keys WHERE customer_id = $1 ORDER BY key", customer_id)
    accounts = await fetch("SELECT * FROM posting_accounts WHERE customer_id = $1 ORDER BY id", customer_id)
    ids = {}
    for row in (*accounts, *of_transfer, *events):
        ids.setdefault(str(row["id"]), f"id-{len(ids)}")
    ids[str(customer_id)] = "customer"
    posted_at = {row["posted_at"] for row in of_transfer}
    instants = {one: f"at-{number}" for number, one in enumerate(sorted(posted_at))}

    def told(name, value):
        if name in {"created_at", "command_hash"}:
            return None
        text = str(value)
        for one, short in ids.items():
            text = text.replace(one, short)
        for one, short in instants.items():
            text = text.replace(str(one), short).replace(one.isoformat(timespec="microseconds")[:-6] + "Z", short)
        return text

    return [
        [(name, told(name, value)) for name, value in row.items()] for row in (*accounts, *of_transfer, *events, *keys)
    ]
