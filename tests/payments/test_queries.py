"""Lists of payments: newest first, by every filter, in pages; one holder's actor sees its own only."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.db.pages import Page
from app.journal.amount_range import check_amount_range
from app.kernel.errors import Forbidden, Invalid
from app.payments.counterparty import CounterpartyText, account_of_iban
from app.payments.queries import PaymentFilter, find_payments, payment_cursors, read_payments
from app.payments.status import PaymentDirection, PaymentStatus
from tests.payments.conftest import a_holder, declining


@pytest.fixture
async def payments(actor, issue, ledger_id, receive, send, carry_out):
    """Five payments of two ledgers, oldest first."""
    other_ledger = await issue()
    (first,) = await read_payments(actor, PaymentFilter(), Page(10))
    accepted, _ = await send(ledger_id, "1.00", "key-1", reference="Rent")
    await carry_out(accepted.id)
    declined, _ = await send(ledger_id, "2.00", "key-2")
    await carry_out(declined.id, partner=declining())
    pending, _ = await send(ledger_id, "3.00", "key-3", reference="Rent")
    elsewhere, _ = await receive(other_ledger, reference="Salary")
    ids = [first.id, accepted.id, declined.id, pending.id, elsewhere.id]
    found = await find_payments(actor, ids)
    return [found[one] for one in ids]


async def test_lists_the_newest_first(actor, payments):
    assert await read_payments(actor, PaymentFilter(), Page(10)) == payments[::-1]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"direction": PaymentDirection.OUT}, [3, 2, 1]),
        ({"direction": PaymentDirection.IN}, [4, 0]),
        ({"status": (PaymentStatus.PENDING,)}, [3]),
        ({"status": (PaymentStatus.PENDING, PaymentStatus.DECLINED)}, [3, 2]),
        ({"status": ()}, []),
        ({"amount": check_amount_range("2", "3.00", "GBP", (), is_of_account=False)}, [3, 2]),
        ({"amount": check_amount_range("100", "100", "gbp", (), is_of_account=False)}, [4, 0]),
        ({"amount": check_amount_range("0", None, "EUR", (), is_of_account=False)}, []),
        ({"reference": "Rent"}, [3, 1]),
        ({"reference": "rent"}, []),
        ({"reference": "Rent", "status": (PaymentStatus.ACCEPTED,)}, [1]),
    ],
)
async def test_lists_those_that_a_filter_asks_for(actor, payments, wanted, expected):
    found = await read_payments(actor, PaymentFilter(**wanted), Page(10))
    assert found == [payments[number] for number in expected]


async def test_lists_those_of_a_ledger_or_of_a_time(actor, payments):
    of_ledger = PaymentFilter(ledger_id=payments[0].ledger_id)
    assert await read_payments(actor, of_ledger, Page(10)) == payments[3::-1]
    since = PaymentFilter(created_at_gte=payments[2].created_at)
    assert await read_payments(actor, since, Page(10)) == payments[:1:-1]
    until = PaymentFilter(created_at_lt=payments[2].created_at)
    assert await read_payments(actor, until, Page(10)) == payments[1::-1]
    moment = timedelta(microseconds=1)
    both = PaymentFilter(created_at_gte=payments[2].created_at, created_at_lt=payments[2].created_at + moment)
    assert await read_payments(actor, both, Page(10)) == [payments[2]]


async def test_goes_on_after_a_cursor(actor, payments):
    wanted = PaymentFilter(ledger_id=payments[0].ledger_id)
    seen, after = [], None
    while page := await read_payments(actor, wanted, Page(1, after)):
        seen += page
        (after,) = payment_cursors(wanted, page)
    assert seen == payments[3::-1]


async def test_refuses_a_cursor_of_another_filter(actor, payments):
    (cursor,) = payment_cursors(PaymentFilter(), [payments[0]])
    for wanted in (PaymentFilter(reference="Rent"), PaymentFilter(direction=PaymentDirection.OUT)):
        with pytest.raises(Invalid) as refused:
            await read_payments(actor, wanted, Page(10, cursor))
        assert refused.value.path == ("after",)


async def test_knows_the_hold_and_the_transfer(payments):
    first, accepted, declined, pending, elsewhere = payments
    assert [one.hold_id is None for one in payments] == [True, False, False, False, True]
    assert [one.transfer_id is None for one in payments] == [False, False, True, True, False]
    assert len({one.transfer_id for one in (first, accepted, elsewhere)}) == 3
    assert len({one.hold_id for one in (accepted, declined, pending)}) == 3


async def test_shows_nothing_of_another_customer(make_actor, payments):
    other = await make_actor()
    assert await read_payments(other, PaymentFilter(), Page(10)) == []
    assert await read_payments(other, PaymentFilter(ledger_id=payments[0].ledger_id), Page(10)) == []
    assert await find_payments(other, [one.id for one in payments]) == {}


async def test_shows_one_holder_those_of_its_own_ledgers_only(actor, issue, receive, payments):
    holder_id = await a_holder(actor)
    ledgers = [await issue(holder_id=holder_id) for _ in range(2)]
    own = [(await receive(ledgers[number % 2], reference="Rent"))[0] for number in range(4)]
    token = replace(actor, holder_id=holder_id)

    assert await read_payments(token, PaymentFilter(), Page(10)) == own[::-1]
    assert await read_payments(token, PaymentFilter(reference="Rent"), Page(3)) == own[:0:-1]
    assert await read_payments(token, PaymentFilter(ledger_id=ledgers[0]), Page(10)) == own[2::-2]
    assert await read_payments(token, PaymentFilter(ledger_id=payments[0].ledger_id), Page(10)) == []
    assert await find_payments(token, [one.id for one in (*own, *payments)]) == {one.id: one for one in own}
    (cursor,) = payment_cursors(PaymentFilter(), [own[2]])
    assert await read_payments(token, PaymentFilter(), Page(10, cursor)) == own[1::-1]


async def test_asks_for_its_scope(actor, payments):
    blind = replace(actor, scopes=frozenset({"payments:write", "transfers:read"}))
    for reading in (find_payments(blind, [payments[0].id]), read_payments(blind, PaymentFilter(), Page(1))):
        with pytest.raises(Forbidden) as refused:
            await reading
        assert refused.value.required_scope == "payments:read"


@pytest.fixture
async def counterparties(actor, ledger_id, receive, send, carry_out):
    """Payments with others, by who they are with."""
    wanted = {
        "iban": CounterpartyText("Grace Hopper", iban="GB33BUKB20201555555555"),
        "british": CounterpartyText("grace HOPPER", uk_bank_account=("202015", "55555555")),
        "german": CounterpartyText("Émile Borel", iban="DE89370400440532013000"),
        "neighbor": CounterpartyText("Grace", uk_bank_account=("202015", "55555556")),
    }
    made = {}
    for number, (name, counterparty) in enumerate(wanted.items()):
        sent, _ = await send(ledger_id, "1.00", name, counterparty=counterparty, metadata={"n": number, "of": "order"})
        await carry_out(sent.id)
        made[name] = sent.id
    return made


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"counterparty": account_of_iban("GB33 BUKB 2020 1555 5555 55", ())}, {"iban", "british"}),
        ({"counterparty": account_of_iban("de89370400440532013000", ())}, {"german"}),
        ({"counterparty": account_of_iban("GB94BARC10201530093459", ())}, set()),
        ({"counterparty_name": "GRACE hopper"}, {"iban", "british"}),
        ({"counterparty_name": "Hopper"}, set()),
        ({"counterparty_name": "émile borel"}, {"german"}),
        ({"metadata": {"of": "order", "n": 2}}, {"german"}),
        ({"metadata": {"n": "2"}}, set()),
        ({"metadata": {}}, ...),
    ],
)
async def test_finds_those_with_a_counterparty_or_metadata(actor, counterparties, wanted, expected):
    found = {one.id for one in await read_payments(actor, PaymentFilter(**wanted), Page(10))}
    assert found & set(counterparties.values()) == (
        set(counterparties.values()) if expected is ... else {counterparties[name] for name in expected}
    )
    if expected is not ...:
        assert len(found) == len(expected)


async def test_finds_one_by_what_the_bank_calls_it(actor, make_actor, counterparties):
    found = await find_payments(actor, list(counterparties.values()))
    called = {name: found[one].partner_reference for name, one in counterparties.items()}
    for name, reference in called.items():
        [one] = await read_payments(actor, PaymentFilter(partner_reference=reference), Page(10))
        assert one.id == counterparties[name]
        assert await read_payments(await make_actor(), PaymentFilter(partner_reference=reference), Page(10)) == []
