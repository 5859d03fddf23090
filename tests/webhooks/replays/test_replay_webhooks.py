"""What a replay is about: exactly what its endpoint would get, whenever it happened."""

import dataclasses
from datetime import timedelta

import pytest

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import fetch, fetchval, pool
from app.db.identifiers import new_id
from app.holders.create_holder import CreateHolder, create_holder
from app.holders.party import PersonDetails
from app.journal.posting_accounts import Book
from app.kernel.actor import Via
from app.kernel.clock import utc_now
from app.kernel.errors import Forbidden, Invalid, LimitExceeded, NotFound
from app.webhooks.endpoints.delete_webhook_endpoint import delete_webhook_endpoint
from app.webhooks.endpoints.ping_webhook_endpoint import ping_webhook_endpoint
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.queries import find_webhook_replays
from app.webhooks.replays import replay_webhooks as module
from app.webhooks.status import DeliveryStatus, Payload
from tests.bookkeeping import open_account
from tests.webhooks.conftest import EGRESS, VAULT
from tests.webhooks.replays.conftest import deliveries

URL = "http://127.0.0.1:9/hooks"


async def ids(endpoint):
    return [row["event_id"] for row in await deliveries(endpoint)]


async def test_makes_deliveries_of_what_happened_before_the_endpoint(subscribe, happen, replay, carry_out):
    before = [await happen("ledger.created"), await happen("holder.created"), await happen("ledger.updated")]
    endpoint, _ = await subscribe(URL, event_types=["ledger.*"])
    begun = await replay(endpoint)
    assert (begun.matched, begun.scheduled, begun.finished_at) == (2, 0, None)
    done = await carry_out(begun)
    assert (done.matched, done.scheduled) == (2, 2)
    assert done.finished_at is not None
    made = await deliveries(endpoint)
    assert [row["event_id"] for row in made] == [before[0], before[2]]
    assert {(row["status"], row["attempt_count"], row["payload"]) for row in made} == {("PENDING", 0, "FULL")}
    assert all(row["next_attempt_at"] <= utc_now() for row in made)


async def test_sends_what_it_did_not_ask_for_then(actor, subscribe, happen, receiver, pipeline, replay, carry_out):
    endpoint, _ = await subscribe(receiver.url, event_types=["holder.*"])
    unasked, asked = await happen("ledger.created"), await happen("holder.created")
    await pipeline.drain(budget_seconds=10)
    assert receiver.types == ["holder.created"]
    command = UpdateWebhookEndpoint(str(endpoint.id), event_types=["ledger.*"])
    await update_webhook_endpoint(actor, command, vault=VAULT, egress=EGRESS)
    begun = await replay(endpoint)
    assert begun.matched == 1
    assert (await carry_out(begun)).scheduled == 1
    await pipeline.drain(budget_seconds=10)
    assert [one.headers["webhook-id"] for one in receiver.received] == [str(asked), str(unasked)]


async def test_sends_again_under_the_same_id_with_the_same_bytes(
    subscribe, happen, receiver, pipeline, replay, carry_out
):
    endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"])
    for _ in range(3):
        await happen()
    await pipeline.drain(budget_seconds=10)
    begun = await replay(endpoint)
    assert begun.matched == 3
    assert (await carry_out(begun)).scheduled == 3
    await pipeline.drain(budget_seconds=10)
    first, again = receiver.received[:3], receiver.received[3:]
    assert sorted((one.headers["webhook-id"], one.body) for one in first) == sorted(
        (one.headers["webhook-id"], one.body) for one in again
    )
    assert {one.headers["x-quaestor-attempt"] for one in again} == {"2"}
    assert {(row["status"], row["attempt_count"]) for row in await deliveries(endpoint)} == {("DELIVERED", 2)}
    numbers = await fetch("SELECT number FROM webhook_attempts ORDER BY number")
    assert [row["number"] for row in numbers] == [1, 1, 1, 2, 2, 2]


async def test_narrows_by_time_type_and_object(subscribe, happen, replay, carry_out):
    endpoint, _ = await subscribe(URL)
    resource_id = new_id()
    early = await happen("ledger.created", resource_id=resource_id)
    since = utc_now()
    late = await happen("ledger.updated", resource_id=resource_id)
    other = await happen("holder.created")
    until = utc_now()
    await happen("ledger.updated")
    for wanted, found in (
        ({"since": since, "until": until}, [late, other]),
        ({"since": since, "until": until, "event_types": ["ledger.*"]}, [late]),
        ({"resource_id": str(resource_id)}, [early, late]),
        ({"event_types": ["holder.created"], "until": until, "since": since}, [other]),
        ({"until": since - timedelta(hours=1)}, []),
    ):
        await pool().execute("DELETE FROM webhook_deliveries")
        begun = await replay(endpoint, **wanted)
        assert begun.matched == len(found), wanted
        done = await carry_out(begun)
        assert (done.scheduled, await ids(endpoint)) == (len(found), found), wanted
        assert done.finished_at is not None


@pytest.mark.parametrize(
    ("statuses", "wanted"),
    [
        ([DeliveryStatus.EXHAUSTED], ["EXHAUSTED"]),
        ([DeliveryStatus.DELIVERED, DeliveryStatus.RETRYING], ["DELIVERED", "RETRYING"]),
        ([DeliveryStatus.PENDING], ["PENDING", None]),
        (None, ["EXHAUSTED", "DELIVERED", "RETRYING", "PENDING", None]),
        ([DeliveryStatus.CANCELLED], []),
    ],
)
async def test_narrows_by_status(actor, subscribe, happen, replay, carry_out, pipeline, statuses, wanted):
    endpoint, _ = await subscribe(URL, event_types=["ledger.*"])
    events = {name: await happen() for name in ("EXHAUSTED", "DELIVERED", "RETRYING", "PENDING", None)}
    await carry_out(await replay(endpoint))
    await pool().execute("UPDATE webhook_deliveries SET attempt_count = 13, next_attempt_at = NULL")
    for name, event_id in events.items():
        if name is None:
            await pool().execute("DELETE FROM webhook_deliveries WHERE event_id = $1", event_id)
        else:
            count = 0 if name == "PENDING" else 13
            await pool().execute(
                "UPDATE webhook_deliveries SET status = $2, attempt_count = $3 WHERE event_id = $1",
                event_id,
                name,
                count,
            )
    begun = await replay(endpoint, statuses=statuses)
    assert begun.matched == len(wanted)
    assert (await carry_out(begun)).scheduled == len(wanted)
    due = await fetch(
        "SELECT event_id, status, unscheduled_count FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL"
    )
    assert {row["event_id"] for row in due} == {events[name] for name in wanted}
    for row in due:
        expected = ("PENDING", 0) if row["event_id"] in (events["PENDING"], events[None]) else ("RETRYING", 13)
        assert (row["status"], row["unscheduled_count"]) == expected


async def test_begins_the_schedule_anew(subscribe, happen, receiver, pipelines, replay, carry_out):
    endpoint, _ = await subscribe(receiver.url)
    await happen()
    receiver.answer = 500
    pipeline = pipelines(waits=(0.0,))
    await pipeline.drain(budget_seconds=10)
    assert [(row["status"], row["attempt_count"]) for row in await deliveries(endpoint)] == [("EXHAUSTED", 2)]
    await carry_out(await replay(endpoint, statuses=[DeliveryStatus.EXHAUSTED], event_types=["ledger.*"]))
    await pipeline.drain(budget_seconds=10)
    assert [(row["status"], row["attempt_count"]) for row in await deliveries(endpoint)][:1] == [("EXHAUSTED", 4)]


ASKED = [(), ("ledger.balance_changed", "wallet.balance_changed"), ("transfer.*", "ledger.*", "webhook.*")]
OF_LEDGERS, OF_TRANSFERS = ("ledgers:read",), ("transfers:read", "webhooks:read")
# There are six transfers, with eight sides that are ledgers or wallets, four of them ledgers. Without a list of types
# there are also another endpoint, the actor's key, and a holder that was created and is OK, for whoever may read them.
_OF_EVENTS = {None: (10, 8, 6), OF_LEDGERS: (0, 4, 0), OF_TRANSFERS: (7, 0, 6)}
MATCHED = {
    Payload.FULL: _OF_EVENTS,
    Payload.THIN: _OF_EVENTS,
    Payload.NOTIFICATION: {None: (5, 4, 4), OF_LEDGERS: (4, 4, 4), OF_TRANSFERS: (0, 0, 0)},
}
# Of one ledger there are two transfers, told by its balances alone.
_OF_ONE = {None: (0, 2, 0), OF_LEDGERS: (0, 2, 0), OF_TRANSFERS: (0, 0, 0)}
MATCHED_OF_ONE = {
    Payload.FULL: _OF_ONE,
    Payload.THIN: _OF_ONE,
    Payload.NOTIFICATION: {None: (2, 2, 2), OF_LEDGERS: (2, 2, 2), OF_TRANSFERS: (0, 0, 0)},
}


@pytest.mark.parametrize("payload", list(Payload))
@pytest.mark.parametrize("asked", range(len(ASKED)), ids=["all", "balances", "families"])
@pytest.mark.parametrize("scopes", [None, OF_LEDGERS, OF_TRANSFERS])
async def test_counts_what_is_then_sent(actor, subscribe, post, replay, carry_out, payload, asked, scopes):
    """Messages made from transfers, one for each side that may be read, and events about other endpoints included."""
    ledgers = [await open_account(actor.customer_id, balance=500) for _ in range(2)]
    wallets = [await open_account(actor.customer_id, balance=500, book=Book.WALLET) for _ in range(2)]
    await post(*ledgers)
    await post(*wallets)
    by = actor
    if scopes is not None:
        _, key = await create_api_key(actor, CreateApiKey("narrow", [*scopes, "webhooks:write"]))
        by = await authenticate(f"API-Key {key}", Via.GRAPHQL)
    endpoint, _ = await subscribe(URL, by=by, payload=payload, event_types=ASKED[asked])
    other, _ = await subscribe(URL)
    await ping_webhook_endpoint(actor, str(other.id))
    begun = await replay(endpoint)
    done = await carry_out(begun)
    matched = MATCHED[payload][scopes][asked]
    assert (begun.matched, done.matched, done.scheduled) == (matched, matched, matched)
    assert len(await deliveries(endpoint)) == matched
    again = await replay(endpoint, resource_id=str(ledgers[0]))
    of_one = MATCHED_OF_ONE[payload][scopes][asked]
    assert (again.matched, (await carry_out(again)).scheduled) == (of_one, of_one)


async def test_leaves_out_what_is_about_itself(actor, subscribe, replay, carry_out):
    endpoint, _ = await subscribe(URL, event_types=["webhook_endpoint.*", "webhook_delivery.*"])
    other, _ = await subscribe(URL)
    begun = await replay(endpoint)
    assert begun.matched == 1
    await carry_out(begun)
    assert [row["resource_id"] for row in await deliveries(endpoint)] == [other.id]


async def test_refuses_what_cannot_be(actor, subscribe, replay):
    endpoint, _ = await subscribe(URL)
    now = utc_now()
    for wanted, path in (
        ({"since": now, "until": now - timedelta(seconds=1)}, ("until",)),
        ({"since": now + timedelta(days=1)}, ("since",)),
        ({"event_types": ["ledger.exploded"]}, ("event_types", "0")),
        ({"resource_id": "x"}, ("resource_id",)),
        ({"statuses": [DeliveryStatus.PENDING] * 1001}, ("status",)),
    ):
        with pytest.raises(Invalid) as refused:
            await replay(endpoint, **wanted)
        assert refused.value.path == path
    await update_webhook_endpoint(
        actor, UpdateWebhookEndpoint(str(endpoint.id), enabled=False), vault=VAULT, egress=None
    )
    with pytest.raises(Invalid, match="DISABLED: enable it first"):
        await replay(endpoint)
    await delete_webhook_endpoint(actor, str(endpoint.id))
    with pytest.raises(NotFound):
        await replay(endpoint)
    assert await fetchval("SELECT count(*) FROM webhook_replays") == 0


async def test_refuses_who_may_not(actor, other_actor, subscribe, replay):
    endpoint, _ = await subscribe(URL)
    with pytest.raises(NotFound):
        await replay(endpoint, by=other_actor)
    for change in ({"holder_id": new_id()}, {"scopes": frozenset({"webhooks:read"})}):
        with pytest.raises(Forbidden):
            await replay(endpoint, by=dataclasses.replace(actor, **change))
    with pytest.raises(Forbidden) as refused:  # It could have sent again what it may not read.
        await replay(endpoint, by=dataclasses.replace(actor, scopes=frozenset({"webhooks:write", "webhooks:read"})))
    assert refused.value.required_scope is not None
    assert await fetchval("SELECT count(*) FROM webhook_replays") == 0


async def test_is_read_by_its_customer_alone(actor, other_actor, subscribe, replay):
    endpoint, _ = await subscribe(URL)
    begun = await replay(endpoint)
    assert (await find_webhook_replays(actor, [begun.id])).keys() == {begun.id}
    assert await find_webhook_replays(other_actor, [begun.id]) == {}
    with pytest.raises(Forbidden):
        await find_webhook_replays(dataclasses.replace(actor, scopes=frozenset()), [begun.id])


async def test_refuses_too_many_at_once(subscribe, happen, replay, carry_out, monkeypatch):
    monkeypatch.setattr(module, "OPEN_MAX", 2)
    endpoint, _ = await subscribe(URL)
    await happen()
    for _ in range(2):
        await replay(endpoint)
    with pytest.raises(LimitExceeded):
        await replay(endpoint)
    await carry_out(later=True)
    await carry_out(later=True)
    assert (await replay(endpoint)).matched >= 1


async def test_is_finished_at_once_where_nothing_matches(subscribe, replay):
    endpoint, _ = await subscribe(URL, event_types=["hold.*"])
    begun = await replay(endpoint)
    assert (begun.matched, begun.scheduled, begun.finished_at) == (0, 0, begun.created_at)
    assert await fetchval("SELECT count(*) FROM outbox_messages WHERE kind = 'replay_webhooks'") == 0


OF_MONEY = ("ledger.balance_changed", "transfer.posted")


@pytest.mark.parametrize(
    ("event_types", "limited", "matched"),
    [
        ((), {"filter": {"name": "Zoë"}}, 1),
        (OF_MONEY, {"filter": {"name": "Zoë"}}, 0),
        ((), {"filter": {"sequence": "2"}}, 0),
        (OF_MONEY, {"filter": {"sequence": "2"}}, 1),
        ((), {"holder": True}, 4),  # It was created, was paid once and paid twice.
        (OF_MONEY, {"holder": True}, 6),  # Each transfer, and the balance after it.
    ],
)
async def test_counts_what_a_limited_endpoint_is_then_sent(
    actor, subscribe, happen, post, replay, carry_out, event_types, limited, matched
):
    holder, _ = await create_holder(actor, CreateHolder(PersonDetails("Ada")))
    other, _ = await create_holder(actor, CreateHolder(PersonDetails("Grace")))
    payer = await open_account(actor.customer_id, balance=500, holder_id=holder.id)
    await post(payer, await open_account(actor.customer_id, holder_id=other.id))
    await post(payer, await open_account(actor.customer_id))
    await happen()
    wanted = {"holder_id": str(holder.id)} if "holder" in limited else limited
    endpoint, _ = await subscribe(URL, event_types=event_types, **wanted)
    begun = await replay(endpoint)
    done = await carry_out(begun)
    assert (begun.matched, done.matched, done.scheduled) == (matched, matched, matched)
    assert len(await deliveries(endpoint)) == matched
    again = await replay(endpoint, statuses=[DeliveryStatus.PENDING])
    assert (again.matched, (await carry_out(again)).scheduled) == (matched, matched)


@pytest.mark.thorough
async def test_keeps_the_order_of_each_object_for_an_ordered_endpoint(
    subscribe, happen, receiver, pipeline, replay, carry_out
):
    resources = [new_id(), new_id()]
    for _ in range(6):
        for resource_id in resources:
            await happen(resource_id=resource_id)
    endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"], ordered=True)
    for _ in range(2):  # At first there is no delivery; then all are delivered.
        receiver.received.clear()
        done = await carry_out(await replay(endpoint))
        assert done.scheduled == 12
        await pipeline.drain(budget_seconds=30)
        for resource_id in resources:
            of_one = [
                one.json["resource"] for one in receiver.received if one.json["resource"]["id"] == str(resource_id)
            ]
            versions = [resource["version"] for resource in of_one]
            assert len(versions) == 6
            assert versions == sorted(versions)


@pytest.mark.parametrize(("wanted", "path"), [({"event_types": []}, ("event_types",)), ({"statuses": []}, ("status",))])
async def test_refuses_an_empty_list_which_matches_nothing(subscribe, happen, replay, wanted, path):
    endpoint, _ = await subscribe(URL)
    await happen()
    with pytest.raises(Invalid, match="An empty list matches nothing: leave `") as refused:
        await replay(endpoint, **wanted)
    assert refused.value.path == path
    assert await pool().fetchval("SELECT count(*) FROM webhook_replays") == 0
