from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import Money, Unit, decimal_text


@pytest.mark.parametrize(
    ("minor_units", "scale", "text"),
    [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (1, 2, "0.01"),
        (-1, 2, "-0.01"),
        (-1005, 2, "-10.05"),
        (1000, 2, "10.00"),
        (7, 0, "7"),
        (-7, 0, "-7"),
        (5, 8, "0.00000005"),
        (10**38 - 1, 18, "99999999999999999999.999999999999999999"),
    ],
)
def test_writes_the_exact_decimal(minor_units, scale, text):
    assert decimal_text(minor_units, scale) == text
    assert Money(minor_units, Unit("GBP", scale)).value == text


@given(st.integers(-(10**38), 10**38), st.integers(0, 18))
def test_is_exact_at_any_size(minor_units, scale):
    text = decimal_text(minor_units, scale)
    with localcontext() as exact:
        exact.prec = 100
        assert Decimal(text).scaleb(scale) == minor_units
    assert len(text.partition(".")[2]) == scale
