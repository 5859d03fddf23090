"""How many payments there are in each status."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.db.connection import pool
from app.db.identifiers import new_id
from app.kernel.actor import Actor, Via
from app.kernel.errors import Forbidden
from app.payments import payment_counts
from app.payments.payment_counts import PaymentCount, count_payments
from app.payments.status import PaymentStatus

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
INSERT = """
    INSERT INTO payments (customer_id, id, ledger_id, direction, status, status_reason, amount_minor_units, asset,
                          scale, counterparty_name, counterparty_iban, created_at, updated_at)
    VALUES ($1, gen_random_uuid(), $2, 'OUT', $3, CASE WHEN $3 = 'DECLINED' THEN 'No.' END, 1, 'GBP', 2, 'Ada',
            'GB33BUKB20201555555555', $4, $4)
"""


@pytest.fixture
async def made(actor, issue):
    """Make a payment out of a ledger, which nobody carries out."""
    ledger_id = await issue()

    async def made(status, at=NOON):
        await pool().execute(INSERT, actor.customer_id, ledger_id, status, at)

    return made


def told(counts):
    return {one.status.value: (one.count, one.has_more) for one in counts}


async def test_counts_each_status_also_where_nothing_is(actor, made, make_actor):
    for status in ("PENDING", "PENDING", "DECLINED"):
        await made(status)
    assert await count_payments(actor) == [
        PaymentCount(PaymentStatus.PENDING, 2, has_more=False),
        PaymentCount(PaymentStatus.ACCEPTED, 0, has_more=False),
        PaymentCount(PaymentStatus.DECLINED, 1, has_more=False),
    ]
    assert [one.count for one in await count_payments(await make_actor())] == [0, 0, 0]


async def test_counts_those_of_a_time(actor, made):
    for hours in (-1, 0, 1):
        await made("PENDING", NOON + timedelta(hours=hours))
    assert told(await count_payments(actor, since=NOON))["PENDING"] == (2, False)
    assert told(await count_payments(actor, before=NOON))["PENDING"] == (1, False)
    assert told(await count_payments(actor, since=NOON, before=NOON))["PENDING"] == (0, False)


async def test_counts_so_many_at_most(actor, made, monkeypatch):
    monkeypatch.setattr(payment_counts, "COUNTED_MAX", 1)
    for status in ("PENDING", "PENDING", "DECLINED"):
        await made(status)
    assert told(await count_payments(actor)) == {"PENDING": (1, True), "ACCEPTED": (0, False), "DECLINED": (1, False)}


async def test_is_refused_to_who_may_not(actor):
    with pytest.raises(Forbidden) as refusal:
        await count_payments(Actor(actor.customer_id, frozenset({"ledgers:read"}), Via.GRAPHQL, "reader"))
    assert refusal.value.required_scope == "payments:read"
    with pytest.raises(Forbidden, match="not one holder's token"):
        await count_payments(replace(actor, holder_id=new_id()))
