"""A worker whose settings forbid what was allowed where an endpoint was made uses up no attempt: others may send it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.db.connection import fetchrow, fetchval, pool
from tests.webhooks.conftest import EGRESS
from tests.webhooks.deliveries.test_send_request import resolving_to


@pytest.fixture
def drain(pipelines):
    async def run(egress):
        async with asyncio.timeout(60):
            await pipelines(waits=(5.0, 30.0), egress=egress).drain(budget_seconds=60)

    return run


@pytest.mark.parametrize(
    "others",
    [replace(EGRESS, allows_http=False), replace(EGRESS, allowed_networks=())],
    ids=["no plain http", "no private networks"],
)
async def test_puts_the_delivery_off(subscribe, receiver, happen, drain, caplog, others):
    await subscribe(receiver.url, event_types=["ledger.*"])
    await happen()
    await drain(others)
    row = await fetchrow("SELECT status, attempt_count, next_attempt_at - now() AS wait FROM webhook_deliveries")
    assert (row["status"], row["attempt_count"]) == ("PENDING", 0)
    assert timedelta(seconds=20) < row["wait"] <= timedelta(seconds=30)
    assert await fetchval("SELECT count(*) FROM webhook_attempts") == 0
    [told] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "this worker's settings forbid what others allowed: " in told
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now()")
    await drain(EGRESS)
    assert len(receiver.received) == 1
    assert await fetchval("SELECT status FROM webhook_deliveries") == "DELIVERED"


async def test_puts_it_off_for_a_port_of_a_name(subscribe, happen, drain, monkeypatch):
    resolving_to(monkeypatch, "93.184.216.34")
    await subscribe("https://hooks.example.com:8443/", event_types=["ledger.*"])
    await happen()
    await drain(replace(EGRESS, allowed_ports=((443, 443),)))
    assert await fetchval("SELECT attempt_count FROM webhook_deliveries") == 0


async def test_counts_an_attempt_at_a_name_that_became_private(subscribe, happen, drain, monkeypatch):
    """That is not for our settings to say: it may be the receiver's own doing."""
    resolving_to(monkeypatch, "93.184.216.34")
    await subscribe("https://hooks.example.com/", event_types=["ledger.*"])
    await happen()
    resolving_to(monkeypatch, "10.0.0.1")
    await drain(EGRESS)
    assert await fetchval("SELECT attempt_count FROM webhook_deliveries") == 1
    assert (await fetchval("SELECT error FROM webhook_attempts")).startswith("blocked: Webhooks cannot go to ")
