"""`/metrics`: the same cost however much there is, and only for who may read it."""

import asyncio
import json

import httpx
import pytest
from starlette.applications import Starlette

from app.access.open_customer import open_customer
from app.api.operations import health
from app.api.operations import metrics as module
from app.api.operations.metrics import metrics_routes, process_counts
from app.api.server.refusals import Refusal, Refusals
from app.db.connection import fetchval, pool
from app.settings import Settings, Sibling

KEY = "a key of the metrics"


def client_of(settings, **options):
    application = Starlette(routes=metrics_routes(settings, process_counts(), **options))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://localhost")


@pytest.fixture
async def metrics(database, monkeypatch):
    monkeypatch.setattr(module, "GOOD_FOR_SECONDS", 0)
    async with client_of(Settings(), is_own_port=True) as client:

        async def read():
            return await client.get("/metrics")

        yield read


async def promise_work(customer_id, count, *, kind="provision_ledger", status="PENDING", due="now()"):
    await pool().execute(
        f"""
        INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, next_attempt_at, created_at)
        SELECT $1, gen_random_uuid(), $3, gen_random_uuid(), $4, {due}, now() FROM generate_series(1, $2)
        """,
        customer_id,
        count,
        kind,
        status,
    )


async def add_deliveries(customer_id, counts):
    """So many open deliveries of each status, to one endpoint."""
    endpoint_id = await fetchval(
        """
        INSERT INTO webhook_endpoints (customer_id, id, url, status, event_types, payload, ordered, scopes,
                                       first_position, created_at, updated_at)
        VALUES ($1, gen_random_uuid(), 'https://example.com', 'ENABLED', '{}', 'FULL', false, '{*}', 0, now(), now())
        RETURNING id
        """,
        customer_id,
    )
    for status, count in counts.items():
        await pool().execute(
            """
            INSERT INTO webhook_deliveries (customer_id, id, endpoint_id, message_id, event_id, event_type,
                                            resource_type, resource_id, feed_position, payload, status, attempt_count,
                                            next_attempt_at, created_at, updated_at)
            SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), gen_random_uuid(), 'ledger.created', 'ledger', $1, 1,
                   'FULL', $3, CASE $3 WHEN 'PENDING' THEN 0 ELSE 1 END,
                   CASE WHEN $3 IN ('PENDING', 'RETRYING') THEN now() END, now(), now()
            FROM generate_series(1, $4)
            """,
            customer_id,
            endpoint_id,
            status,
            count,
        )


async def test_counts_what_is_promised_and_what_waits_for_its_position(metrics):
    opened = await open_customer("Example Ltd")
    await promise_work(opened.customer_id, 1, status="DEAD", due="NULL")
    await promise_work(opened.customer_id, 2, kind="obtain_iban", due="now() - interval '1 hour'")
    await pool().execute(
        "UPDATE outbox_messages SET last_error = 'x' WHERE customer_id = $1 AND id = "
        "(SELECT max(id::text)::uuid FROM outbox_messages WHERE customer_id = $1 AND kind = 'obtain_iban')",
        opened.customer_id,
    )
    await add_deliveries(opened.customer_id, {"PENDING": 2, "RETRYING": 3, "DELIVERED": 4})
    answer = await metrics()
    assert answer.status_code == 200
    lines = answer.text.splitlines()
    assert 'quaestor_work{kind="provision_ledger",status="DEAD"} 1.0' in lines
    assert 'quaestor_work{kind="obtain_iban",status="PENDING"} 2.0' in lines
    [overdue] = [line for line in lines if line.startswith('quaestor_work_overdue_seconds{kind="obtain_iban"')]
    assert 3600 <= float(overdue.split()[-1]) < 4000
    assert "quaestor_unnumbered_events 3.0" in lines  # the key, the customer's own holder, and its OK
    assert 'quaestor_open_deliveries{status="PENDING"} 2.0' in lines
    assert 'quaestor_open_deliveries{status="RETRYING"} 3.0' in lines
    assert 'quaestor_work_failed_before{kind="obtain_iban",status="PENDING"} 1.0' in lines
    [oldest] = [line for line in lines if line.startswith("quaestor_unnumbered_events_oldest_seconds ")]
    assert 0 < float(oldest.split()[-1]) < 1000
    [memory] = [line for line in lines if line.startswith("process_resident_memory_bytes ")]
    assert float(memory.split()[-1]) > 1_000_000


async def test_counts_no_further_than_its_limit(metrics, monkeypatch):
    monkeypatch.setattr(module, "COUNTED_MAX", 10)
    opened = await open_customer("Example Ltd")
    await promise_work(opened.customer_id, 25)
    await promise_work(opened.customer_id, 25, status="DEAD", due="NULL")
    await add_deliveries(opened.customer_id, {"PENDING": 25, "RETRYING": 25})
    await pool().execute(
        """
        INSERT INTO unnumbered_events (customer_id, event_id, type, resource_type, resource_id, occurred_at)
        SELECT $1, gen_random_uuid(), 'ledger.created', 'ledger', $1, now() FROM generate_series(1, 25)
        """,
        opened.customer_id,
    )
    lines = (await metrics()).text.splitlines()
    assert 'quaestor_work{kind="provision_ledger",status="PENDING"} 10.0' in lines
    assert 'quaestor_work{kind="provision_ledger",status="DEAD"} 10.0' in lines
    assert 'quaestor_open_deliveries{status="PENDING"} 10.0' in lines
    assert "quaestor_unnumbered_events 10.0" in lines


@pytest.mark.thorough
async def test_reads_no_more_however_many_there_are(database, monkeypatch):
    """As many blocks of tables and indexes with 40,000 rows of each sort as with 2,000."""
    monkeypatch.setattr(module, "COUNTED_MAX", 1_000)
    opened = await open_customer("Example Ltd")
    blocks = []
    for count in (2_000, 38_000):
        await promise_work(opened.customer_id, count)
        await promise_work(opened.customer_id, count, status="DEAD", due="NULL")
        await add_deliveries(opened.customer_id, {"RETRYING": count, "EXHAUSTED": count})
        await pool().execute("VACUUM ANALYZE outbox_messages")
        await pool().execute("VACUUM ANALYZE webhook_deliveries")
        blocks.append(sum([await blocks_touched(sql, *given) for sql, given in await statements_of()]))
    assert blocks[1] < 1.5 * blocks[0], blocks


async def statements_of():
    """What one scrape asks, with its arguments."""
    asked = []

    def note(record):
        asked.append((record.query, record.args))

    connection = await pool().acquire()
    connection.add_query_logger(note)
    await pool().release(connection)  # And it is lent again to whoever asks next.
    await module._read()
    connection = await pool().acquire()
    connection.remove_query_logger(note)
    await pool().release(connection)
    assert len(asked) == 5
    return asked


async def blocks_touched(sql, *given):
    [plan] = json.loads(await fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *given))
    return plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]


async def test_asks_the_database_once_for_sixty_who_scrape_at_once(database, monkeypatch):
    scrapes = []
    original = module._read

    async def counted():
        scrapes.append(None)
        return await original()

    monkeypatch.setattr(module, "_read", counted)
    monkeypatch.setattr(module, "GOOD_FOR_SECONDS", 3600)
    async with client_of(Settings(), is_own_port=True) as client:
        answers = await asyncio.gather(*(client.get("/metrics") for _ in range(60)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(scrapes) == 1


async def test_tells_nothing_of_whom(metrics):
    opened = await open_customer("Example Ltd")
    assert str(opened.customer_id) not in (await metrics()).text


async def test_is_off_on_the_port_of_the_api_without_a_key(monkeypatch):
    monkeypatch.setattr(module, "_read", None)
    async with client_of(Settings()) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 404
    assert answer.text.startswith("Metrics are off here: set QUAESTOR_METRICS_KEY, ")


@pytest.mark.parametrize("is_own_port", [False, True])
@pytest.mark.parametrize("sent", [None, "Bearer another key of it", f"API-Key {KEY}", f"Bearer {KEY}x", "Bearer", KEY])
async def test_refuses_who_does_not_send_the_key(monkeypatch, is_own_port, sent):
    monkeypatch.setattr(module, "_read", None)
    async with client_of(Settings(QUAESTOR_METRICS_KEY=KEY.replace(" ", "-")), is_own_port=is_own_port) as client:
        answer = await client.get("/metrics", headers={} if sent is None else {"Authorization": sent})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("is_own_port", [False, True])
async def test_answers_who_sends_the_key(database, is_own_port):
    key = KEY.replace(" ", "-")
    async with client_of(Settings(QUAESTOR_METRICS_KEY=key), is_own_port=is_own_port) as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")


async def test_tells_what_it_can_while_the_database_is_away(monkeypatch):
    class Away:
        def __getattr__(self, name):
            raise OSError

    monkeypatch.setattr("app.api.operations.health.pool", Away)
    monkeypatch.setattr("app.api.operations.metrics.fetch", _away)
    monkeypatch.setattr("app.outbox.inspect_work.fetch", _away)
    async with client_of(Settings(), is_own_port=True) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    lines = answer.text.splitlines()
    assert 'quaestor_check_failing{check="database"} 1.0' in lines
    assert 'quaestor_check_failing{check="disk"}' not in answer.text
    assert 'quaestor_refusals_total{reason="large_head"} 0.0' in lines
    assert "quaestor_unnumbered_events" not in answer.text


async def _away(*_arguments):
    raise OSError


async def test_tells_what_it_can_while_the_database_does_not_answer(database, monkeypatch):
    answers = asyncio.Event()

    async def hangs():
        await answers.wait()
        return []

    monkeypatch.setattr(module, "_read", hangs)
    monkeypatch.setattr(module, "READ_WITHIN_SECONDS", 0.01)
    async with client_of(Settings(), is_own_port=True) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert "quaestor_posting_queue 0.0" in answer.text.splitlines()
    answers.set()
    await asyncio.sleep(0)


async def test_tells_which_check_fails(database, monkeypatch):
    async def full():
        return "full"

    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 60)
    monkeypatch.setattr(health, "LOOP_LAG_SECONDS_MAX", 60)
    monkeypatch.setattr(health, "_disk", full)
    async with client_of(Settings(), is_own_port=True) as client:
        lines = (await client.get("/metrics")).text.splitlines()
    assert [line for line in lines if line.startswith("quaestor_check_failing{")] == [
        'quaestor_check_failing{check="event_loop"} 0.0',
        'quaestor_check_failing{check="database"} 0.0',
        'quaestor_check_failing{check="schema"} 0.0',
        'quaestor_check_failing{check="secret_key"} 0.0',
        'quaestor_check_failing{check="disk"} 1.0',
    ]


async def test_counts_what_was_refused_before_a_door_was_asked(metrics, monkeypatch):
    monkeypatch.setattr(module, "refusals", refusals := Refusals())
    refusals.note(Refusal.SLOW_HEAD, "192.0.2.7")
    refusals.note(Refusal.SLOW_HEAD, "192.0.2.8")
    told = (await metrics()).text
    assert 'quaestor_refusals_total{reason="slow_head"} 2.0' in told
    assert 'quaestor_refusals_total{reason="large_head"} 0.0' in told


async def test_says_that_the_counts_of_several_cannot_be_written(database, monkeypatch, tmp_path):
    for name, value in Sibling(1, tmp_path / "gone").environment.items():
        monkeypatch.setenv(name, value)
    async with client_of(Settings(), is_own_port=True) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 503
    assert answer.text == (
        f"the counts cannot be written to {tmp_path / 'gone' / 'counts-1.json'}: No such file or directory\n"
    )
