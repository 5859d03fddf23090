"""Fields of inputs that may be left out."""

from typing import Any

import strawberry


def optional(description: str) -> Any:
    """A field that may be left out. Null means the same."""
    return strawberry.field(default=None, description=description)
