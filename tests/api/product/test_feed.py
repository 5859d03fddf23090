"""`events`, `ledgerChanges` and both subscriptions: one feed, in which nothing is skipped and every cursor goes on."""

import asyncio
from contextlib import aclosing
from uuid import UUID

import pytest

from app.events import feed_watch
from app.events.feed_place import FeedPlace
from tests.bookkeeping import fund

CHANGES = """
    query ($after: String, $first: Int) {
        ledgerChanges(after: $after, first: $first) {
            nodes { cursor type ledger { id status } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
    }
"""
EVENTS = """
    query ($after: String, $first: Int, $filter: EventFilter) {
        events(after: $after, first: $first, filter: $filter) {
            nodes { id type resourceType resourceId resourceVersion previous via actor requestId }
            pageInfo { hasNextPage endCursor }
        }
    }
"""
LEDGER_CHANGED = """
    subscription ($id: ID, $after: String) {
        ledgerChanged(ledgerId: $id, after: $after) { cursor type ledger { id status } occurredAt }
    }
"""
EVENTS_HAPPEN = """
    subscription ($types: [String!], $after: String) {
        events(types: $types, after: $after) { cursor event { id type resourceId } }
    }
"""


async def take(answers, count):
    """The next answers' data; the limit only ends a failure."""
    async with asyncio.timeout(120):
        return [(await anext(answers))["data"] for _ in range(count)]


async def until_it_follows(actor):
    """Wait until a subscription has looked where the feed ends, and waits for more."""
    while not any(follower._is_waiting for follower in followers(actor)):
        await asyncio.sleep(0.01)


def followers(actor):
    """Of all kinds of this process."""
    watch = feed_watch._watches.get(actor.customer_id)
    return [] if watch is None else [one for feed in watch._feeds.values() for one in feed._followers]


@pytest.fixture
async def actor(customer):
    return await customer.actor()


@pytest.fixture
async def feed_end(customer):
    """A function that answers the cursor of the newest event."""

    async def find():
        return (await customer.data(EVENTS, first=1_000))["events"]["pageInfo"]["endCursor"]

    return find


async def test_tells_where_an_empty_page_ends(customer, feed_end):
    opened = await feed_end()
    empty = (await customer.data(CHANGES))["ledgerChanges"]
    assert empty == {
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": opened},
    }
    await customer.issue_ledger()
    end = await feed_end()
    assert end != opened
    assert (await customer.data("{ feedEnd }"))["feedEnd"] == end
    page = (await customer.data(CHANGES, after=end))["ledgerChanges"]
    assert page == {
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": end},
    }
    assert (await customer.data(EVENTS, after=end))["events"] == {
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "endCursor": end},
    }


async def test_goes_on_past_what_a_narrow_filter_leaves_out(customer, feed_end):
    """For changes of ledgers, too: whatever else happened is not searched again."""
    await customer.issue_ledger()
    end = await feed_end()
    await customer.create_holder()
    narrow = {"types": ["webhook.*"]}
    for page in (
        (await customer.data(EVENTS, after=end, filter=narrow))["events"],
        (await customer.data(CHANGES, after=end))["ledgerChanges"],
    ):
        assert (page["nodes"], page["pageInfo"]["endCursor"]) == ([], await feed_end())
    assert await feed_end() != end


async def test_ends_a_page_at_the_place_that_was_searched(customer, feed_end):
    await customer.issue_ledger()
    await customer.create_holder()
    page = (await customer.data(CHANGES))["ledgerChanges"]
    assert (len(page["nodes"]), page["pageInfo"]["endCursor"]) == (1, await feed_end())
    assert page["nodes"][0]["cursor"] != await feed_end()


async def test_refuses_a_cursor_that_the_feed_does_not_have(customer, subscriber, actor):
    for cursor in (FeedPlace(10_000).cursor, FeedPlace(1, "another").cursor):
        told = [await customer.ask(document, after=cursor) for document in (EVENTS, CHANGES)]
        told += [await subscriber.first(actor, document, after=cursor) for document in (LEDGER_CHANGED, EVENTS_HAPPEN)]
        for body in told:
            (error,) = body["errors"]
            assert (error["extensions"]["code"], error["extensions"]["path"]) == ("CURSOR_EXPIRED", ["after"])
            assert "Read the feed again" in error["message"]


async def test_reads_changes_page_by_page(customer, work):
    ledger_ids = [await customer.issue_ledger() for _ in range(5)]
    found, after = [], None
    while True:
        page = (await customer.data(CHANGES, after=after, first=2))["ledgerChanges"]
        found += [change["ledger"]["id"] for change in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == ledger_ids
    await work()
    page = (await customer.data(CHANGES, after=after))["ledgerChanges"]
    assert {change["ledger"]["id"] for change in page["nodes"]} == set(ledger_ids)
    assert {change["ledger"]["status"] for change in page["nodes"]} == {"OK"}
    assert {change["type"] for change in page["nodes"]} == {"ledger.iban_status.ok"}


async def test_tells_who_did_what_and_through_which_door(customer, work):
    response = await customer.post(
        json={
            "query": """mutation { issueLedger(input: {
                partnerProduct: "PayrNet-GBP-1", asset: "GBP", primaryUses: [FEES]
                assetsOwnedBy: ME, jurisdiction: "GB"
            }) { ... on LedgerSuccess { ledger { id } } } }"""
        },
        headers={"X-Request-Id": "my-request"},
    )
    ledger_id = response.json()["data"]["issueLedger"]["ledger"]["id"]
    await work()
    key = (await customer.data("{ viewer { apiKey { id } } }"))["viewer"]["apiKey"]["id"]
    found = (await customer.data(EVENTS, filter={"resourceId": ledger_id}))["events"]["nodes"]
    told = [
        (event["type"], event["resourceVersion"], event["via"], event["actor"], event["requestId"]) for event in found
    ]
    assert told == [
        ("ledger.created", 1, "graphql", f"api_key:{key}", "my-request"),
        ("ledger.status.ok", 2, "worker", "worker", "my-request"),
        ("ledger.iban_status.ok", 3, "worker", "worker", "my-request"),
    ]
    assert [event["previous"] for event in found] == [None, {"status": "PENDING"}, {"iban_status": "NOT_REQUESTED"}]


async def test_filters_events(customer, work):
    holder_id = await customer.create_holder()
    await work()
    await customer.issue_ledger(holderId=holder_id)
    await work()

    async def types(**wanted):
        return [event["type"] for event in (await customer.data(EVENTS, filter=wanted))["events"]["nodes"]]

    assert await types(types=["ledger.status.*"]) == ["ledger.status.ok"]
    assert await types(types=["ledger.created", "holder.updated"]) == ["ledger.created"]
    assert await types(resourceType=["ledger"]) == ["ledger.created", "ledger.status.ok", "ledger.iban_status.ok"]
    assert await types(resourceId=holder_id) == ["holder.created", "holder.status.ok"]
    assert await types(occurredAt={"lt": "2020-01-01T00:00:00Z"}) == []
    assert len(await types(occurredAt={"gte": "2020-01-01T00:00:00Z"})) == 8


async def test_subscribes_from_now_on(customer, work, subscriber, actor):
    await customer.issue_ledger()
    async with aclosing(subscriber.stream(actor, LEDGER_CHANGED, id=None, after=None)) as answers:
        coming = asyncio.create_task(take(answers, 1))
        await until_it_follows(actor)
        assert not coming.done()
        late = await customer.issue_ledger()
        told = [change["ledgerChanged"] for change in await coming]
    assert [(change["type"], change["ledger"]["id"]) for change in told] == [("ledger.created", late)]


async def test_resumes_after_any_cursor_of_the_feed(customer, work, subscriber, actor):
    first, second = await customer.issue_ledger(), await customer.issue_ledger()
    await work()
    changes = (await customer.data(CHANGES, first=1))["ledgerChanges"]
    events = (await customer.data(EVENTS, filter={"types": ["ledger.created"]}, first=1))["events"]
    assert changes["pageInfo"]["endCursor"] == events["pageInfo"]["endCursor"]
    cursor = changes["pageInfo"]["endCursor"]
    async with aclosing(subscriber.stream(actor, LEDGER_CHANGED, after=cursor)) as answers:
        told = [change["ledgerChanged"] for change in await take(answers, 5)]
    assert {change["ledger"]["id"] for change in told} == {first, second}
    assert told[0] | {"cursor": "", "occurredAt": ""} == {
        "cursor": "",
        "occurredAt": "",
        "type": "ledger.created",
        "ledger": {"id": second, "status": "OK"},
    }
    async with aclosing(subscriber.stream(actor, LEDGER_CHANGED, after=told[2]["cursor"])) as answers:
        assert [change["ledgerChanged"] for change in await take(answers, 2)] == told[3:]
    rest = (await customer.data(CHANGES, after=told[2]["cursor"]))["ledgerChanges"]["nodes"]
    assert rest[-1]["cursor"] == told[-1]["cursor"]


async def test_subscribes_to_one_ledger(customer, work, subscriber, actor):
    _, second = await customer.issue_ledger(), await customer.issue_ledger()
    await work()
    start = (await customer.data(EVENTS, first=1))["events"]["pageInfo"]["endCursor"]
    async with aclosing(subscriber.stream(actor, LEDGER_CHANGED, id=second, after=start)) as answers:
        told = [change["ledgerChanged"] for change in await take(answers, 3)]
    assert [change["type"] for change in told] == ["ledger.created", "ledger.status.ok", "ledger.iban_status.ok"]
    assert {change["ledger"]["id"] for change in told} == {second}


async def test_subscribes_to_events_of_some_types(customer, work, subscriber, actor):
    start = (await customer.data(EVENTS, first=1))["events"]["pageInfo"]["endCursor"]
    holder_id = await customer.create_holder()
    await work()
    ledger_id = await customer.issue_ledger(holderId=holder_id)
    await work()
    wanted = ["holder.status.ok", "ledger.iban_status.*"]
    async with aclosing(subscriber.stream(actor, EVENTS_HAPPEN, types=wanted, after=start)) as answers:
        told = [message["events"]["event"] for message in await take(answers, 3)]
    assert [(event["type"], event["resourceId"]) for event in told] == [
        ("holder.status.ok", customer.customer_id),
        ("holder.status.ok", holder_id),
        ("ledger.iban_status.ok", ledger_id),
    ]


async def test_refuses_a_subscription_with_a_bad_argument(subscriber, actor):
    for document, variables, path in (
        (LEDGER_CHANGED, {"id": "x"}, ["ledgerId"]),
        (LEDGER_CHANGED, {"after": "x"}, ["after"]),
        (EVENTS_HAPPEN, {"types": ["ledger.burnt"]}, ["types", "0"]),
        (EVENTS_HAPPEN, {"after": "x"}, ["after"]),
    ):
        body = await subscriber.first(actor, document, **variables)
        (error,) = body["errors"]
        assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", path)


@pytest.mark.thorough
async def test_skips_nothing_while_many_write(customer, work, subscriber, actor):
    """A subscriber that reconnects now and then sees every event of every ledger, in the order of its versions."""
    start = (await customer.data(EVENTS, first=1))["events"]["pageInfo"]["endCursor"]

    async def write():
        return [await customer.issue_ledger() for _ in range(10)]

    async def write_and_work():
        written = [ledger_id for one in await asyncio.gather(*(write() for _ in range(8))) for ledger_id in one]
        await work()
        return written

    writing = asyncio.create_task(write_and_work())
    seen, cursor = [], start
    while len(seen) < 80 * 3:
        async with aclosing(subscriber.stream(actor, EVENTS_HAPPEN, types=["ledger.*"], after=cursor)) as answers:
            for message in await take(answers, 24):
                cursor = message["events"]["cursor"]
                seen.append((message["events"]["event"]["resourceId"], message["events"]["event"]["type"]))
    written = await writing
    for ledger_id in written:
        assert [event_type for seen_id, event_type in seen if seen_id == ledger_id] == [
            "ledger.created",
            "ledger.status.ok",
            "ledger.iban_status.ok",
        ]
    assert len(seen) == len(set(seen)) == 240


class TestCreditsAndDebits:
    @pytest.fixture
    async def gold(self, customer):
        """Two ledgers of gold, one with some in it, and the cursor behind that."""
        issued = await customer.data(
            """mutation {
                one: issueVirtualLedger(input: {asset: "GOLD"}) { ... on LedgerSuccess { ledger { id } } }
                two: issueVirtualLedger(input: {asset: "GOLD"}) { ... on LedgerSuccess { ledger { id } } }
            }"""
        )
        payer, payee = (issued[name]["ledger"]["id"] for name in ("one", "two"))
        await fund(UUID(customer.customer_id), UUID(payer), 50_000)
        end = (await customer.data(EVENTS, first=1_000))["events"]["pageInfo"]["endCursor"]
        return payer, payee, end

    async def pay(self, customer, payer, payee, key):
        answer = await customer.data(
            """mutation ($input: PostTransferInput!) { postTransfer(input: $input) {
                ... on TransferSuccess { transfer { id } } ... on Error { code message }
            } }""",
            input={
                "idempotencyKey": key, "debitId": payer, "creditId": payee, "amount": {"value": "1.5", "asset": "GOLD"},
            },
        )  # fmt: skip
        return answer["postTransfer"]["transfer"]["id"]

    async def test_are_changes_of_both_ledgers(self, customer, gold):
        payer, payee, end = gold
        await self.pay(customer, payer, payee, "key-1")
        seen, after = [], end
        while True:
            page = (await customer.data(CHANGES, first=1, after=after))["ledgerChanges"]
            seen += [(change["type"], change["ledger"]["id"]) for change in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == [("ledger.balance_changed", payer), ("ledger.balance_changed", payee)]
        told = (await customer.data(EVENTS, first=10, after=end))["events"]
        assert [event["type"] for event in told["nodes"]] == ["transfer.posted"]
        assert told["pageInfo"]["endCursor"] == after

    async def test_are_told_to_who_watches_a_ledger(self, customer, gold, subscriber, actor):
        payer, payee, end = gold
        other = (await customer.data(
            'mutation { issueVirtualLedger(input: {asset: "GOLD"}) { ... on LedgerSuccess { ledger { id } } } }'
        ))["issueVirtualLedger"]["ledger"]["id"]  # fmt: skip
        async with aclosing(subscriber.stream(actor, LEDGER_CHANGED, id=payee, after=end)) as answers:
            coming = asyncio.create_task(take(answers, 2))
            await self.pay(customer, payer, other, "key-1")
            await self.pay(customer, payer, payee, "key-2")
            await self.pay(customer, payee, other, "key-3")
            told = [change["ledgerChanged"] for change in await coming]
        assert [(change["type"], change["ledger"]["id"]) for change in told] == [("ledger.balance_changed", payee)] * 2
        async with aclosing(subscriber.stream(actor, LEDGER_CHANGED, after=told[0]["cursor"])) as answers:
            rest = [change["ledgerChanged"]["ledger"]["id"] for change in await take(answers, 2)]
        assert rest == [payee, other]

    async def test_go_on_behind_events_that_are_not_asked_for(self, customer, gold, subscriber, actor):
        payer, payee, end = gold
        async with aclosing(subscriber.stream(actor, EVENTS_HAPPEN, types=["holder.*"], after=end)) as answers:
            coming = asyncio.create_task(take(answers, 1))
            for number in range(3):
                await self.pay(customer, payer, payee, f"key-{number}")
            holder_id = await customer.create_holder()
            (told,) = await coming
        assert told["events"]["event"]["resourceId"] == holder_id

    async def test_are_no_events_of_their_own(self, customer, subscriber, actor):
        assert "ledger.balance_changed" in (await customer.data("{ eventTypes }"))["eventTypes"]
        (error,) = (await customer.ask(EVENTS, filter={"types": ["ledger.*", "ledger.balance_changed"]}))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", ["filter", "types", "1"])
        body = await subscriber.first(actor, EVENTS_HAPPEN, types=["wallet.balance_changed"])
        assert [error["extensions"]["path"] for error in body["errors"]] == [["types", "0"]]


async def test_gives_changes_as_edges_too(customer):
    first, second = [await customer.issue_ledger() for _ in range(2)]
    document = """query ($after: String) { ledgerChanges(after: $after) {
        edges { cursor node { cursor type ledger { id } } } nodes { cursor } } }"""
    page = (await customer.data(document))["ledgerChanges"]
    assert [edge["node"]["ledger"]["id"] for edge in page["edges"]] == [first, second]
    assert [edge["cursor"] for edge in page["edges"]] == [node["cursor"] for node in page["nodes"]]
    rest = (await customer.data(document, after=page["edges"][0]["cursor"]))["ledgerChanges"]
    assert [edge["node"]["ledger"]["id"] for edge in rest["edges"]] == [second]


async def test_names_what_was_deleted(customer):
    made = """mutation { createWebhookEndpoint(input: {url: "http://127.0.0.1:9/hooks"}) {
        ... on WebhookSecretSuccess { endpoint { id } } } }"""
    endpoint_id = (await customer.data(made))["createWebhookEndpoint"]["endpoint"]["id"]
    deleted = 'mutation { deleteWebhookEndpoint(endpointId: "%s") { ... on DeletedSuccess { deletedId } } }'
    assert await customer.data(deleted % endpoint_id) == {"deleteWebhookEndpoint": {"deletedId": endpoint_id}}
