import pycountry
import pytest
from iso4217 import Currency

from app.partners.currencies import NAMES, exponent_of


def test_agrees_with_the_published_list_on_every_currency():
    published = {entry.code: entry.exponent for entry in Currency if entry.exponent is not None}
    assert {code: exponent_of(code) for code in NAMES} == published


def test_has_only_codes_that_an_independent_list_knows():
    assert {code for code in NAMES if pycountry.currencies.get(alpha_3=code) is None} == set()


@pytest.mark.parametrize(
    ("code", "exponent"), [("GBP", 2), ("EUR", 2), ("USD", 2), ("JPY", 0), ("ISK", 0), ("KWD", 3), ("CLF", 4)]
)
def test_gives_the_decimals_of_a_currency(code, exponent):
    assert exponent_of(code) == exponent
