"""Magic values: metadata that steers the built-in bank and the built-in screening (docs/magic-values.md)."""

from collections.abc import Mapping
from typing import Any

KEY = "simulate"
SLOW_FACTOR = 10
"""`slow` takes this many times the simulator's delay."""
UNAVAILABLE_ASKS = 3
"""`unavailable` fails this many times, then recovers."""


def magic_values(metadata: Mapping[str, Any]) -> frozenset[str]:
    """The magic values under `simulate`: one, or a list of them. Values that are not text are ignored."""
    asked = metadata.get(KEY)
    values = asked if isinstance(asked, list) else [asked]
    return frozenset(value for value in values if isinstance(value, str))
