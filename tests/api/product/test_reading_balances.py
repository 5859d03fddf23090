"""Balances as they are read: at an instant, of many ledgers, and the trial balance."""

import pytest

from app.db.connection import fetchval
from app.kernel.clock import rfc3339
from tests.api.product.money import pounds


@pytest.fixture
def scene(ada_and_bob):
    return ada_and_bob


BALANCE_AT = "query ($id: ID!, $at: DateTime!) { ledger(by: { id: $id }) { balanceAt(at: $at) { value asset } } }"


async def test_tells_a_balance_at_an_instant(scene):
    made = await scene.done("postTransfer", amount=pounds("30"))
    for at, value in (
        ("1970-01-01T00:00:00Z", "0.00"),
        (made["postedAt"], "70.00"),
        (rfc3339(await fetchval("SELECT clock_timestamp()")), "70.00"),
    ):
        told = await scene.client.data(BALANCE_AT, id=scene.payer, at=at)
        assert told["ledger"]["balanceAt"] == {"value": value, "asset": "GBP"}, at


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "yesterday", ""])
async def test_refuses_an_instant_that_is_to_come_or_none(scene, at):
    body = await scene.client.ask(BALANCE_AT, id=scene.payer, at=at)
    (error,) = body["errors"]
    assert body["data"] == {"ledger": None}
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", ["at"])


async def test_reads_the_balances_of_a_list_at_once(scene, monkeypatch):
    await scene.done("postTransfer", amount=pounds("30"))
    statements = []

    async def note(sql, *arguments):
        statements.append(sql)
        return await app_fetch(sql, *arguments)

    from app.journal import balances_at  # noqa: PLC0415 - patched here alone

    app_fetch = balances_at.fetch
    monkeypatch.setattr(balances_at, "fetch", note)
    now = rfc3339(await fetchval("SELECT clock_timestamp()"))
    told = await scene.client.data(
        """query ($ids: [ID!]!, $at: DateTime!) { ledgers(filter: { ids: $ids }) { nodes {
            id balanceAt(at: $at) { value } before: balanceAt(at: "2020-01-01T00:00:00Z") { value } } } }""",
        ids=[scene.payer, scene.payee, scene.ada],
        at=now,
    )
    assert {node["id"]: node["balanceAt"]["value"] for node in told["ledgers"]["nodes"]} == {
        scene.payer: "70.00",
        scene.payee: "30.00",
        scene.ada: "50.00",
    }
    assert {node["before"]["value"] for node in told["ledgers"]["nodes"]} == {"0.00"}
    # All at once; and once more, after what could still be on its way to so young an instant was waited for.
    assert len(statements) == 2


async def test_tells_the_trial_balance(scene):
    await scene.done("postTransfer", amount=pounds("30"))
    told = await scene.client.data("{ trialBalance { lines { asset scale debits credits } balanced at } }")
    assert told["trialBalance"].pop("at") <= rfc3339(await fetchval("SELECT clock_timestamp()"))
    assert told["trialBalance"] == {
        "lines": [
            {"asset": "GBP", "scale": 2, "debits": "180.00", "credits": "180.00"},
            {"asset": "GOLD", "scale": 4, "debits": "10.0000", "credits": "10.0000"},
        ],
        "balanced": True,
    }
