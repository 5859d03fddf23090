import pytest

from app.kernel.errors import Invalid
from app.partners.bank_identifiers import check_uk_bank_account, normalize_iban


@pytest.mark.parametrize(
    "text",
    [
        "GB43PAYR04005212339700",
        "gb43 payr 0400 5212 3397 00",
        " GB43-PAYR-0400-5212-3397-00 ",
        "GB43\u00a0PAYR\u202f0400\u20075212 3397 00\n",
        "\ufeffGB43PAYR\r\n0400\t5212\u200b339700",
        "gb43\u2013payr\u20110400 5212 3397 00",
    ],
)
def test_reads_an_iban_however_it_is_written(text):
    assert normalize_iban(text, ("iban",)) == "GB43PAYR04005212339700"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GB",
        "GB47PAYR040052123397XX",
        "GB44PAYR04005212339700",
        "GB43PAYR0400521233970",
        "GB43PAYR040052123397000",
        "ZZ43PAYR04005212339700",
        "GB43PAYR0400521233970\u0660",
        "GB43PAYR\x0004005212339700",
        "9" * 10_000,
        "\ud800",
    ],
)
def test_refuses_what_cannot_be_an_iban(text):
    with pytest.raises(Invalid) as refusal:
        normalize_iban(text, ("by", "iban"))
    assert refusal.value.path == ("by", "iban")
    refusal.value.message.encode()


@pytest.mark.parametrize(
    "sort_code", ["040052", "04-00-52", "04 00 52", " 040052 ", "04\u00a000\u00a052\n", "04\u201300\u201352"]
)
def test_reads_a_uk_bank_account_however_it_is_written(sort_code):
    assert check_uk_bank_account(sort_code, " 1233\u00a09700\n", ("by",)) == ("040052", "12339700")


@pytest.mark.parametrize(
    ("sort_code", "account_number", "field"),
    [
        ("04005", "12339700", "sort_code"),
        ("04-0052", "12339700", "sort_code"),
        ("04005٢", "12339700", "sort_code"),
        ("", "12339700", "sort_code"),
        ("040052", "1233970", "account_number"),
        ("040052", "123397000", "account_number"),
        ("040052", "1233970x", "account_number"),
        ("040052", "\x00", "account_number"),
    ],
)
def test_refuses_what_cannot_be_a_uk_bank_account(sort_code, account_number, field):
    with pytest.raises(Invalid) as refusal:
        check_uk_bank_account(sort_code, account_number, ("by", "uk_bank_account"))
    assert refusal.value.path == ("by", "uk_bank_account", field)
