import pycountry
import pytest

from app.kernel.countries import COUNTRIES


def test_are_those_of_iso_3166_and_kosovo():
    assert {country.alpha_2 for country in pycountry.countries} | {"XK"} == COUNTRIES
    assert len(COUNTRIES) == 250


@pytest.mark.parametrize("code", ["UK", "EU", "AN", "ZZ", "YU", "SU", "EL", "XX", "AC", "IC", "QZ"])
def test_are_none_that_is_only_reserved_withdrawn_or_free(code):
    assert code not in COUNTRIES
