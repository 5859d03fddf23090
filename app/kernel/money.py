"""Money is an integer of minor units with a unit. Floats are never used."""

from dataclasses import dataclass
from typing import Any, NewType

MinorUnits = NewType("MinorUnits", int)
"""An amount or a balance, in minor units of its unit: pence for `Unit("GBP", 2)`."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted and how finely: `Unit("GBP", 2)` counts pence."""

    asset: str
    scale: int


@dataclass(frozen=True, slots=True)
class Money:
    """`minor_units` of `unit`: `Money(1000, Unit("GBP", 2))` is ten pounds."""

    minor_units: int
    unit: Unit

    @property
    def value(self) -> str:
        """The exact decimal with `scale` digits: `10.00`."""
        return decimal_text(self.minor_units, self.unit.scale)


def decimal_text(minor_units: int, scale: int) -> str:
    """`decimal_text(-1005, 2)` is `-10.05`. Exact at any size."""
    if minor_units < 0:
        return "-" + decimal_text(-minor_units, scale)
    digits = str(minor_units)
    if scale == 0:
        return digits
    if len(digits) <= scale:
        digits = digits.rjust(scale + 1, "0")
    return f"{digits[:-scale]}.{digits[-scale:]}"


def describe_money(minor_units: int, asset: str, scale: int) -> dict[str, Any]:
    """An amount in the `data` of an event."""
    return {
        "value": decimal_text(minor_units, scale),
        "minor_units": str(minor_units),
        "asset": asset,
        "scale": scale,
    }
