import asyncio

import pytest
from schwifty import IBAN

from app.db.connection import fetchval
from app.ledgers.assign_iban import AssignIban, assign_iban
from app.ledgers.close_ledger import CloseLedger, close_ledger
from app.outbox.drain import Unavailable
from app.partners.port import PartnerDeclined
from tests.ledgers.conftest import EUR, GivingBank


@pytest.fixture
def asked(actor, issue, make_holder, work):
    """A function that makes a EUR ledger, OK, whose IBAN was asked for."""

    async def make(**wanted):
        ledger_id = await issue(await make_holder(), **EUR, **wanted)
        await work.provision(ledger_id)
        await assign_iban(actor, AssignIban(str(ledger_id)))
        return ledger_id

    return make


async def test_gives_a_valid_iban_and_its_bic(asked, work, read, told):
    ledger_id = await asked()
    await work.obtain(ledger_id)
    ledger = await read(ledger_id)
    iban = IBAN(ledger.iban)
    assert (iban.country_code, iban.bank_code, ledger.bic) == ("GB", "PAYR", "PAYRGB2LXXX")
    assert (ledger.iban_status, ledger.sort_code, ledger.is_settled) == ("OK", None, True)
    assert (await told(ledger_id))[2:] == [
        ("ledger.iban_status.pending", 3, {"iban_status": "NOT_REQUESTED"}),
        ("ledger.iban_status.ok", 4, {"iban_status": "PENDING"}),
    ]


@pytest.mark.parametrize(
    ("simulate", "status"), [("unable-to-advance", "UNABLE_TO_ADVANCE"), ("decline-iban", "DECLINED")]
)
async def test_records_that_nothing_came_of_it(asked, work, read, told, simulate, status):
    ledger_id = await asked(metadata={"simulate": simulate})
    await work.obtain(ledger_id)
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.iban_status, ledger.iban, ledger.bic) == ("OK", status, None, None)
    assert (await told(ledger_id))[-1] == (f"ledger.iban_status.{status.lower()}", 4, {"iban_status": "PENDING"})


async def test_changes_nothing_while_the_bank_is_unavailable_then_goes_on(asked, work, read):
    ledger_id = await asked()
    await work.all.through_all_retries()
    assert (await read(ledger_id)).iban_status == "OK"


async def test_tries_again_until_the_bank_recovers(actor, issue, make_holder, work, read):
    ledger_id = await issue(await make_holder(), metadata={"simulate": "unavailable"}, **EUR)
    await work.all.through_all_retries()
    await assign_iban(actor, AssignIban(str(ledger_id)))
    for _ in range(3):
        with pytest.raises(Unavailable):
            await work.obtain(ledger_id)
    assert (await read(ledger_id)).iban_status == "PENDING"
    await work.obtain(ledger_id)
    assert (await read(ledger_id)).iban_status == "OK"


async def test_is_once_however_often_and_however_many_run(asked, work, told_types):
    for _ in range(10):
        ledger_id = await asked()
        await asyncio.gather(*(work.obtain(ledger_id) for _ in range(3)))
        await work.all()
        assert (await told_types(ledger_id))[2:] == ["ledger.iban_status.pending", "ledger.iban_status.ok"]
    assert await fetchval("SELECT count(*) FROM simulator_ibans") == 10
    assert await fetchval("SELECT count(DISTINCT iban) FROM ledgers") == 10


async def test_records_nothing_for_a_ledger_that_was_closed_meanwhile(asked, work, read, halting_bank, actor, told):
    ledger_id = await asked()

    async def close():
        await close_ledger(actor, CloseLedger(str(ledger_id)))

    halting_bank.before_answer = close
    await work.obtain(ledger_id, bank=halting_bank)
    ledger = await read(ledger_id)
    assert (ledger.status, ledger.iban_status, ledger.iban) == ("CLOSED", "DECLINED", None)
    assert (await told(ledger_id))[3:] == [
        ("ledger.status.closed", 4, {"status": "OK"}),
        ("ledger.iban_status.declined", 5, {"iban_status": "PENDING"}),
    ]


async def test_takes_no_late_answer_for_that_of_a_newer_request(actor, asked, work, read):
    ledger_id = await asked()

    class Declining:
        async def assign_iban(self, request):
            raise PartnerDeclined("The bank declined this request.")

    class LateDeclining:
        async def assign_iban(self, request):
            await work.obtain(ledger_id, bank=Declining())
            await assign_iban(actor, AssignIban(str(ledger_id)))
            raise PartnerDeclined("The bank declined the first request.")

    await work.obtain(ledger_id, bank=LateDeclining())
    assert (await read(ledger_id)).iban_status == "PENDING"
    await work.all()
    assert (await read(ledger_id)).iban_status == "OK"


async def test_refuses_an_iban_that_another_customers_ledger_has(asked, work, read, other_actor, issue):
    ledger_id = await asked()
    await work.obtain(ledger_id)
    taken = (await read(ledger_id)).iban
    second = await asked()
    with pytest.raises(Unavailable):
        await work.obtain(second, bank=GivingBank(iban=taken))
    assert ((await read(second)).iban_status, (await read(second)).iban) == ("PENDING", None)


async def test_does_nothing_for_a_ledger_that_is_not_ok_yet(actor, issue, make_holder, work, read):
    ledger_id = await issue(await make_holder(), **EUR)
    await assign_iban(actor, AssignIban(str(ledger_id)))
    await work.obtain(ledger_id)
    assert (await read(ledger_id)).iban_status == "PENDING"
    assert await fetchval("SELECT count(*) FROM simulator_requests") == 0
