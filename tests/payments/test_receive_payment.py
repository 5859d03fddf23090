"""Money sent to an account that the simulated bank gave out arrives there, once, or comes back."""

import asyncio
import importlib

import pytest

from app.db.connection import fetch, fetchval, pool
from app.journal.amounts import TOTAL_MAX, AmountText
from app.kernel.actor import worker_actor
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.outbox import drain
from app.partners.adapters.simulator import Simulator
from app.partners.port import AccountRequest, PartnerUnavailable
from app.partners.read_catalog import load_catalog
from app.payments.carry_out_payment import carry_out_payment
from app.payments.counterparty import CounterpartyText
from app.payments.receive_payment import receive_payment, return_payment
from app.proof.prove_books import prove_books
from app.settings import load_settings
from tests.bookkeeping import balance_of
from tests.payments.conftest import (
    a_holder,
    account_of,
    customer_name,
    hold_of,
    stored_payment,
    while_it_is_closed,
)


@pytest.fixture
async def other(make_actor):
    """Another customer."""
    return await make_actor()


@pytest.fixture
async def theirs(other, issue):
    """Another customer's ledger."""
    return await issue(by=other)


@pytest.fixture
def pay(send, work):
    """A function that sends thirty pounds to a ledger by its IBAN, and does what that promises; answers its row."""

    async def go(ledger_id, to, key="key-1", **wanted):
        iban, _, _ = await account_of(to)
        wanted = {"counterparty": CounterpartyText("Grace Hopper", iban=iban), "reference": "Invoice 117", **wanted}
        payment, _ = await send(ledger_id, key=key, **wanted)
        await work()
        return await stored_payment(payment.id)

    return go


async def arrivals_at(ledger_id):
    """The payments that came in at a ledger but for the money that the tests begin with, oldest first."""
    return await fetch(
        "SELECT * FROM payments WHERE ledger_id = $1 AND direction = 'IN' AND partner_reference IS NOT NULL"
        " ORDER BY created_at, id",
        ledger_id,
    )


async def promised():
    return [row["kind"] for row in await fetch("SELECT kind FROM outbox_messages ORDER BY created_at, id")]


async def assert_proved(*actors):
    for actor in actors:
        proof = await prove_books(actor.customer_id)
        assert proof.is_proven, proof.findings.kept


async def test_arrives_at_another_customer_s_ledger_as_a_bank_would_tell_it(actor, other, ledger_id, theirs, pay):
    sent = await pay(ledger_id, theirs, metadata={"secret": "of the sender's"})

    assert (sent["status"], await balance_of(actor.customer_id, ledger_id)) == ("ACCEPTED", (7_000, 0, 2))
    assert await balance_of(other.customer_id, theirs) == (3_000, 0, 1)
    [came] = await arrivals_at(theirs)
    iban, sort_code, account_number = await account_of(ledger_id)
    told = {
        "customer_id": other.customer_id,
        "status": "ACCEPTED",
        "status_reason": None,
        "amount_minor_units": 3_000,
        "asset": "GBP",
        "counterparty_name": await customer_name(actor),
        "counterparty_iban": iban,
        "counterparty_sort_code": sort_code,
        "counterparty_account_number": account_number,
        "reference": "Invoice 117",
        "metadata": {},
        "partner_reference": sent["partner_reference"],
    }
    assert {name: came[name] for name in told} == told
    assert came["id"] != sent["id"]
    events = await fetch("SELECT * FROM events WHERE resource_id = $1", came["id"])
    assert [(row["type"], row["request_id"], row["actor"]) for row in events] == [
        ("payment.status.accepted", None, worker_actor(other.customer_id).name)
    ]
    for row in await fetch("SELECT * FROM events WHERE customer_id = $1", other.customer_id):
        assert str(actor.customer_id) not in str(dict(row))
        assert str(sent["id"]) not in str(dict(row))
        assert "secret" not in str(dict(row))
    assert await promised() == []


@pytest.mark.parametrize("by", ["iban", "uk_bank_account", "both"])
async def test_finds_the_account_however_it_is_named(actor, ledger_id, issue, pay, by):
    mine = await issue()
    iban, *numbers = await account_of(mine)
    named = {"iban": {"iban": iban}, "uk_bank_account": {"uk_bank_account": tuple(numbers)}}
    named["both"] = named["iban"] | named["uk_bank_account"]
    await pay(ledger_id, mine, counterparty=CounterpartyText("Ada", **named[by]))
    assert await balance_of(actor.customer_id, mine) == (3_000, 0, 1)
    assert await balance_of(actor.customer_id, ledger_id) == (7_000, 0, 2)


async def test_tells_the_holder_s_name(actor, issue, receive, pay):
    held, mine = await issue(holder_id=await a_holder(actor)), await issue()
    await receive(held)
    await pay(held, mine)
    [came] = await arrivals_at(mine)
    assert came["counterparty_name"] == "Ada"


async def test_arrives_at_the_very_ledger_that_sent_it(actor, ledger_id, pay):
    await pay(ledger_id, ledger_id)
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 3)


async def test_leaves_for_elsewhere_where_the_bank_gave_no_such_account(actor, ledger_id, send, work):
    payment, _ = await send(ledger_id)
    await work()
    assert (await stored_payment(payment.id))["status"] == "ACCEPTED"
    assert await fetchval("SELECT count(*) FROM simulator_arrivals") == 0
    assert await balance_of(actor.customer_id, ledger_id) == (7_000, 0, 2)


async def test_is_written_as_declined_at_a_closed_ledger_and_comes_back(actor, other, ledger_id, theirs, pay):
    await close_ledger(other, CloseLedger(str(theirs)))
    sent = await pay(ledger_id, theirs)

    [declined] = await arrivals_at(theirs)
    assert (declined["status"], declined["status_reason"]) == ("DECLINED", "The ledger is CLOSED.")
    assert await balance_of(other.customer_id, theirs) == (0, 0, 0)
    [returned] = await arrivals_at(ledger_id)
    assert (sent["status"], returned["status"], returned["amount_minor_units"]) == ("ACCEPTED", "ACCEPTED", 3_000)
    assert returned["reference"] == f"Returned: {sent['partner_reference']}"
    iban, _, _ = await account_of(theirs)
    assert (returned["counterparty_name"], returned["counterparty_iban"]) == ("Grace Hopper", iban)
    assert returned["partner_reference"] != sent["partner_reference"]
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 3)
    assert await promised() == []


async def test_never_goes_back_and_forth(actor, other, ledger_id, theirs, send, work):
    """Both ledgers are closed while the money is on its way: it stays at the bank, and both say so."""
    await close_ledger(other, CloseLedger(str(theirs)))
    iban, _, _ = await account_of(theirs)
    payment, _ = await send(ledger_id, "100.00", counterparty=CounterpartyText("Grace", iban=iban))
    actor_of_work = worker_actor(actor.customer_id)
    await _carry_out_only(actor_of_work, payment.id)
    await close_ledger(actor, CloseLedger(str(ledger_id)))
    await work()
    assert [row["status"] for row in await arrivals_at(theirs)] == ["DECLINED"]
    assert [row["status"] for row in await arrivals_at(ledger_id)] == ["DECLINED"]
    assert await promised() == []


async def test_is_seen_to_be_closed_meanwhile(actor, issue, ledger_id, send, work, bank):
    mine = await issue()
    await send(ledger_id, counterparty=CounterpartyText("Ada", iban=(await account_of(mine))[0]))
    await _all_but("receive_payment", work)
    arrival = await bank.find_arrival(await fetchval("SELECT resource_id FROM outbox_messages"))
    receiving = await while_it_is_closed(actor, mine, lambda: receive_payment(worker_actor(actor.customer_id), arrival))
    await receiving
    [declined] = await arrivals_at(mine)
    assert (declined["status"], declined["status_reason"]) == ("DECLINED", "The ledger is CLOSED.")
    await work()
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 3)


async def test_is_declined_where_it_would_pass_38_digits(actor, issue, ledger_id, pay):
    mine = await issue()
    await pool().execute("UPDATE posting_accounts SET credits = $2, debits = $2 WHERE id = $1", mine, TOTAL_MAX - 1)
    await pay(ledger_id, mine)
    [declined] = await arrivals_at(mine)
    assert declined["status"] == "DECLINED"
    assert "38 digits" in declined["status_reason"]
    assert (await balance_of(actor.customer_id, ledger_id))[0] == 10_000


async def test_is_refused_by_the_bank_where_the_account_takes_another_currency(actor, ledger_id, issue, send, work):
    euros = await issue(partner_product="PayrNet-EUR-1", asset="EUR")
    await assign_iban(actor, AssignIban(str(euros)))
    await work()
    payment, _ = await send(ledger_id, counterparty=CounterpartyText("Ada", iban=(await account_of(euros))[0]))
    await work()
    row = await stored_payment(payment.id)
    assert (row["status"], row["status_reason"]) == ("DECLINED", "The account at the other end takes EUR, not GBP.")
    assert (await hold_of(payment.id))["status"] == "RELEASED"
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 1)
    assert await arrivals_at(euros) == []


async def test_carries_euros_too(actor, issue, receive, send, work):
    one, two = [await issue(partner_product="PayrNet-EUR-1", asset="EUR") for _ in range(2)]
    await assign_iban(actor, AssignIban(str(two)))
    await work()
    await receive(one, amount=AmountText("5.00", "EUR"))
    to = CounterpartyText("Ada", iban=(await account_of(two))[0])
    await send(one, amount=AmountText("5.00", "EUR"), counterparty=to)
    await work()
    assert (await balance_of(actor.customer_id, one))[0] == 0
    assert (await balance_of(actor.customer_id, two))[0] == 500


async def test_waits_for_an_account_whose_opening_is_not_recorded_yet(actor, ledger_id, issue, send, carry_out, bank):
    mine = await issue(is_provisioned=False)
    opened = await bank.open_account(await _account_request(mine))
    payment, _ = await send(ledger_id, counterparty=CounterpartyText("Ada", iban=opened.iban))
    with pytest.raises(PartnerUnavailable, match="still being opened"):
        await carry_out(payment.id)
    assert (await stored_payment(payment.id))["status"] == "PENDING"
    assert await fetchval("SELECT count(*) FROM simulator_payments") == 0


async def test_arrives_once_however_often_and_by_however_many_it_is_received(actor, issue, ledger_id, send, work, bank):
    mine = await issue()
    await send(ledger_id, counterparty=CounterpartyText("Ada", iban=(await account_of(mine))[0]))
    await _all_but("receive_payment", work)
    arrival = await bank.find_arrival(await fetchval("SELECT resource_id FROM outbox_messages"))
    worker = worker_actor(actor.customer_id)
    await asyncio.gather(*(receive_payment(worker, arrival) for _ in range(4)))
    await receive_payment(worker, arrival)
    await work()
    assert len(await arrivals_at(mine)) == 1
    assert await balance_of(actor.customer_id, mine) == (3_000, 0, 1)


async def test_comes_back_once_however_often_it_is_sent_back(actor, other, ledger_id, theirs, pay, bank, work):
    await close_ledger(other, CloseLedger(str(theirs)))
    await pay(ledger_id, theirs)
    [declined] = await arrivals_at(theirs)
    await asyncio.gather(
        *(return_payment(worker_actor(other.customer_id), declined["id"], partner_for=lambda _: bank) for _ in range(4))
    )
    await work()
    assert await balance_of(actor.customer_id, ledger_id) == (10_000, 0, 3)
    assert len(await arrivals_at(ledger_id)) == 1


@pytest.mark.parametrize("is_closed", [False, True])
async def test_is_whole_wherever_a_worker_dies_between_the_steps(
    actor, other, ledger_id, theirs, pay, monkeypatch, is_closed
):
    """Every piece of work is done, and then its worker dies before it can strike it off: all is done once more."""
    if is_closed:
        await close_ledger(other, CloseLedger(str(theirs)))
    done_twice = []

    async def die(message):
        if message.id not in done_twice:
            done_twice.append(message.id)
            await pool().execute("UPDATE outbox_messages SET next_attempt_at = now() WHERE id = $1", message.id)
            return False
        return await strike_off(message)

    strike_off = drain.record_done
    monkeypatch.setattr(drain, "record_done", die)
    sent = await pay(ledger_id, theirs)
    while await promised():
        sent = await pay(ledger_id, theirs)  # The same key: only what is promised is done.
    assert sent["status"] == "ACCEPTED"
    assert len(done_twice) == (4 if is_closed else 2)
    assert [row["status"] for row in await arrivals_at(theirs)] == ["DECLINED" if is_closed else "ACCEPTED"]
    assert (await balance_of(other.customer_id, theirs))[0] == (0 if is_closed else 3_000)
    assert (await balance_of(actor.customer_id, ledger_id))[0] == (10_000 if is_closed else 7_000)
    await assert_proved(actor, other)


@pytest.mark.parametrize("dies_at", ["tell", "promise"])
async def test_leaves_nothing_half_done_where_the_bank_or_the_worker_fails(
    actor, other, ledger_id, theirs, pay, work, monkeypatch, dies_at
):
    """A failure within a step undoes the step, and the promise does it again."""
    failures = []
    module = {"tell": "app.payments.record_arrival.tell", "promise": "app.partners.adapters.simulated_arrivals.promise"}

    async def fail_once(*arguments, **named):
        if not failures:
            failures.append(1)
            raise OSError("killed")
        return await real(*arguments, **named)

    path, name = module[dies_at].rsplit(".", 1)
    real = getattr(importlib.import_module(path), name)
    monkeypatch.setattr(module[dies_at], fail_once)
    await pay(ledger_id, theirs)
    await work.through_all_retries()
    assert failures == [1]
    assert [row["status"] for row in await arrivals_at(theirs)] == ["ACCEPTED"]
    assert await balance_of(other.customer_id, theirs) == (3_000, 0, 1)
    assert await balance_of(actor.customer_id, ledger_id) == (7_000, 0, 2)
    await assert_proved(actor, other)


async def _account_request(ledger_id):
    return AccountRequest(ledger_id, "PayrNet-GBP-1", "GBP", None, {})


async def _carry_out_only(worker, payment_id):
    simulator = Simulator(load_catalog(load_settings()), delay_seconds=0)
    await carry_out_payment(worker, payment_id, partner_for=lambda _: simulator)


async def _all_but(kind, work):
    """Do what is promised, but not work of this kind: its handler is put aside meanwhile."""
    handlers = dict(work._handlers)
    work._handlers = {name: handler for name, handler in handlers.items() if name != kind}
    await work()
    work._handlers = handlers
    await pool().execute("UPDATE outbox_messages SET next_attempt_at = now()")
