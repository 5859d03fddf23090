"""A transfer becomes a message about itself, and one about each of its sides."""

from uuid import UUID

import pytest

from app.access.authenticate import authenticate
from app.access.create_api_key import CreateApiKey, create_api_key
from app.db.connection import fetch, fetchval, pool
from app.journal.amounts import AmountText
from app.journal.place_hold import PlaceHold, place_hold
from app.journal.posting_accounts import Book
from app.kernel.actor import Via
from app.webhooks.status import Payload
from tests.bookkeeping import fund, open_account
from tests.webhooks.deliveries.test_fan_out import URL, fan_out_all, rows

pytestmark = pytest.mark.postgres15


class TestTransfers:
    """`payer` and `payee` are ledgers to the journal; the payer was funded before any endpoint was made."""

    @pytest.fixture
    async def payer(self, actor):
        return await open_account(actor.customer_id, balance=10_000)

    @pytest.fixture
    async def payee(self, actor):
        return await open_account(actor.customer_id)

    async def told(self, actor, endpoint):
        """What is for an endpoint, without what is about webhooks."""
        return [
            row for row in await rows(actor) if row["endpoint_id"] == endpoint.id and "webhook" not in row["event_type"]
        ]

    @pytest.mark.parametrize("payload", [Payload.FULL, Payload.THIN])
    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ([], ["transfer.posted"]),
            (["transfer.*"], ["transfer.posted"]),
            (["transfer.posted"], ["transfer.posted"]),
            (["ledger.*"], []),
            (["ledger.balance_changed"], ["ledger.balance_changed"] * 2),
            (["ledger.balance_changed", "transfer.*"], ["ledger.balance_changed"] * 2 + ["transfer.posted"]),
            (["wallet.balance_changed"], []),
            (["holder.*"], []),
        ],
    )
    async def test_are_told_as_they_are_asked_for(
        self, actor, subscribe, post, payer, payee, payload, wanted, expected
    ):
        endpoint, _ = await subscribe(URL, event_types=wanted, payload=payload)
        await post(payer, payee)
        await fan_out_all(actor)
        told = [row["event_type"] for row in await self.told(actor, endpoint)]
        assert sorted(told) == expected

    async def test_make_a_message_for_each_side_that_is_a_ledger(self, actor, subscribe, post, payer, payee):
        endpoint, _ = await subscribe(URL, event_types=["ledger.balance_changed"])
        transfer = await post(payer, payee)
        await fund(actor.customer_id, payee, 5)
        done = await fan_out_all(actor)
        assert done.deliveries == 3
        event = await fetch("SELECT * FROM events WHERE resource_id = $1", transfer.id)
        event_id = event[0]["id"]
        position = await fetchval("SELECT position FROM feed_entries WHERE event_id = $1", event_id)
        first, second, third = await self.told(actor, endpoint)
        for row, bits, ledger_id in ((first, 0b01, payer), (second, 0b10, payee)):
            assert row["message_id"] == UUID(int=event_id.int | bits)
            assert (row["event_id"], row["event_type"]) == (event_id, "ledger.balance_changed")
            assert (row["resource_type"], row["resource_id"]) == ("ledger", ledger_id)
        assert [first["feed_position"], second["feed_position"]] == [position - 1, position]
        assert third["resource_id"] == payee
        # Even if the position were lost.
        await pool().execute("UPDATE webhook_fan_outs SET position = 0")
        assert (await fan_out_all(actor)).deliveries == 0

    async def test_are_told_of_wallets_to_who_asks_for_them(self, actor, subscribe, post):
        payer = await open_account(actor.customer_id, book=Book.WALLET, balance=100)
        payee = await open_account(actor.customer_id, book=Book.WALLET)
        wallets, _ = await subscribe(URL, event_types=["wallet.balance_changed"])
        ledgers, _ = await subscribe(URL, event_types=["ledger.balance_changed"])
        flat, _ = await subscribe(URL, payload=Payload.NOTIFICATION)
        await post(payer, payee)
        await fan_out_all(actor)
        told = [
            (row["event_type"], row["resource_type"], row["resource_id"]) for row in await self.told(actor, wallets)
        ]
        assert told == [("wallet.balance_changed", "wallet", payer), ("wallet.balance_changed", "wallet", payee)]
        assert await self.told(actor, ledgers) == []
        assert await self.told(actor, flat) == []

    @pytest.mark.parametrize(
        ("wanted", "is_told"),
        [([], True), (["ledger.*"], True), (["ledger.balance_changed"], True), (["holder.*"], False)],
    )
    async def test_are_notified_of_as_changed_ledgers(self, actor, subscribe, post, payer, payee, wanted, is_told):
        endpoint, _ = await subscribe(URL, payload=Payload.NOTIFICATION, event_types=wanted)
        await post(payer, payee)
        await fan_out_all(actor)
        told = [(row["event_type"], row["resource_id"]) for row in await self.told(actor, endpoint)]
        assert told == [("ledger.balance_changed", payer), ("ledger.balance_changed", payee)] * is_told

    @pytest.mark.parametrize(
        ("scope", "expected"),
        [
            ("ledgers:read", {"ledger.balance_changed"}),
            ("transfers:read", {"transfer.posted", "hold.status.placed"}),
            ("accounts:read", set()),
        ],
    )
    async def test_are_told_only_to_who_may_read_them(self, actor, subscribe, post, payer, payee, scope, expected):
        _, key = await create_api_key(actor, CreateApiKey("narrow", ["webhooks:write", scope]))
        narrow = await authenticate(f"API-Key {key}", Via.GRAPHQL)
        wanted = ["ledger.balance_changed", "wallet.balance_changed", "transfer.*", "hold.*"]
        endpoint, _ = await subscribe(URL, by=narrow, event_types=wanted)
        flat, _ = await subscribe(URL, by=narrow, payload=Payload.NOTIFICATION)
        await post(payer, payee)
        await place_hold(
            actor,
            PlaceHold(
                debit_id=str(payer), credit_id=str(payee), amount=AmountText("1.00", "GBP"), idempotency_key="hold"
            ),
        )
        await fan_out_all(actor)
        assert {row["event_type"] for row in await self.told(actor, endpoint)} == expected
        assert {row["event_type"] for row in await self.told(actor, flat)} == expected & {"ledger.balance_changed"}

    async def test_are_not_told_to_an_endpoint_that_was_made_later(self, actor, subscribe, post, payer, payee):
        earlier, _ = await subscribe(URL, event_types=["ledger.balance_changed"])
        await post(payer, payee)
        later, _ = await subscribe(URL, event_types=["ledger.balance_changed"])
        await fan_out_all(actor)
        assert len(await self.told(actor, earlier)) == 2
        assert await self.told(actor, later) == []

    async def test_are_passed_over_where_nobody_wants_them(self, actor, subscribe, post, happen, payer, payee):
        endpoint, _ = await subscribe(URL, event_types=["holder.*"])
        await fan_out_all(actor)
        for _ in range(3):
            await post(payer, payee)
        await happen("holder.created")
        await post(payer, payee)
        done = await fan_out_all(actor)
        assert (done.entries, done.deliveries, done.has_more) == (1, 1, False)
        position = await fetchval("SELECT position FROM webhook_fan_outs")
        assert position == await fetchval("SELECT last_position FROM feeds")
        assert [row["event_type"] for row in await self.told(actor, endpoint)] == ["holder.created"]

    async def test_are_told_whole_wherever_a_pass_ends(self, actor, subscribe, post, payer, payee, monkeypatch):
        monkeypatch.setattr("app.webhooks.deliveries.fan_out.FEW_MAX", 0)
        monkeypatch.setattr("app.webhooks.deliveries.fan_out.POSITIONS_MAX", 1)
        endpoint, _ = await subscribe(URL, event_types=["ledger.balance_changed"])
        await post(payer, payee)
        await post(payee, payer)
        passes = 1
        while (await fan_out_all(actor)).has_more:
            passes += 1
        assert [row["resource_id"] for row in await self.told(actor, endpoint)] == [payer, payee, payee, payer]
        assert passes > 4
