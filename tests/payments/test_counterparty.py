"""Who is on the other side, as callers write it."""

import pytest

from app.kernel.errors import Invalid
from app.partners.port import Counterparty
from app.payments.counterparty import CounterpartyText, check_counterparty, check_payee, meaning_of

PATH = ("counterparty",)
PROPOSED = {"AO": "0" * 21, "IR": "0" * 22, "GF": "2004101005" + "0500013M026" + "06"}


def checked(country, bban):
    """An IBAN with right check digits, of a format that the registry does not have."""
    digits = "".join(str(int(one, 36)) for one in f"{bban}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{bban}"


IBAN, UK = "GB33BUKB20201555555555", ("20-20-15", "55555555")


@pytest.mark.parametrize(
    ("sent", "checked"),
    [
        (CounterpartyText(" Grace ", iban="gb33 bukb 2020 1555 5555 55"), Counterparty("Grace", IBAN)),
        (CounterpartyText("Grace", uk_bank_account=UK), Counterparty("Grace", None, "202015", "55555555")),
        (CounterpartyText("Grace", IBAN, UK), Counterparty("Grace", IBAN, "202015", "55555555")),
        (CounterpartyText("Grete", iban="DE89370400440532013000"), Counterparty("Grete", "DE89370400440532013000")),
    ],
)
def test_normalizes_what_can_be(sent, checked):
    assert check_payee(sent, PATH) == check_counterparty(sent, PATH) == checked


def test_lets_money_come_from_anywhere_but_go_to_an_account_only():
    nowhere = CounterpartyText("Grace")
    assert check_counterparty(nowhere, PATH) == Counterparty("Grace")
    with pytest.raises(Invalid) as refused:
        check_payee(nowhere, PATH)
    assert refused.value.path == PATH


@pytest.mark.parametrize(
    ("sent", "argument"),
    [
        (CounterpartyText(" ", iban=IBAN), ("name",)),
        (CounterpartyText("x" * 256, iban=IBAN), ("name",)),
        (CounterpartyText("Grace", iban="GB34BUKB20201555555555"), ("iban",)),
        (CounterpartyText("Grace", uk_bank_account=("2020-15", "55555555")), ("uk_bank_account", "sort_code")),
        (CounterpartyText("Grace", uk_bank_account=("202015", "5555555")), ("uk_bank_account", "account_number")),
        (CounterpartyText("Grace", IBAN, ("202015", "55555556")), ("uk_bank_account",)),
        (CounterpartyText("Grace", IBAN, ("202016", "55555555")), ("uk_bank_account",)),
        (CounterpartyText("Grete", "DE89370400440532013000", ("370400", "44053201")), ("uk_bank_account",)),
    ],
)
def test_refuses_what_cannot_be(sent, argument):
    for check in (check_counterparty, check_payee):
        with pytest.raises(Invalid) as refused:
            check(sent, PATH)
        assert refused.value.path == (*PATH, *argument)


@pytest.mark.parametrize(
    ("iban", "said"),
    [
        (checked("JE", "BUKB20201555555555"), "those of Jersey begin with GB"),
        (checked("GG", "BUKB20201555555555"), "those of Guernsey begin with GB"),
        (checked("IM", "BUKB20201555555555"), "those of the Isle of Man begin with GB"),
        *((checked(country, bban), "not in the IBAN registry") for country, bban in PROPOSED.items()),
    ],
)
def test_refuses_an_iban_that_no_bank_routes(iban, said):
    for check in (check_counterparty, check_payee):
        with pytest.raises(Invalid, match=said) as refused:
            check(CounterpartyText("Grace", iban=iban), PATH)
        assert refused.value.path == (*PATH, "iban")


def test_means_the_same_by_an_iban_and_by_the_account_in_it():
    by_iban, by_account, by_both = (
        check_payee(one, PATH)
        for one in (CounterpartyText("G", IBAN), CounterpartyText("G", None, UK), CounterpartyText("G", IBAN, UK))
    )
    assert meaning_of(by_iban) == meaning_of(by_account) == meaning_of(by_both) == by_account
    elsewhere = check_payee(CounterpartyText("Grete", "DE89370400440532013000"), PATH)
    assert meaning_of(elsewhere) == elsewhere
