"""A customer, and promised work that fails."""

import pytest

from app.access.open_customer import open_customer
from app.access.operators import operator_actor
from app.db.connection import pool
from app.db.identifiers import new_id


@pytest.fixture
async def actor(database):
    return operator_actor((await open_customer("Example Ltd")).customer_id)


@pytest.fixture
def failing(actor):
    """Promise work that has failed so often; None: out of retries. Answers its id."""

    async def failing(attempts, *, by=None, kind="provision_ledger", resource_id=None, error="TimeoutError: no answer"):
        work_id = new_id()
        await pool().execute(
            """
            INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, attempt_count, next_attempt_at,
                                         last_error, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $5 = 'PENDING' THEN now() + interval '1 hour' END, $7,
                    clock_timestamp())
            """,
            (by or actor).customer_id,
            work_id,
            kind,
            resource_id or new_id(),
            "DEAD" if attempts is None else "PENDING",
            59 if attempts is None else attempts,
            error,
        )
        return work_id

    return failing
