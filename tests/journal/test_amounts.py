"""Amounts as they are sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.journal.amounts import TOTAL_MAX, Amount, AmountText, exact, minor_units_of, parse_amount
from app.kernel.errors import AssetMismatch, Invalid
from app.kernel.money import Unit, decimal_text

PATH = ("amount",)
GBP = Unit("GBP", 2)
YEN = Unit("JPY", 0)
ETHER = Unit("ETH", 18)


@pytest.mark.parametrize(
    ("value", "unscaled", "decimals"),
    [
        ("1", 1, 0),
        ("1.0", 10, 1),
        ("0.01", 1, 2),
        ("10.50", 1050, 2),
        ("9" * 38, TOTAL_MAX, 0),
        ("0." + "0" * 37 + "1", 1, 38),
    ],
)
def test_reads_plain_decimals(value, unscaled, decimals):
    assert parse_amount(AmountText(value, "GBP"), PATH) == Amount(unscaled, decimals, "GBP")


@pytest.mark.parametrize(
    "value",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "+1",
        "-1",
        "1e3",
        "1E3",
        "0x10",
        "1_000",
        "1,000",
        "1.",
        ".5",
        "01",
        "00.5",
        "NaN",
        "Infinity",
        "\u0663",
        "\uff11",
        "1\x00",
        "0",
        "0.00",
        "1" + "0" * 38,
        "0." + "1" * 39,
        "9" * 101,
        "1" * 10_000,
    ],
)
def test_refuses_everything_else(value):
    with pytest.raises(Invalid) as refused:
        parse_amount(AmountText(value, "GBP"), PATH)
    assert refused.value.path == ("amount", "value")


@pytest.mark.parametrize("asset", ["gbp", "GBP", "gBp"])
def test_reads_an_asset_in_any_case(asset):
    assert parse_amount(AmountText("1", asset), PATH).asset == "GBP"


@pytest.mark.parametrize(
    "asset", ["", "G", "GBP ", "GB-P", "G" * 13, "GBP\n", "straße", "ﬀ", "gb\u0131t", "\uff27\uff22\uff30"]
)
def test_refuses_an_asset_that_is_no_code(asset):
    with pytest.raises(Invalid) as refused:
        parse_amount(AmountText("1", asset), PATH)
    assert refused.value.path == ("amount", "asset")


@pytest.mark.parametrize(
    ("value", "unit", "minor_units"),
    [
        ("10.50", GBP, 1050),
        ("10.5", GBP, 1050),
        ("10", GBP, 1000),
        ("7", YEN, 7),
        ("0.000000000000000001", ETHER, 1),
        ("9" * 36 + ".99", GBP, TOTAL_MAX),
        ("9" * 20 + "." + "9" * 18, ETHER, TOTAL_MAX),
    ],
)
def test_counts_minor_units_exactly(value, unit, minor_units):
    amount = parse_amount(AmountText(value, unit.asset), PATH)
    assert minor_units_of(amount, unit, PATH) == minor_units


@pytest.mark.parametrize(
    ("value", "unit"), [("1.000", GBP), ("1.001", GBP), ("1.0", YEN), ("0." + "0" * 18 + "1", ETHER)]
)
def test_never_rounds(value, unit):
    with pytest.raises(Invalid) as refused:
        minor_units_of(parse_amount(AmountText(value, unit.asset), PATH), unit, PATH)
    assert refused.value.path == ("amount", "value")


@pytest.mark.parametrize(("value", "unit"), [("1" + "0" * 36, GBP), ("9" * 38, GBP), ("1" + "0" * 20, ETHER)])
def test_refuses_more_than_38_digits_of_minor_units(value, unit):
    with pytest.raises(Invalid) as refused:
        minor_units_of(parse_amount(AmountText(value, unit.asset), PATH), unit, PATH)
    assert refused.value.path == ("amount", "value")


def test_refuses_another_asset():
    with pytest.raises(AssetMismatch) as refused:
        minor_units_of(Amount(1, 0, "EUR"), GBP, PATH)
    assert refused.value.path == ("amount", "asset")


@given(st.integers(1, TOTAL_MAX), st.integers(0, 18))
def test_brings_minor_units_through_text_and_back(minor_units, scale):
    unit = Unit("GOLD", scale)
    text = decimal_text(minor_units, scale)
    if sum(character.isdigit() for character in text) <= 38:
        assert minor_units_of(parse_amount(AmountText(text, "gold"), PATH), unit, PATH) == minor_units
    assert minor_units_of(exact(minor_units, unit), unit, PATH) == minor_units


@given(st.integers(1, 10**20), st.integers(0, 18), st.integers(0, 18))
def test_is_the_same_text_for_the_same_amount_and_another_for_another(unscaled, decimals, zeros):
    amount = Amount(unscaled, decimals, "GBP")
    assert Amount(unscaled * 10**zeros, decimals + zeros, "GBP").canonical() == amount.canonical()
    assert Amount(unscaled * 10, decimals, "GBP").canonical() != amount.canonical()
    assert Amount(unscaled, decimals, "EUR").canonical() != amount.canonical()
    assert Amount(unscaled + 1, decimals, "GBP").canonical() != amount.canonical()


def test_is_written_shortly():
    assert Amount(100_000, 2, "GBP").canonical() == "1e3 GBP"
    assert Amount(1_050, 2, "GBP").canonical() == "105e-1 GBP"
