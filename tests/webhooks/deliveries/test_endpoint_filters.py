"""An endpoint with a filter or a holder gets what it lets through, of events and of what is made from them."""

import asyncio

import orjson
import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.db.pages import Page
from app.db.transaction import transaction
from app.events.record import Resource, record_event
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import PersonDetails
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.posting_accounts import Book
from app.kernel.errors import Invalid, NotFound
from app.webhooks.endpoints.ping_webhook_endpoint import ping_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.queries import DeliveryFilter, read_webhook_deliveries, request_bodies
from app.webhooks.status import EndpointField, Payload
from tests.bookkeeping import gbp, open_account
from tests.told_events import told_event
from tests.webhooks.conftest import EGRESS, VAULT

MONEY = ["transfer.posted", "ledger.balance_changed"]


@pytest.fixture
def drain(pipeline):
    async def run():
        async with asyncio.timeout(60):
            await pipeline.drain(budget_seconds=60)

    return run


@pytest.fixture
def update(actor):
    async def run(endpoint, **wanted):
        command = UpdateWebhookEndpoint(str(endpoint.id), **wanted)
        return await update_webhook_endpoint(actor, command, vault=VAULT, egress=EGRESS)

    return run


@pytest.fixture
def tell(actor):
    """A function that writes an event of a made-up ledger with this data, of this holder."""

    async def write(data, *, holder_id=None, event_type="ledger.updated"):
        async with transaction() as tx:
            about = Resource("ledger", new_id(), 1, holder_id)
            return await record_event(tx, actor, event_type, about, data)

    return write


@pytest.fixture
async def holders(actor):
    """The ids of two holders."""

    async def make(name):
        holder, _ = await create_holder(actor, CreateHolder(party=PersonDetails(name)))
        return holder.id

    return [await make("Ada"), await make("Grace")]


class TestFilter:
    async def test_lets_only_events_through_whose_data_contains_it(self, subscribe, receiver, tell, drain):
        await subscribe(receiver.url, event_types=["ledger.*"], filter={"metadata": {"brand": "north", "tags": ["a"]}})
        await tell({"metadata": {"brand": "north", "tags": ["b", "a"], "more": 1}, "status": "OK"})
        for metadata in ({"brand": "south", "tags": ["a"]}, {"brand": "north", "tags": []}, {"brand": "north"}, {}):
            await tell({"metadata": metadata})
        await tell({"other": {"metadata": {"brand": "north", "tags": ["a"]}}})
        await drain()
        assert [received.json["data"].get("status") for received in receiver.received] == ["OK"]

    @pytest.mark.parametrize("payload", [Payload.THIN, Payload.NOTIFICATION])
    async def test_is_judged_by_the_whole_data_whatever_is_sent(self, subscribe, receiver, tell, drain, payload):
        await subscribe(receiver.url, event_types=["ledger.*"], payload=payload, filter={"n": 0.1})
        await tell({"n": 0.1}, event_type="ledger.status.ok")
        await tell({"n": 0.2}, event_type="ledger.status.ok")
        await drain()
        assert len(receiver.received) == 1

    async def test_is_judged_by_each_side_of_a_transfer(self, actor, subscribe, receiver, post, drain):
        payer, payee = await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id)
        await subscribe(receiver.url, event_types=MONEY, filter={"direction": "CREDIT"})
        await post(payer, payee)
        await drain()
        [received] = receiver.received
        assert (received.json["type"], received.json["data"]["ledger_id"]) == ("ledger.balance_changed", str(payee))

    async def test_holds_for_the_amounts_of_a_transfer(self, actor, subscribe, receiver, post, drain):
        payer, payee = await open_account(actor.customer_id, balance=1_000), await open_account(actor.customer_id)
        await subscribe(receiver.url, event_types=["transfer.posted"], filter={"amount": {"value": "1.00", "scale": 2}})
        await subscribe(receiver.url, event_types=["transfer.posted"], filter={"amount": {"value": "1.0"}})
        await post(payer, payee)
        await drain()
        assert receiver.types == ["transfer.posted"]

    async def test_that_is_empty_lets_everything_through(self, subscribe, receiver, tell, drain):
        await subscribe(receiver.url, event_types=["ledger.*"], filter={})
        await tell({})
        await drain()
        assert len(receiver.received) == 1

    async def test_does_not_keep_a_ping_away(self, actor, subscribe, receiver, holders, drain):
        endpoint, _ = await subscribe(receiver.url, filter={"no": "such"}, holder_id=str(holders[0]))
        await ping_webhook_endpoint(actor, str(endpoint.id))
        await drain()
        assert receiver.types == ["webhook.ping"]
        assert receiver.received[0].json["data"]["filter"] == {"no": "such"}

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            ([], "A filter is a JSON object"), ("x", "A filter is a JSON object"), (1, "A filter is a JSON object"),
            ({"a": "x" * 17_000}, "A filter takes at most 16,384 bytes"), ({"a": 2**63}, "beyond 64 bits"),
            ({"a": "\x00"}, "A filter holds a NUL"),
        ],
    )  # fmt: skip
    async def test_is_refused_unless_it_is_an_object(self, subscribe, receiver, wanted, message):
        with pytest.raises(Invalid, match=message) as refused:
            await subscribe(receiver.url, filter=wanted)
        assert refused.value.path == ("filter",)

    async def test_is_replaced_and_emptied(self, subscribe, receiver, tell, drain, update):
        endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"], filter={"n": 1})
        assert (await update(endpoint, filter={"n": 2, "m": {}})).filter == {"n": 2, "m": {}}
        assert (await update(endpoint, filter=None)).filter == {"n": 2, "m": {}}
        await tell({"n": 1})
        await drain()
        assert receiver.received == []
        assert (await update(endpoint, clear=[EndpointField.FILTER])).filter is None
        await tell({"n": 1})
        await drain()
        assert len(receiver.received) == 1
        with pytest.raises(Invalid, match="FILTER is given and to be emptied at once"):
            await update(endpoint, filter={}, clear=[EndpointField.FILTER])


class TestHolder:
    async def test_gets_only_its_own_events(self, subscribe, receiver, tell, drain, holders):
        ada, grace = holders
        await subscribe(receiver.url, event_types=["ledger.*", "webhook_endpoint.*"], holder_id=str(ada))
        for holder_id in (grace, ada, None):
            await tell({"holder": str(holder_id)}, holder_id=holder_id)
        await subscribe(receiver.url, event_types=["holder.created"])  # An event about webhooks is nobody's.
        await drain()
        assert [received.json["data"] for received in receiver.received] == [{"holder": str(ada)}]

    async def test_gets_transfers_on_either_side_and_of_the_other_side_the_id_alone(
        self, actor, subscribe, receiver, post, drain, holders
    ):
        ada, grace = holders
        of_ada = await open_account(actor.customer_id, holder_id=ada, balance=1_000)
        of_grace = await open_account(actor.customer_id, holder_id=grace, balance=1_000)
        of_nobody = await open_account(actor.customer_id, balance=1_000)
        await subscribe(receiver.url, event_types=MONEY, holder_id=str(ada))
        await post(of_ada, of_grace)
        await post(of_nobody, of_ada)
        await post(of_grace, of_nobody)
        await drain()
        told = {(one.json["type"], one.json["data"].get("direction")): one.json["data"] for one in receiver.received}
        assert len(receiver.received) == 4
        assert set(told) == {
            ("transfer.posted", None), ("ledger.balance_changed", "DEBIT"), ("ledger.balance_changed", "CREDIT"),
        }  # fmt: skip
        paid, got = (one.json["data"] for one in receiver.received if one.json["type"] == "transfer.posted")
        assert paid["debit"]["balance_after"] == "9.00"
        assert paid["credit"] == {"id": str(of_grace)}
        assert got["debit"] == {"id": str(of_nobody)}
        assert got["credit"]["balance_after"] == "10.00"
        for direction in ("DEBIT", "CREDIT"):
            assert told["ledger.balance_changed", direction]["ledger_id"] == str(of_ada)

    async def test_sees_both_sides_of_a_transfer_to_itself(self, actor, subscribe, receiver, post, drain, holders):
        own = [await open_account(actor.customer_id, holder_id=holders[0], balance=1_000) for _ in range(2)]
        await subscribe(receiver.url, event_types=MONEY, holder_id=str(holders[0]))
        await post(*own)
        await drain()
        assert sorted(receiver.types) == ["ledger.balance_changed"] * 2 + ["transfer.posted"]
        [transfer] = [one for one in receiver.received if one.json["type"] == "transfer.posted"]
        event = await told_event("WHERE type = 'transfer.posted' ORDER BY occurred_at DESC LIMIT 1")
        assert transfer.body.decode() == event["body"]

    async def test_gets_wallets_and_notifications_of_its_own_side_only(
        self, actor, subscribe, receivers, post, drain, holders
    ):
        ada, grace = holders
        wallets, flat = await receivers(), await receivers()
        await subscribe(wallets.url, event_types=["wallet.balance_changed"], holder_id=str(grace))
        await subscribe(flat.url, payload=Payload.NOTIFICATION, holder_id=str(ada))
        for book in (Book.WALLET, Book.BANK):
            sides = [
                await open_account(actor.customer_id, book=book, holder_id=holder, balance=1_000) for holder in holders
            ]
            await post(*sides)
        await drain()
        assert [one.json["data"]["direction"] for one in wallets.received if "data" in one.json][-1] == "CREDIT"
        assert len({one.json["data"]["wallet_id"] for one in wallets.received}) == 1
        assert {one.json["ledger_id"] for one in flat.received} == {str(sides[0])}

    async def test_gets_holds_without_what_is_the_other_sides(self, actor, subscribe, receiver, drain, holders):
        payer = await open_account(actor.customer_id, holder_id=holders[0], balance=1_000)
        payee = await open_account(actor.customer_id, holder_id=holders[1])
        await subscribe(receiver.url, event_types=["hold.*"], holder_id=str(holders[1]))
        command = PlaceHold(debit_id=str(payer), credit_id=str(payee), amount=gbp("1.00"), idempotency_key="one")
        await place_hold(actor, command)
        await drain()
        [placed] = receiver.received
        assert placed.json["data"]["debit"] == {"id": str(payer)}
        assert placed.json["data"]["credit"] == {"id": str(payee), "type": "ledger"}

    async def test_is_shown_the_body_that_was_sent(self, actor, subscribe, receiver, post, drain, holders):
        payer = await open_account(actor.customer_id, holder_id=holders[0], balance=1_000)
        payee = await open_account(actor.customer_id, holder_id=holders[1])
        await subscribe(receiver.url, event_types=MONEY, holder_id=str(holders[0]))
        await post(payer, payee)
        await drain()
        deliveries = await read_webhook_deliveries(actor, DeliveryFilter(), Page(10))
        shown = await request_bodies(actor, deliveries)
        assert sorted(shown.values()) == sorted(one.body.decode() for one in receiver.received)
        assert all("balance_after" not in orjson.loads(body)["data"].get("credit", {}) for body in shown.values())

    async def test_may_have_a_filter_too(self, subscribe, receiver, tell, drain, holders):
        ada, grace = holders
        await subscribe(receiver.url, event_types=["ledger.*"], holder_id=str(ada), filter={"n": 1})
        for holder_id, number in ((ada, 1), (ada, 2), (grace, 1)):
            await tell({"n": number, "of": str(holder_id)}, holder_id=holder_id)
        await drain()
        assert [received.json["data"] for received in receiver.received] == [{"n": 1, "of": str(ada)}]

    async def test_may_be_the_customer_itself(self, actor, subscribe, receiver, tell, drain):
        endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"], holder_id=str(actor.customer_id))
        assert endpoint.holder_id == actor.customer_id
        await tell({}, holder_id=actor.customer_id)
        await drain()
        assert len(receiver.received) == 1

    async def test_is_one_that_there_is(self, actor, other_actor, subscribe, receiver, update, holders):
        for holder_id in (new_id(), other_actor.customer_id):
            with pytest.raises(NotFound) as refused:
                await subscribe(receiver.url, holder_id=str(holder_id))
            assert refused.value.path == ("holder_id",)
        with pytest.raises(Invalid):
            await subscribe(receiver.url, holder_id="nonsense")
        endpoint, _ = await subscribe(receiver.url)
        with pytest.raises(NotFound):
            await update(endpoint, holder_id=str(new_id()))
        assert (await update(endpoint, holder_id=str(holders[1]))).holder_id == holders[1]
        assert (await update(endpoint, description="x")).holder_id == holders[1]
        assert (await update(endpoint, clear=[EndpointField.HOLDER])).holder_id is None

    async def test_hides_both_sides_when_the_endpoint_is_another_holders_by_now(
        self, actor, subscribe, receiver, post, pipelines, holders, update
    ):
        payer = await open_account(actor.customer_id, holder_id=holders[0], balance=1_000)
        payee = await open_account(actor.customer_id)
        endpoint, _ = await subscribe(receiver.url, event_types=["transfer.posted"], holder_id=str(holders[0]))
        receiver.answer = 500
        await post(payer, payee)
        patient = pipelines(waits=(1000.0,))
        await patient.drain(budget_seconds=60)
        await update(endpoint, holder_id=str(holders[1]))
        await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now()")
        await patient.drain(budget_seconds=60)
        before, after = receiver.received
        assert before.json["data"]["debit"]["balance_after"] == "9.00"
        assert after.json["data"]["debit"] == {"id": str(payer)}
