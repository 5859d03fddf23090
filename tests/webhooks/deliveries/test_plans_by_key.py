"""Statements that are planned by key find each delivery and attempt by its whole key, also where the tables had few
rows and no statistics when they were planned: the plan stays while they grow.
"""

import json
import re
from datetime import timedelta

import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.db.transaction import Transaction, transaction
from app.kernel.clock import utc_now
from app.webhooks.breaker import Breaker
from app.webhooks.deliveries import insert_deliveries, probe_endpoints
from app.webhooks.deliveries import record_attempts as record_attempts_module
from app.webhooks.deliveries.attempt_delivery import Outcome
from app.webhooks.deliveries.claim_deliveries import Wish, claim_deliveries, due_lanes, put_back
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.record_attempts import record_attempts
from app.webhooks.deliveries.send_request import Answer
from app.webhooks.deliveries.settle_deliveries import settle_deliveries
from app.webhooks.replays.make_due import make_due
from app.webhooks.retention.remove_batch import OldAttempts, OldDeliveries
from app.webhooks.retry_schedule import RetrySchedule
from app.webhooks.status import DeliveryStatus
from tests.plans import nodes_of, planned_by_key

URL = "http://127.0.0.1:9/hooks"
LEASE = Lease(timedelta(seconds=600), timedelta(seconds=15))
KEYS = {"webhook_deliveries": {"customer_id", "id"}, "webhook_attempts": {"customer_id", "delivery_id"}}


async def claim(actor):
    wishes = [Wish(lane, 2) for lane in await due_lanes()]
    return await claim_deliveries(actor.customer_id, wishes, lease=LEASE)


async def claim_and_put_back(actor, _endpoint):
    await put_back(await claim(actor))


async def claim_and_record(actor, _endpoint):
    for error in (None, "status: the receiver answered 500"):
        answer = Answer(duration_ms=1, status=500 if error else 200, error=error, body="")
        outcomes = [Outcome(one, utc_now(), answer) for one in await claim(actor)]
        await record_attempts(actor.customer_id, outcomes, schedule=RetrySchedule((5.0,)), breaker=Breaker())


async def settle(actor, endpoint):
    for status in ("DISABLED", "ENABLED"):
        await pool().execute("UPDATE webhook_endpoints SET status = $1", status)
        await settle_deliveries(actor, endpoint.id)


async def probe(actor, endpoint):
    async with transaction(by_key=True) as tx:
        await probe_endpoints._claim_first(tx, actor.customer_id, endpoint.id, LEASE)


async def suspend_probes(actor, _endpoint):
    async with transaction(by_key=True) as tx:
        await record_attempts_module._suspend(tx, actor.customer_id, [new_id()])


async def replay(actor, endpoint):
    async with transaction(by_key=True) as tx:
        await make_due(tx, actor.customer_id, endpoint.id, [new_id()], is_ordered=False, now=await tx.now())


async def remove(actor, _endpoint):
    for status in (DeliveryStatus.DELIVERED, DeliveryStatus.EXHAUSTED):
        await OldDeliveries(actor.customer_id, status, utc_now()).remove_batch()
    await OldAttempts(actor.customer_id, utc_now()).remove_batch()


async def nodes_by_key(sql):
    """All nodes of the plan that a connection keeps."""
    return list(nodes_of(json.loads(await planned_by_key(sql, "JSON"))[0]["Plan"]))


@pytest.mark.parametrize(
    ("step", "settings", "count"),
    [
        (claim_and_put_back, {}, 1),
        (claim_and_put_back, {"ordered": True}, 3),
        (claim_and_record, {}, 1),
        (claim_and_record, {"ordered": True}, 4),
        (settle, {}, 2),
        (probe, {}, 1),
        (suspend_probes, {}, 1),
        (replay, {}, 2),
        (remove, {}, 7),
    ],
)
async def test_looks_each_row_up_by_its_whole_key(actor, subscribe, fill, monkeypatch, step, settings, count):
    endpoint, _ = await subscribe(URL, **settings)
    await fill(endpoint, 2_000)
    await pool().execute("UPDATE webhook_deliveries SET is_ordered = $1", endpoint.ordered)
    statements = await statements_of(step(actor, endpoint), monkeypatch)
    looked_up = 0
    for sql in dict.fromkeys(one for one in statements if re.search("(UPDATE|DELETE FROM) webhook_(del|att)", one)):
        nodes = await nodes_by_key(sql)
        targets = {
            node["Alias"] for node in nodes if node["Node Type"] == "ModifyTable" and node["Relation Name"] in KEYS
        }
        for node in nodes:
            condition = node.get("Index Cond", "")
            is_of_target = node.get("Alias") in targets and node["Node Type"] not in {"ModifyTable", "Tid Scan"}
            if is_of_target or "(id = " in condition:
                table = node["Relation Name"]
                assert node["Index Name"] == f"{table}_pkey", node
                assert KEYS.get(table, {"customer_id", "id"}) <= set(re.findall(r"\((\w+) = ", condition)), node
                looked_up += table in KEYS
    assert looked_up == count


async def test_claims_by_the_place_of_the_row_also_in_an_empty_table(actor, subscribe, fill, monkeypatch):
    endpoint, _ = await subscribe(URL)
    await fill(endpoint, 1)
    statements = await statements_of(claim(actor), monkeypatch)
    [sql] = [one for one in statements if "UPDATE webhook_deliveries" in one]
    reads = [node["Node Type"] for node in await nodes_by_key(sql) if node.get("Alias") == "delivery_1"]
    assert reads == ["ModifyTable", "Tid Scan"]


async def test_reads_the_list_of_endpoints_once_and_not_for_each_row(actor, subscribe):
    await subscribe(URL)
    nodes = await nodes_by_key(insert_deliveries._PART_SQL)
    [told] = [node for node in nodes if node.get("Relation Name") == "webhook_endpoints"]
    conditions = f"{told.get('Index Cond')} {told.get('Filter')}"
    assert "id = ANY (" in conditions
    assert "$" not in conditions.split("ANY", 1)[1], "a text that is read again for each row"


async def statements_of(step, monkeypatch):
    """What this step runs within its transactions."""
    statements = []
    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        run = getattr(Transaction, name)

        async def note(tx, sql, *arguments, run=run):
            statements.append(sql)
            return await run(tx, sql, *arguments)

        monkeypatch.setattr(Transaction, name, note)
    await step
    monkeypatch.undo()
    return statements
