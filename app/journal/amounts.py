"""Amounts as callers write them: exact decimals, never rounded, never floats."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.kernel.checks import refuse
from app.kernel.errors import AssetMismatch, Path
from app.kernel.money import MinorUnits, Unit

DIGITS_MAX = 38
TOTAL_MAX = 10**DIGITS_MAX - 1
"""The largest amount, balance or total, in minor units."""

_DECIMAL = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?", re.ASCII)
_SIGNED = re.compile(r"[+-][0-9.]+", re.ASCII)
_ASSET = re.compile(r"[A-Za-z0-9]{2,12}", re.ASCII)
_CHARACTERS_MAX = 100


@dataclass(slots=True)
class AmountText:
    """An amount as it was sent: `AmountText("10.00", "GBP")`."""

    value: str
    asset: str


@dataclass(slots=True)
class Amount:
    """A checked amount: `Amount(1050, 2, "GBP")` is 10.50. Only the books know its unit."""

    unscaled: int
    decimals: int
    asset: str

    def canonical(self) -> str:
        """One text for each amount, however many zeros were sent: a thousand is `1e3`."""
        unscaled, exponent = self.unscaled, -self.decimals
        while unscaled and unscaled % 10 == 0:
            unscaled //= 10
            exponent += 1
        return f"{unscaled}e{exponent} {self.asset}"


def exact(minor_units: int, unit: Unit) -> Amount:
    """The amount of this many minor units."""
    return Amount(minor_units, unit.scale, unit.asset)


def parse_amount(sent: AmountText, path: Path) -> Amount:
    """A positive plain decimal of at most 38 digits, such as `1234.56`.

    :raises Invalid: anything else, such as `1e3`, `+1`, `NaN`, or zero.
    """
    unscaled, decimals = parse_decimal(sent.value, (*path, "value"))
    if unscaled == 0:
        refuse("An amount is more than zero.", (*path, "value"))
    return Amount(unscaled, decimals, check_asset(sent.asset, path))


def parse_limit(sent: AmountText, path: Path) -> Amount:
    """Like `parse_amount`, but may be zero, which is written in one way."""
    unscaled, decimals = parse_decimal(sent.value, (*path, "value"))
    return Amount(unscaled, decimals if unscaled else 0, check_asset(sent.asset, path))


def parse_decimal(value: str, path: Path) -> tuple[int, int]:
    """A plain decimal of at most 38 digits, or zero: its digits as a number, and how many of them are decimals.

    :raises Invalid: anything else.
    """
    matched = _DECIMAL.fullmatch(value) if len(value) <= _CHARACTERS_MAX else None
    if matched is None:
        if _SIGNED.fullmatch(value[:_CHARACTERS_MAX]):
            refuse("An amount has no sign, and is never below zero: give it like 1234.56.", path)
        if value[:_CHARACTERS_MAX].isdecimal() and len(value) > _CHARACTERS_MAX:
            refuse(f"An amount has at most {DIGITS_MAX} digits.", path)
        refuse("An amount is a plain decimal of at most 38 digits, like 1234.56: no sign, exponent or spaces.", path)
    whole, fraction = matched.groups(default="")
    unscaled = int(whole + fraction)
    if unscaled > TOTAL_MAX:
        refuse(f"An amount has at most {DIGITS_MAX} digits.", path)
    return unscaled, len(fraction)


def check_asset(sent: str, path: Path) -> str:
    """The code of an asset, in capital letters.

    :raises Invalid: no code can be so.
    """
    # Checked before `upper`, which turns some other letters into A to Z.
    if not _ASSET.fullmatch(sent):
        refuse("An asset is a code such as GBP or GOLD.", (*path, "asset"))
    return sent.upper()


def minor_units_of(amount: Amount, unit: Unit, path: Sequence[str]) -> MinorUnits:
    """The amount in minor units of `unit`.

    :raises AssetMismatch: the amount is of another asset.
    :raises Invalid: it has more decimals than the unit, or too many digits.
    """
    if amount.asset != unit.asset:
        message = f"This amount is of {amount.asset}, but {unit.asset} is held here."
        raise AssetMismatch(message, path=(*path, "asset"))
    return scaled_to(unit, amount.unscaled, amount.decimals, (*path, "value"))


def scaled_to(unit: Unit, unscaled: int, decimals: int, path: Path) -> MinorUnits:
    """So many digits, of which some are decimals, in minor units of `unit`.

    :raises Invalid: too many decimals for the unit, or too many digits.
    """
    if decimals > unit.scale:
        refuse(f"{unit.asset} has at most {unit.scale} decimals here; this amount has {decimals}.", path)
    minor_units = MinorUnits(unscaled * 10 ** (unit.scale - decimals))
    if minor_units > TOTAL_MAX:
        refuse(f"An amount has at most {DIGITS_MAX} digits, those after the point included.", path)
    return minor_units
