"""What an update left out: it stays as it is. None clears it."""

from enum import Enum
from typing import Final, Literal, TypeAlias


class UnsetType(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = UnsetType.UNSET
Unset: TypeAlias = Literal[UnsetType.UNSET]
