import httpx
import pytest
from starlette.applications import Starlette

from app.api.rest.metrics import metrics_routes
from app.db.connection import pool
from app.nodes.open_customer import open_customer


@pytest.fixture
async def metrics(database):
    application = Starlette(routes=metrics_routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://localhost") as client:

        async def read():
            return await client.get("/metrics")

        yield read


async def test_counts_what_is_promised_and_what_waits_for_its_position(metrics):
    opened = await open_customer("Example Ltd")
    await pool().execute(
        """
        INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, created_at)
        VALUES ($1, gen_random_uuid(), 'provision_ledger', gen_random_uuid(), 'DEAD', now())
        """,
        opened.customer_id,
    )
    answer = await metrics()
    assert answer.status_code == 200
    lines = answer.text.splitlines()
    assert 'quaestor_work{kind="provision_ledger",status="DEAD"} 1.0' in lines
    assert "quaestor_unnumbered_events 3.0" in lines  # the key, the customer's own holder, and its OK


async def test_tells_nothing_of_whom(metrics):
    opened = await open_customer("Example Ltd")
    assert str(opened.customer_id) not in (await metrics()).text
