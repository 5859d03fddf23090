"""What every adapter of `BankPartner` must do: inherit it, and give the fixture `bank`."""

import asyncio
from uuid import uuid4

import pytest
from schwifty import BIC, IBAN

from app.kernel.money import Money, Unit
from app.partners.port import AccountRequest, BankPartner, Counterparty, IbanRequest, PaymentRequest


class BankPartnerContract:
    """The shared test of the port. A subclass names one product for GBP and one for EUR."""

    gbp_product: str
    eur_product: str

    @pytest.fixture
    def bank(self) -> BankPartner:
        """The bank under test."""
        raise NotImplementedError

    def account_request(self, **changes):
        values = {"product": self.gbp_product, "asset": "GBP", "holder_name": "Ada Lovelace", "metadata": {}}
        return AccountRequest(**{"ledger_id": uuid4(), **values, **changes})

    def iban_request(self, **changes):
        values = {"ledger_id": uuid4(), "product": self.eur_product, "asset": "EUR", "metadata": {}}
        return IbanRequest(**{"request_id": uuid4(), **values, **changes})

    def payment_request(self, **changes):
        values = {
            "customer_id": uuid4(),
            "ledger_id": uuid4(),
            "product": self.gbp_product,
            "payer": Counterparty("Ada Lovelace"),
            "amount": Money(3_000, Unit("GBP", 2)),
            "counterparty": Counterparty("Grace Hopper", iban="GB33BUKB20201555555555"),
            "reference": None,
            "metadata": {},
        }
        return PaymentRequest(**{"payment_id": uuid4(), **values, **changes})

    async def test_opens_a_gbp_account_with_identifiers_that_belong_together(self, bank):
        account = await bank.open_account(self.account_request())
        iban = IBAN(account.iban)
        assert iban.country_code == "GB"
        assert iban.branch_code == account.sort_code
        assert iban.account_code == account.account_number
        assert (len(account.sort_code), len(account.account_number)) == (6, 8)
        bic = BIC(account.bic)
        assert (bic.bank_code, bic.country_code) == (iban.bank_code, "GB")

    async def test_opens_a_eur_account_without_identifiers(self, bank):
        account = await bank.open_account(self.account_request(product=self.eur_product, asset="EUR"))
        assert (account.sort_code, account.account_number, account.iban, account.bic) == (None, None, None, None)

    async def test_opens_an_account_without_holder(self, bank):
        account = await bank.open_account(self.account_request(holder_name=None))
        assert account.iban is not None

    async def test_gives_one_account_however_often_it_is_asked(self, bank):
        request = self.account_request()
        answers = await asyncio.gather(*(bank.open_account(request) for _ in range(5)))
        answers.append(await bank.open_account(request))
        assert len(set(answers)) == 1

    async def test_gives_every_ledger_an_account_of_its_own(self, bank):
        answers = await asyncio.gather(*(bank.open_account(self.account_request()) for _ in range(30)))
        assert len({(answer.sort_code, answer.account_number) for answer in answers}) == 30
        assert len({answer.iban for answer in answers}) == 30

    async def test_assigns_a_real_iban_with_its_bic(self, bank):
        assigned = await bank.assign_iban(self.iban_request())
        iban, bic = IBAN(assigned.iban), BIC(assigned.bic)
        assert str(iban) == assigned.iban
        assert (bic.bank_code, bic.country_code) == (iban.bank_code, iban.country_code)

    async def test_assigns_one_iban_however_often_it_is_asked(self, bank):
        request = self.iban_request()
        answers = await asyncio.gather(*(bank.assign_iban(request) for _ in range(5)))
        answers.append(await bank.assign_iban(request))
        assert len(set(answers)) == 1

    async def test_assigns_every_request_an_iban_of_its_own(self, bank):
        answers = await asyncio.gather(*(bank.assign_iban(self.iban_request()) for _ in range(30)))
        assert len({answer.iban for answer in answers}) == 30

    @pytest.mark.parametrize(
        "counterparty",
        [
            Counterparty("Grace Hopper", iban="GB33BUKB20201555555555"),
            Counterparty("Grace Hopper", sort_code="202015", account_number="55555555"),
            Counterparty("Grace Hopper", "GB33BUKB20201555555555", "202015", "55555555"),
        ],
    )
    async def test_sends_a_payment_and_says_what_it_calls_it(self, bank, counterparty):
        sent = await bank.send_payment(self.payment_request(counterparty=counterparty, reference="Invoice 117"))
        assert sent.partner_reference.strip() == sent.partner_reference != ""

    async def test_sends_the_largest_amount_there_is(self, bank):
        sent = await bank.send_payment(self.payment_request(amount=Money(10**38 - 1, Unit("GBP", 2))))
        assert sent.partner_reference != ""

    async def test_sends_a_payment_once_however_often_it_is_asked(self, bank):
        request = self.payment_request()
        answers = await asyncio.gather(*(bank.send_payment(request) for _ in range(5)))
        answers.append(await bank.send_payment(request))
        assert len(set(answers)) == 1

    async def test_calls_every_payment_by_a_name_of_its_own(self, bank):
        answers = await asyncio.gather(*(bank.send_payment(self.payment_request()) for _ in range(30)))
        assert len({answer.partner_reference for answer in answers}) == 30
