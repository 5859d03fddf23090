"""One answer is one snapshot: what it tells in one place never contradicts what it tells in another."""

import asyncio
import contextvars
from uuid import UUID

import pytest

from app.api.graphql import entry_pages
from app.db.connection import fetchval, pool
from app.db.transaction import transaction
from app.journal import entry_queries
from app.journal.carry_out_batch import carry_out_batch
from app.kernel.actor import worker_actor
from app.kernel.clock import rfc3339
from tests.api.product.money import key, pounds, small_scene
from tests.journal.orders import post, until_waiting

LEDGER = """
    balance { posted { minorUnits } sequence }
    entries(first: 1) { nodes { sequence balanceAfter { minorUnits } } }
"""
PAGE = f"query ($id: ID!) {{ ledger(by: {{ id: $id }}) {{ {LEDGER} }} }}"
SAME = "query { again: ledger(by: { id: $id }) { balance { sequence } } }"
CHANGED = f"... on LedgerSuccess {{ ledger {{ metadata {LEDGER} }} {SAME} }}"
NOTHING = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"
WRITERS = 4


@pytest.fixture(params=["true", "false"], ids=["fast", "by-the-book"])
def settings(settings, request):
    return settings.model_copy(update={"fast_execution": request.param == "true"})


@pytest.fixture
async def scene(customer, other_customer, work):
    return await small_scene(customer, other_customer, work)


def is_consistent(ledger):
    """Whether a ledger's balance is that of its last entry."""
    (last,) = ledger["entries"]["nodes"]
    told = (ledger["balance"]["posted"]["minorUnits"], ledger["balance"]["sequence"])
    return told == (last["balanceAfter"]["minorUnits"], last["sequence"])


def alone(work):
    """Another request's work: in a task that has none of this one's context."""
    return asyncio.get_running_loop().create_task(work, context=contextvars.Context())


@pytest.fixture
def disturbed(scene, monkeypatch):
    """Before an answer's entries are read, another request posts a transfer; answers how many did."""
    disturbances = []

    async def read_entries(*arguments, **named):
        disturbances.append(await alone(scene.done("postTransfer", amount=pounds("0.01"), idempotencyKey=key())))
        return await original(*arguments, **named)

    original = entry_queries.read_entries
    monkeypatch.setattr(entry_pages.entry_queries, "read_entries", read_entries)
    return disturbances


async def test_tells_a_balance_and_the_entries_that_made_it(scene, disturbed):
    await scene.done("postTransfer")
    for _ in range(3):
        told = await scene.client.data(PAGE, id=scene.payer)
        assert is_consistent(told["ledger"]), told
    assert len(disturbed) == 3


async def test_tells_them_under_writers(scene):
    await scene.done("postTransfer")
    done = asyncio.Event()

    async def write():
        while not done.is_set():
            await scene.done("postTransfer", amount=pounds("0.01"), idempotencyKey=key())

    writers = [asyncio.create_task(write()) for _ in range(WRITERS)]
    told = []
    for _ in range(15):
        told += await asyncio.gather(*(scene.client.data(PAGE, id=scene.payer) for _ in range(4)))
    done.set()
    await asyncio.gather(*writers)
    assert [one for one in told if not is_consistent(one["ledger"])] == []
    assert len({one["ledger"]["balance"]["sequence"] for one in told}) > 3  # They did write meanwhile.


async def test_tells_a_mutation_s_answer_from_a_snapshot_that_is_newer_than_its_commit(scene, disturbed):
    """Of each mutation of a request by itself."""
    await scene.done("postTransfer")
    told = await scene.client.data(
        f"""mutation ($id: ID!) {{
            first: updateLedger(input: {{ ledgerId: $id, metadata: {{ number: 1 }} }}) {{ {CHANGED} }}
            second: updateLedger(input: {{ ledgerId: $id, metadata: {{ number: 2 }} }}) {{ {CHANGED} }}
        }}""",
        id=scene.payer,
    )
    for number, name in enumerate(("first", "second"), 1):
        answer = told[name]
        assert answer["ledger"]["metadata"]["number"] == number
        assert is_consistent(answer["ledger"]), answer
        assert answer["query"]["again"]["balance"]["sequence"] == answer["ledger"]["balance"]["sequence"]
    assert len(disturbed) == 2
    first, second = (int(told[name]["ledger"]["balance"]["sequence"]) for name in ("first", "second"))
    assert second > first


async def test_tells_a_transfer_and_what_became_of_its_ledgers(scene):
    asked = {"idempotencyKey": key(), "debitId": scene.payer, "creditId": scene.payee, "amount": pounds("1.00")}
    told = await scene.client.data(
        """mutation ($input: PostTransferInput!) { postTransfer(input: $input) { ... on TransferSuccess {
            transfer { id status entries { direction sequence balanceAfter { value } }
                       debit { ... on Ledger { balance { sequence posted { value } } } }
                       credit { ... on Ledger { balance { sequence posted { value } } } } } } } }""",
        input=asked,
    )
    transfer = told["postTransfer"]["transfer"]
    for side, entry in zip(("debit", "credit"), transfer["entries"], strict=True):
        balance = transfer[side]["balance"]
        assert (balance["sequence"], balance["posted"]) == (entry["sequence"], entry["balanceAfter"])


async def test_tells_an_event_and_the_ledger_as_it_then_is(scene, subscriber, disturbed):
    await scene.done("postTransfer")
    begin = await scene.client.data("{ ledgerChanges(first: 1) { pageInfo { endCursor } } }")
    document = f"""subscription ($id: ID, $after: String) {{
        ledgerChanged(ledgerId: $id, after: $after) {{ ledger {{ {LEDGER} }} }} }}"""
    after = begin["ledgerChanges"]["pageInfo"]["endCursor"]
    answer = await subscriber.first(await scene.client.actor(), document, id=scene.payer, after=after)
    assert is_consistent(answer["data"]["ledgerChanged"]["ledger"]), answer
    assert len(disturbed) == 1


async def test_begins_after_a_young_balance_has_settled(scene):
    """A posting that is stamped before that instant, and is stalled before its commit, is waited for."""
    await scene.done("postTransfer")
    page = f"""query ($id: ID!, $at: DateTime!) {{ ledger(by: {{ id: $id }}) {{
        {LEDGER} balanceAt(at: $at) {{ minorUnits }} }} }}"""
    payer, payee = UUID(scene.payer), UUID(scene.payee)
    async with transaction() as tx:
        await carry_out_batch(tx, scene.customer_id, [post(worker_actor(scene.customer_id), payer, payee, 7)])
        at = rfc3339(await fetchval("SELECT clock_timestamp()"))
        asked = alone(scene.client.data(page, id=scene.payer, at=at))
        await until_waiting()
    ledger = (await asked)["ledger"]
    assert is_consistent(ledger)
    assert ledger["balance"] == {"posted": {"minorUnits": "9893"}, "sequence": "3"}
    assert ledger["balanceAt"]["minorUnits"] == "9893"


async def test_does_what_is_asked_once_though_its_answer_is_made_twice(scene):
    """The young balance below the mutation is known only after the ledger is read."""
    at = rfc3339(await fetchval("SELECT clock_timestamp()"))
    asked = {"idempotencyKey": key(), "debitId": scene.payer, "creditId": scene.payee, "amount": pounds("1.00")}
    before = await fetchval("SELECT count(*) FROM transfers")
    told = await scene.client.data(
        """mutation ($input: PostTransferInput!, $missing: ID!, $at: DateTime!) {
            postTransfer(input: $input) { ... on TransferSuccess { replayed transfer {
                posted: debit { ... on Ledger { balance { posted { value } } } }
                kept: credit { ... on Ledger { balanceAt(at: $at) { value } } } } } }
            closeLedger(input: { ledgerId: $missing }) { __typename ... on Error { code } }
        }""",
        input=asked,
        missing=NOTHING,
        at=at,
    )
    assert told == {
        "postTransfer": {
            "replayed": False,
            "transfer": {
                "posted": {"balance": {"posted": {"value": "99.00"}}},
                "kept": {"balanceAt": {"value": "0.00"}},
            },
        },
        "closeLedger": {"__typename": "NotFoundError", "code": "NOT_FOUND"},
    }
    assert await fetchval("SELECT count(*) FROM transfers") == before + 1


async def test_numbers_the_feed_before_it_reads_it_beside_something_else(scene):
    await scene.done("postTransfer")
    told = await scene.client.data(
        """query ($id: ID!) { ledger(by: { id: $id }) { balance { sequence } }
            events(first: 1000) { nodes { type } } changed: ledgers(orderBy: { field: UPDATED_AT, direction: DESC }) {
                totalCount nodes { id } } }""",
        id=scene.payer,
    )
    assert await fetchval("SELECT count(*) FROM unnumbered_events WHERE customer_id = $1", scene.customer_id) == 0
    types = [event["type"] for event in told["events"]["nodes"]]
    assert len(types) == await fetchval("SELECT count(*) FROM events WHERE customer_id = $1", scene.customer_id)
    assert {node["id"] for node in told["changed"]["nodes"][:2]} == {scene.payer, scene.payee}


async def test_looks_for_the_horizon_before_it_reads_a_span_of_time_beside_something_else(scene):
    """Else what was posted since it was looked for would be missing beside a balance that has it."""
    before = rfc3339(await fetchval("SELECT clock_timestamp()"))
    made = await scene.done("postTransfer")
    told = await scene.client.data(
        """query ($id: ID!, $gte: DateTime!) { ledger(by: { id: $id }) { balance { sequence } }
            transfers(filter: { postedAt: { gte: $gte } }) { nodes { id debit { ... on Ledger { id } } } }
            holds(filter: { createdAt: { gte: $gte } }) { nodes { id } } settledUntil }""",
        id=scene.payer,
        gte=before,
    )
    assert told["ledger"]["balance"]["sequence"] == "2"
    assert told["transfers"]["nodes"] == [{"id": made["id"], "debit": {"id": scene.payer}}]
    assert told["holds"]["nodes"] == []
    assert made["postedAt"] < told["settledUntil"] <= rfc3339(await fetchval("SELECT clock_timestamp()"))


@pytest.mark.thorough
async def test_answers_more_at_once_than_there_are_connections(scene):
    page = f"""query ($id: ID!, $at: DateTime!) {{
        ledger(by: {{ id: $id }}) {{ {LEDGER} balanceAt(at: $at) {{ value }} }}
        events(first: 5) {{ nodes {{ id }} }} apiKeys {{ id }} }}"""
    await scene.done("postTransfer")
    at = rfc3339(await fetchval("SELECT clock_timestamp()"))
    asked = [scene.client.data(page, id=scene.payer, at=at) for _ in range(3 * pool().get_max_size())]
    async with asyncio.timeout(120):
        told = await asyncio.gather(*asked)
    assert all(is_consistent(one["ledger"]) for one in told)
    assert pool().get_idle_size() == pool().get_size()
