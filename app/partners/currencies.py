"""ISO 4217: every currency in use, its name, and how many decimals its amounts have: `currencies.csv`.

We keep our own table, since the available libraries lack decimals or disagree with the standard. A test compares it
with the published list.
"""

import csv
from pathlib import Path

with Path(__file__).with_name("currencies.csv").open(encoding="utf-8", newline="") as _file:
    _CURRENCIES = list(csv.DictReader(_file))

NAMES = {one["code"]: one["name"] for one in _CURRENCIES}
"""The name of each currency, by its code."""
_EXPONENTS = {one["code"]: int(one["decimals"]) for one in _CURRENCIES}


def exponent_of(code: str) -> int:
    """How many decimals amounts of this currency have: 2 for GBP, 0 for JPY."""
    assert code in _EXPONENTS, f"{code} is no currency of ISO 4217"
    return _EXPONENTS[code]
