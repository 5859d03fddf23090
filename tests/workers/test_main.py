"""The worker process does what is due, with Redis and without, and ends cleanly."""

import asyncio
import resource
import signal
from datetime import UTC, datetime

import httpx
import pytest

from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.outbox.promise import promise
from app.settings import load_settings
from app.webhooks.deliveries.send_request import OPEN_CONNECTIONS_MAX
from app.webhooks.replays.replay_webhooks import ReplayWebhooks, replay_webhooks
from tests.free_ports import free_port
from workers.main import FILES_BESIDE_CONNECTIONS


async def happen(actor):
    async with transaction() as tx:
        return await record_event(tx, actor, "ledger.updated", Resource("ledger", new_id(), 1), {})


async def recorded(status, count):
    async with asyncio.timeout(90):
        while await fetchval("SELECT count(*) FROM webhook_deliveries WHERE status = $1", status) < count:
            await asyncio.sleep(0.01)


def assert_quiet(worker):
    assert not [line for line in worker.lines if "Traceback" in line or " error " in line], worker.lines


async def test_delivers_what_was_committed_before_it_started(start_worker, actor, endpoint, receiver):
    event_id = await happen(actor)
    await start_worker()
    await receiver.got(event_id)
    await recorded("DELIVERED", 1)
    assert receiver.ids == [str(event_id)]


@pytest.mark.thorough
async def test_delivers_through_jobs_of_redis(start_worker, actor, endpoint, receiver, redis, announcing):
    worker = await start_worker(redis_url=redis.url)
    await worker.says("Redis is connected")
    events = [await happen(actor) for _ in range(5)]
    await receiver.got(*events)
    await recorded("DELIVERED", 5)
    assert sorted(receiver.ids) == sorted(map(str, events))
    assert_quiet(worker)


@pytest.mark.thorough
async def test_goes_on_without_redis_and_takes_it_back(start_worker, actor, endpoint, receiver, redis, announcing):
    worker = await start_worker(redis_url=redis.url)
    await worker.says("Redis is connected")
    redis.stop()
    await worker.says("Redis cannot be reached")
    event_id = await happen(actor)
    await receiver.got(event_id)
    redis.start()
    await worker.says("Redis is back")
    again = await happen(actor)
    await receiver.got(again)
    assert_quiet(worker)


@pytest.mark.thorough
async def test_starts_without_redis(start_worker, actor, endpoint, receiver, tmp_path):
    worker = await start_worker(redis_url=f"unix://{tmp_path}/nowhere.sock")
    event_id = await happen(actor)
    await receiver.got(event_id)
    await worker.says("Redis cannot be reached")
    assert sum("Redis" in line for line in worker.lines) == 1
    assert_quiet(worker)


@pytest.mark.thorough
async def test_works_without_redis_and_says_so_once(start_worker, actor, endpoint, receiver, announcing):
    worker = await start_worker()
    event_id = await happen(actor)
    await receiver.got(event_id)
    assert sum("REDIS_URL is not set: PostgreSQL alone wakes this worker" in line for line in worker.lines) == 1
    assert sum("Redis" in line or "REDIS" in line for line in worker.lines) == 1
    assert_quiet(worker)


@pytest.mark.thorough
async def test_finds_what_no_notification_told_of(start_worker, actor, endpoint, receiver):
    await start_worker()
    event_id = await happen(actor)  # This process announces nothing.
    await receiver.got(event_id)


@pytest.mark.thorough
async def test_survives_the_end_of_its_database_connections(start_worker, actor, endpoint, receiver, announcing):
    worker = await start_worker()
    first = await happen(actor)
    await receiver.got(first)
    for _ in range(3):
        await pool().execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'quaestor-worker%'"
        )
        event_id = await happen(actor)
        await receiver.got(event_id)
    assert worker.process.returncode is None
    assert not [line for line in worker.lines if "Traceback" in line], "\n".join(worker.lines)


@pytest.mark.thorough
async def test_waits_for_a_database_that_is_not_there_yet(start_worker, tmp_path):
    worker = await start_worker(ready=False, DATABASE_URL=f"postgresql:///none?host={tmp_path}")
    await worker.says("no database yet")
    worker.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(worker.process.wait(), 60) == 0


@pytest.mark.thorough
async def test_refuses_a_database_that_forgets_commits_in_live(start_worker):
    worker = await start_worker(ready=False, QUAESTOR_ENVIRONMENT="LIVE", QUAESTOR_WEBHOOK_ALLOW_HTTP="false")
    assert await asyncio.wait_for(worker.process.wait(), 60) == 2
    await worker.says("fsync is off")
    assert_quiet(worker)


async def test_answers_metrics_on_a_port_of_its_own(start_worker, actor, endpoint, receiver):
    port = free_port()
    worker = await start_worker(QUAESTOR_WORKER_METRICS_PORT=str(port))
    await receiver.got(await happen(actor))
    await recorded("DELIVERED", 1)
    async with httpx.AsyncClient(trust_env=False, timeout=60, base_url=f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/healthz")).json()["status"] == "ok"
        lines = (await client.get("/metrics")).text.splitlines()
        assert 'quaestor_delivery_attempts_total{outcome="delivered",stage=""} 1.0' in lines
        assert 'quaestor_delivery_seconds_bucket{le="+Inf"} 1.0' in lines
        assert "quaestor_due_deliveries 0.0" in lines
        assert 'quaestor_webhook_endpoints{status="ENABLED"} 1.0' in lines
        worker.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(worker.process.wait(), 60) == 0
        with pytest.raises(httpx.ConnectError):
            await client.get("/healthz")
    assert_quiet(worker)


@pytest.mark.thorough
async def test_removes_old_deliveries_and_carries_replays_out(start_worker, actor, endpoint, receiver):
    event_id = await happen(actor)
    worker = await start_worker(QUAESTOR_RETENTION_DELIVERED_DAYS="0.00001")  # Less than a second.
    await receiver.got(event_id)
    async with asyncio.timeout(90):
        while not receiver.ids or await fetchval("SELECT count(*) FROM webhook_deliveries"):
            await asyncio.sleep(0.01)
        await replay_webhooks(actor, ReplayWebhooks(str(endpoint.id), since=datetime(2020, 1, 1, tzinfo=UTC)))
        while receiver.ids.count(str(event_id)) < 2:
            await asyncio.sleep(0.01)
    assert_quiet(worker)


@pytest.mark.thorough
async def test_does_promised_work(start_worker, actor):
    async with transaction() as tx:
        await promise(tx, actor, "screen_holder", new_id())
    worker = await start_worker()
    async with asyncio.timeout(90):
        # A holder that does not exist: whichever way the verb takes it, the message was claimed.
        while await fetchval("SELECT count(*) FROM outbox_messages WHERE attempt_count = 0"):
            await asyncio.sleep(0.01)
    assert worker.process.returncode is None


@pytest.mark.thorough
@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_ends_cleanly_after_what_is_under_way(start_worker, actor, endpoint, receiver, name):
    receiver.hold = asyncio.Event()
    event_id = await happen(actor)
    worker = await start_worker()
    await receiver.got(event_id)
    worker.process.send_signal(name)
    await asyncio.sleep(0.2)
    receiver.hold.set()
    assert await asyncio.wait_for(worker.process.wait(), 60) == 0
    assert await fetchval("SELECT status FROM webhook_deliveries") == "DELIVERED"
    assert_quiet(worker)


@pytest.mark.thorough
async def test_gives_back_what_cannot_end_in_time(start_worker, actor, endpoint, receiver):
    receiver.hold = asyncio.Event()
    event_id = await happen(actor)
    worker = await start_worker()
    await receiver.got(event_id)
    worker.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(worker.process.wait(), 60) == 0
    row = await pool().fetchrow("SELECT status, attempt_count, lease_token FROM webhook_deliveries")
    assert tuple(row) == ("PENDING", 0, None)
    receiver.hold.set()


@pytest.mark.thorough
async def test_takes_over_from_a_worker_that_was_killed(start_worker, actor, endpoint, receiver):
    receiver.hold = asyncio.Event()
    event_id = await happen(actor)
    killed = await start_worker()
    await receiver.got(event_id)
    await killed.end()
    receiver.hold = None
    receiver.ids.clear()
    await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now()")  # The lease ends.
    await start_worker()
    await receiver.got(event_id)
    await recorded("DELIVERED", 1)


@pytest.mark.thorough
async def test_delivers_each_once_with_three_workers(start_worker, actor, endpoint, receiver, redis, announcing):
    for _ in range(3):
        await start_worker(redis_url=redis.url)
    events = []
    for _ in range(10):
        events += await asyncio.gather(*(happen(actor) for _ in range(10)))
    await receiver.got(*events)
    await recorded("DELIVERED", 100)
    assert sorted(receiver.ids) == sorted(map(str, events))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("environment", "code", "line"),
    [
        ({"DATABASE_URL": ""}, 3, "DATABASE_URL"),
        ({"QUAESTOR_SECRET_KEY": "short"}, 2, "QUAESTOR_SECRET_KEY"),
        ({"QUAESTOR_WORK_LEASE_SECONDS": "soon"}, 2, "QUAESTOR_WORK_LEASE_SECONDS"),
        (
            {"QUAESTOR_ENVIRONMENT": "LIVE", "QUAESTOR_WEBHOOK_ALLOW_HTTP": "true"},
            2,
            "QUAESTOR_WEBHOOK_ALLOW_HTTP is true",
        ),
    ],
)
async def test_refuses_wrong_settings_with_a_line(start_worker, environment, code, line):
    worker = await start_worker(ready=False, **environment)
    assert await asyncio.wait_for(worker.process.wait(), 60) == code
    await worker.says(line)


@pytest.mark.thorough
async def test_tells_of_no_fault_when_it_is_ended_in_the_midst_of_work(start_worker, actor, endpoint, receiver, redis):
    """Deliveries, promised work and numbering are under way, each time at another point."""
    for pause_seconds, redis_url in ((0.0, None), (0.05, redis.url), (0.2, redis.url), (0.4, None)):
        async with transaction() as tx:
            for _ in range(40):
                await promise(tx, actor, "screen_holder", new_id())
        first = await happen(actor)
        for _ in range(60):
            await happen(actor)
        worker = await start_worker(redis_url=redis_url)
        await receiver.got(first)
        await asyncio.sleep(pause_seconds)
        worker.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(worker.process.wait(), 60) == 0
        assert worker.lines[-1].endswith("the worker has stopped; what it had not begun is left to others")
        # The holders that are not there are a fault, and one of ours: everything else is none.
        faults = [line for line in worker.lines if " warning " in line or " error " in line or "Traceback" in line]
        assert [line for line in faults if "screen_holder of" not in line] == []


@pytest.mark.thorough
async def test_may_open_as_many_files_as_its_connections_need(start_worker):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1_024), hard))
    try:
        worker = await start_worker()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    wanted = OPEN_CONNECTIONS_MAX + load_settings().database_pool_size + FILES_BESIDE_CONNECTIONS
    allowed, _ = resource.prlimit(worker.process.pid, resource.RLIMIT_NOFILE)
    assert allowed == (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard))
    assert any("webhooks to many endpoints at once may need" in line for line in worker.lines) is (allowed < wanted)
