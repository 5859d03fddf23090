"""The path of an argument, in the names of the GraphQL schema.

Verbs name a field of their command: `("holder_id",)`. Here that is `["input", "holderId"]`.
"""

import re
from functools import lru_cache

from app.kernel.errors import Path

INPUT: Path = ("input",)
NAMES_KEPT_MAX = 1_000

_NEXT_WORD = re.compile(r"_([a-z0-9])")


def told_path(path: Path, within: Path) -> list[str]:
    """The path in the schema's names, below the argument `within`."""
    return [*within, *map(_name, path)]


@lru_cache(NAMES_KEPT_MAX)
def _name(field: str) -> str:
    return _NEXT_WORD.sub(lambda found: found[1].upper(), field)
