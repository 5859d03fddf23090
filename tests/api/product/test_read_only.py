"""On a database that is read-only every query is answered, or says what it cannot do now."""

import asyncio
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.api import masking
from app.db.connection import fetchval
from app.journal import coalescer
from app.kernel.clock import rfc3339
from app.kernel.outage import Outage
from app.main import create_app
from app.settings import LOOPBACK_NETWORKS, load_settings
from tests.api.product.calls import EXAMPLES
from tests.api.product.conftest import Client, Subscriber
from tests.api.product.objects import objects_of
from tests.api.rest.conftest import GBP_LEDGER, RestClient
from tests.empty_tables import empty_all_tables
from tests.promised_work import PromisedWork

NOTHING_DONE = "The database is read-only now, so nothing was done: ask again later, with the same idempotency key."
REFUSED_BEFORE_THEY_WRITE: set[str] = set()
READ_ONLY = "default_transaction_read_only=on"
QUERIES = [
    (name, number)
    for name, example in EXAMPLES.items()
    if not name.startswith(("Mutation.", "Subscription."))
    for number in range(len(example.calls))
]
EVENTS = """query ($after: String) { events(first: 1000, after: $after) {
    nodes { type resourceId } pageInfo { hasNextPage endCursor } } }"""
CHANGES = """query ($after: String) { ledgerChanges(first: 1000, after: $after) {
    nodes { type ledger { id } } pageInfo { hasNextPage endCursor } } }"""
HAPPENING = "subscription ($after: String) { events(after: $after) { cursor event { resourceId } } }"
BALANCE = "query ($id: ID!, $at: DateTime!) { ledger(id: $id) { balanceAt(at: $at) { value } } }"


def settings_of(url):
    return load_settings(
        database_url=url,
        database_pool_size=20,
        secret_key="a key of the settings for the tests",
        simulator_delay_seconds=0,
        webhook_allow_http=True,
        webhook_allowed_networks=LOOPBACK_NETWORKS,
    )


@asynccontextmanager
async def serving(url, *who):
    """The API on this database, asked by a customer: `who`, or a new one of an empty database."""
    made = create_app(settings_of(url))
    async with made.app.router.lifespan_context(made):
        if not who:
            await empty_all_tables()
            opened = await open_customer("Example Ltd")
            who = opened.api_key, opened.customer_id
        yield Client(made, *who)
        await finish_noting_last_use()


async def unnumbered():
    return await fetchval("SELECT count(*) FROM unnumbered_events")


@pytest.fixture(scope="module")
async def left(migrated_url):
    """What a customer left: its key and id, its objects, and the ledger that was issued last, which is not settled."""
    async with serving(migrated_url) as client:
        ids = await objects_of(client, PromisedWork(settings_of(migrated_url)))
        late = await client.issue_ledger()
    return (client.api_key, client.customer_id), ids, late


@pytest.fixture
async def client(migrated_url, left):
    async with serving(f"{migrated_url}&{READ_ONLY}", *left[0]) as client:
        assert await fetchval("SHOW transaction_read_only") == "on"
        yield client


async def test_answers_every_query(client, left):
    _, ids, _ = left
    ids = {**ids, "own_holder": ids["holder"], "own_unassigned": ids["unassigned"], "own_wallet": ids["wallet"]}
    for name, number in QUERIES:
        call = EXAMPLES[name].calls[number]
        body = await client.ask(call.document, **call.variables(ids))
        if call.missing != "VALIDATION":
            assert "errors" not in body, (name, body)
            assert body["data"]["answer"] is not None or name == "Query.booksClosedThrough", (name, number)
        assert [error for error in body.get("errors", ()) if error["extensions"]["code"] != "VALIDATION"] == []


async def test_says_of_every_mutation_that_nothing_was_done(client, left, monkeypatch, caplog):
    """But of those that there is another reason to refuse, or nothing to do for."""
    monkeypatch.setattr(coalescer._Process, "coalescer", coalescer.Coalescer(away_seconds_max=0))
    monkeypatch.setattr(masking, "_refused_writes", Outage(masking.logger))
    _, ids, _ = left
    ids = {**ids, "own_holder": ids["holder"], "own_unassigned": ids["unassigned"]}
    mutations = {name: example for name, example in EXAMPLES.items() if name.startswith("Mutation.")}
    refused = set()
    for name, example in mutations.items():
        for call in example.calls:
            body = await client.ask(call.document, **call.variables(ids))
            for error in body.get("errors", ()):
                assert error["message"] == NOTHING_DONE, (name, body)
                assert error["extensions"]["code"] == "UNAVAILABLE"
                refused.add(name)
    assert mutations.keys() - refused <= REFUSED_BEFORE_THEY_WRITE
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    told = [
        record for record in caplog.records if NOTHING_DONE in record.getMessage() and record.name == "quaestor.api"
    ]
    assert len(told) == 1


async def test_says_the_same_over_rest(client, left, monkeypatch):
    monkeypatch.setattr(coalescer._Process, "coalescer", coalescer.Coalescer(away_seconds_max=0))
    rest = RestClient(client.application, client.api_key)
    _, ids, _ = left
    credit = {"ledger_id": ids["gold"], "amount": 1}
    for path, body, key in (("ledgers", GBP_LEDGER, None), ("transactions/manual-credit", credit, "a key")):
        answer = await rest.call("POST", f"/v1/customer/{path}", body, key=key)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), answer.text
        [fault] = answer.json()["errors"]
        assert (fault["code"], fault["message"]) == ("UNAVAILABLE", NOTHING_DONE)


async def test_reads_the_feed_as_far_as_it_is_numbered_and_goes_on_later(left, migrated_url):
    who, _, _ = left
    async with serving(migrated_url, *who) as client:
        end = (await client.data("{ feedEnd }"))["feedEnd"]
        late = await client.issue_ledger()
        assert await unnumbered() == 1
    async with serving(f"{migrated_url}&{READ_ONLY}", *who) as client:
        assert (await client.data("{ feedEnd }"))["feedEnd"] == end
        for document, name in ((EVENTS, "events"), (CHANGES, "ledgerChanges")):
            page = (await client.data(document))[name]
            assert len(page["nodes"]) > 1
            assert page["pageInfo"] == {"hasNextPage": False, "endCursor": end}
            page = (await client.data(document, after=end))[name]
            assert page == {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": end}}
        assert await unnumbered() == 1
    async with serving(migrated_url, *who) as client:
        page = (await client.data(EVENTS, after=end))["events"]
        assert page["nodes"] == [{"type": "ledger.created", "resourceId": late}]
        assert await unnumbered() == 0


async def test_finds_what_the_feed_does_not_tell_yet(client, left):
    _, _, late = left
    assert await client.data("query ($id: ID!) { ledger(id: $id) { id } }", id=late) == {"ledger": {"id": late}}
    document = '{ ledgers(filter: { changedSince: "2020-01-01T00:00:00Z" }) { nodes { id } } }'
    assert late in [node["id"] for node in (await client.data(document))["ledgers"]["nodes"]]


async def test_waits_for_a_ledger(client, left):
    _, ids, late = left
    document = "query ($id: ID!) { ledger(id: $id, wait: true, timeoutMs: 50) { id status } }"
    assert (await client.data(document, id=ids["ledger"]))["ledger"]["status"] == "OK"
    assert (await client.data(document, id=late))["ledger"]["status"] == "PENDING"


async def test_says_which_balances_cannot_be_settled(client, left):
    _, ids, _ = left
    now = datetime.now(UTC)
    earlier = await client.data(BALANCE, id=ids["unassigned"], at=rfc3339(now - timedelta(minutes=6)))
    assert earlier["ledger"]["balanceAt"] == {"value": "0.00"}
    body = await client.ask(BALANCE, id=ids["unassigned"], at=rfc3339(now - timedelta(milliseconds=1)))
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert error["extensions"]["retryAfterSeconds"] == 300
    assert "The database is read-only now" in error["message"]


async def test_resumes_a_subscription(client, left, migrated_url):
    subscriber, actor = Subscriber(settings_of(migrated_url)), await client.actor()
    told = [event["resourceId"] for event in (await client.data(EVENTS))["events"]["nodes"]]
    first = "{ events(first: 1) { pageInfo { endCursor } } }"
    start = (await client.data(first))["events"]["pageInfo"]["endCursor"]
    async with aclosing(subscriber.stream(actor, HAPPENING, after=start)) as answers, asyncio.timeout(120):
        seen = [(await anext(answers))["data"]["events"]["event"]["resourceId"] for _ in told[1:]]
    assert seen == told[1:]
