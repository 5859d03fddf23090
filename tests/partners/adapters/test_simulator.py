import asyncio
from uuid import uuid4

import pytest
from bank_partner_contract import BankPartnerContract
from schwifty import IBAN

from app.db.connection import fetch, fetchrow, fetchval
from app.kernel.money import Money, Unit
from app.partners.adapters.simulator import Simulator
from app.partners.port import (
    AccountRequest,
    BankAccount,
    Counterparty,
    IbanRequest,
    PartnerDeclined,
    PartnerUnableToAdvance,
    PartnerUnavailable,
    PaymentRequest,
)
from app.partners.read_catalog import SHIPPED_FILE


@pytest.fixture
def simulator(database, load):
    return Simulator(load(), delay_seconds=0)


def gbp(simulate=None, product="PayrNet-GBP-1"):
    return AccountRequest(uuid4(), product, "GBP", "Ada Lovelace", {"simulate": simulate} if simulate else {})


def eur(simulate=None, product="PayrNet-EUR-1"):
    return IbanRequest(uuid4(), uuid4(), product, "EUR", {"simulate": simulate} if simulate else {})


def payment(simulate=None, product="PayrNet-GBP-1", counterparty=None):
    return PaymentRequest(
        payment_id=uuid4(),
        customer_id=uuid4(),
        ledger_id=uuid4(),
        product=product,
        amount=Money(3_000, Unit("GBP", 2)),
        payer=Counterparty("Ada Lovelace"),
        counterparty=counterparty or Counterparty("Grace Hopper", iban="GB33BUKB20201555555555"),
        reference="Invoice 117",
        metadata={"simulate": simulate} if simulate else {},
    )


class TestPayrNet(BankPartnerContract):
    gbp_product, eur_product = "PayrNet-GBP-1", "PayrNet-EUR-1"

    @pytest.fixture
    def bank(self, simulator):
        return simulator


class TestExampleBank(BankPartnerContract):
    gbp_product, eur_product = "ExampleBank-GBP-1", "ExampleBank-EUR-1"

    @pytest.fixture
    def bank(self, simulator):
        return simulator


async def test_counts_account_numbers_up_from_the_first(simulator):
    first = await simulator.open_account(gbp())
    second = await simulator.open_account(gbp())
    assert first == BankAccount("040052", "00000001", "GB02PAYR04005200000001", "PAYRGB2LXXX")
    assert (second.sort_code, second.account_number) == ("040052", "00000002")
    other = await simulator.open_account(gbp(product="ExampleBank-GBP-1"))
    assert (other.sort_code, other.account_number, other.bic) == ("990001", "00000001", "EXMPGB2LXXX")


async def test_makes_ibans_whose_bic_an_independent_list_knows(simulator):
    account = await simulator.open_account(gbp())
    assigned = await simulator.assign_iban(eur())
    assert str(IBAN(account.iban).bic) == account.bic == "PAYRGB2LXXX"
    assert str(IBAN(assigned.iban).bic) == assigned.bic == "PAYRGB2LXXX"


async def test_gives_way_to_the_next_sort_code_when_one_is_full(simulator):
    await fetch("INSERT INTO simulator_sort_codes VALUES ('040052', 99999998)")
    accounts = [await simulator.open_account(gbp()) for _ in range(3)]
    assert [(account.sort_code, account.account_number) for account in accounts] == [
        ("040052", "99999999"),
        ("040053", "00000001"),
        ("040053", "00000002"),
    ]


async def test_is_unavailable_when_all_sort_codes_are_full(simulator):
    for code in ("040052", "040053", "040054"):
        await fetch("INSERT INTO simulator_sort_codes VALUES ($1, 99999999)", code)
    with pytest.raises(PartnerUnavailable, match="All sort codes of PayrNet-GBP-1 are full"):
        await simulator.open_account(gbp())
    assert await fetchval("SELECT count(*) FROM simulator_accounts") == 0


async def test_remembers_what_another_process_was_asked(simulator, load):
    request = gbp()
    opened = await simulator.open_account(request)
    assert await Simulator(load(), delay_seconds=0).open_account(request) == opened


async def test_has_done_its_part_even_if_the_asker_dies_before_the_answer(database, load):
    slow = Simulator(load(), delay_seconds=3600)
    request = gbp()
    asking = asyncio.create_task(slow.open_account(request))
    while not await fetchval("SELECT count(*) FROM simulator_accounts"):
        await asyncio.sleep(0.01)
    assert not asking.done()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    again = await Simulator(load(), delay_seconds=0).open_account(request)
    assert again.account_number == "00000001"
    assert await fetchval("SELECT count(*) FROM simulator_accounts") == 1


async def test_declines_a_ledger_when_asked_to(simulator):
    request = gbp("decline")
    for _ in range(2):
        with pytest.raises(PartnerDeclined) as refusal:
            await simulator.open_account(request)
        assert refusal.value.reason == "The bank declined this ledger."
    assert await fetchval("SELECT count(*) FROM simulator_accounts") == 0


async def test_is_unavailable_three_times_then_recovers(simulator):
    request = gbp("unavailable")
    for _ in range(3):
        with pytest.raises(PartnerUnavailable):
            await simulator.open_account(request)
    assert (await simulator.open_account(request)).account_number == "00000001"
    iban_request = eur("unavailable")
    for _ in range(3):
        with pytest.raises(PartnerUnavailable):
            await simulator.assign_iban(iban_request)
    assert (await simulator.assign_iban(iban_request)).iban.startswith("GB")
    payment_request = payment("unavailable")
    for _ in range(3):
        with pytest.raises(PartnerUnavailable):
            await simulator.send_payment(payment_request)
    assert await fetchval("SELECT count(*) FROM simulator_payments") == 0
    assert (await simulator.send_payment(payment_request)).partner_reference.startswith("SIM-")


async def test_declines_an_iban_when_asked_to(simulator):
    with pytest.raises(PartnerDeclined) as refusal:
        await simulator.assign_iban(eur("decline-iban"))
    assert refusal.value.reason == "The bank declined this request for an IBAN."
    assert await fetchval("SELECT count(*) FROM simulator_ibans") == 0


async def test_remembers_what_it_paid(simulator, load):
    request = payment()
    sent = await simulator.send_payment(request)
    row = await fetchrow("SELECT * FROM simulator_payments")
    assert (row["payment_id"], row["ledger_id"], row["product"]) == (
        request.payment_id,
        request.ledger_id,
        "PayrNet-GBP-1",
    )
    assert (row["amount_minor_units"], row["asset"], row["scale"], row["reference"]) == (3_000, "GBP", 2, "Invoice 117")
    assert (row["counterparty_name"], row["counterparty_account"]) == ("Grace Hopper", "GB33BUKB20201555555555")
    assert row["partner_reference"] == sent.partner_reference
    assert await Simulator(load(), delay_seconds=0).send_payment(request) == sent
    assert await fetchval("SELECT count(*) FROM simulator_payments") == 1


async def test_remembers_a_british_account_that_it_paid(simulator):
    await simulator.send_payment(payment(counterparty=Counterparty("Grace", None, "202015", "55555555")))
    assert await fetchval("SELECT counterparty_account FROM simulator_payments") == "202015 55555555"


async def test_declines_a_payment_when_asked_to(simulator):
    request = payment("decline")
    for _ in range(2):
        with pytest.raises(PartnerDeclined) as refusal:
            await simulator.send_payment(request)
        assert refusal.value.reason == "The bank declined this payment."
    assert await fetchval("SELECT count(*) FROM simulator_payments") == 0


async def test_has_paid_even_if_the_asker_dies_before_the_answer(database, load):
    request = payment()
    asking = asyncio.create_task(Simulator(load(), delay_seconds=3600).send_payment(request))
    while not await fetchval("SELECT count(*) FROM simulator_payments"):
        await asyncio.sleep(0.01)
    assert not asking.done()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    paid = await fetchval("SELECT partner_reference FROM simulator_payments")
    assert (await Simulator(load(), delay_seconds=0).send_payment(request)).partner_reference == paid
    assert await fetchval("SELECT count(*) FROM simulator_payments") == 1


async def test_is_unable_to_advance_an_iban_when_asked_to(simulator):
    with pytest.raises(PartnerUnableToAdvance) as refusal:
        await simulator.assign_iban(eur("unable-to-advance"))
    assert refusal.value.reason == "The bank cannot advance this request for an IBAN."
    assert await fetchval("SELECT count(*) FROM simulator_ibans") == 0


async def test_opens_the_account_of_a_ledger_whose_iban_will_be_refused(simulator):
    for value in ("decline-iban", "unable-to-advance"):
        assert (await simulator.open_account(gbp(value))).iban is not None


async def test_obeys_several_magic_values_at_once(simulator):
    request = gbp(["unavailable", "decline"])
    for _ in range(3):
        with pytest.raises(PartnerUnavailable):
            await simulator.open_account(request)
    with pytest.raises(PartnerDeclined):
        await simulator.open_account(request)


async def test_takes_ten_times_as_long_when_asked_to_be_slow(database, load, monkeypatch):
    naps = []

    async def nap(seconds):
        naps.append(seconds)

    monkeypatch.setattr("app.partners.adapters.simulator.asyncio.sleep", nap)
    bank = Simulator(load(), delay_seconds=2)
    await bank.open_account(gbp())
    await bank.open_account(gbp("slow"))
    await bank.assign_iban(eur("slow"))
    await bank.send_payment(payment())
    await bank.send_payment(payment("slow"))
    assert [round(nap) for nap in naps] == [2, 20, 20, 2, 20]


async def test_counts_its_time_from_the_first_ask(database, load, monkeypatch):
    naps = []

    async def nap(seconds):
        naps.append(seconds)

    monkeypatch.setattr("app.partners.adapters.simulator.asyncio.sleep", nap)
    bank = Simulator(load(), delay_seconds=50)
    request = gbp("decline")
    for _ in range(3):
        with pytest.raises(PartnerDeclined):
            await bank.open_account(request)
        await fetch("UPDATE simulator_requests SET first_asked_at = first_asked_at - interval '40 seconds'")
    assert [round(nap) for nap in naps] == [50, 10, 0]


@pytest.mark.parametrize("value", ["nonsense", 7, None, {"decline": True}, [["decline"]], []])
async def test_ignores_what_is_no_magic_value(simulator, value):
    request = AccountRequest(uuid4(), "PayrNet-GBP-1", "GBP", None, {"simulate": value})
    assert (await simulator.open_account(request)).account_number == "00000001"


async def test_opens_accounts_of_a_product_without_identifiers_and_gives_them_no_iban(database, load):
    text = SHIPPED_FILE.read_text() + (
        '\n[[products]]\nname = "PayrNet-USD-1"\npartner = "payrnet"\nasset = "USD"\nenvironments = ["PLAYLIVE"]\n'
    )
    bank = Simulator(load(text), delay_seconds=0)
    assert await bank.open_account(gbp(product="PayrNet-USD-1")) == BankAccount()
    with pytest.raises(PartnerDeclined):
        await bank.assign_iban(eur(product="PayrNet-USD-1"))


async def test_waits_for_a_product_that_the_catalog_has_no_more(simulator):
    with pytest.raises(PartnerUnavailable, match="put it back"):
        await simulator.open_account(gbp(product="Gone-GBP-1"))
    with pytest.raises(PartnerUnavailable, match="put it back"):
        await simulator.send_payment(payment(product="Gone-GBP-1"))
