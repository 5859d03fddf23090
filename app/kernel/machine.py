"""State machines as tables of allowed moves. `lifecycle.advance` obeys only these."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple


class Move(NamedTuple):
    """One allowed change of status."""

    source: StrEnum
    target: StrEnum


class Machine:
    """The allowed moves of one status column, named `<resource>.<column>` as in `ledger.iban_status`.

    `targets` says where each status may move to; one that is not there is final.
    """

    def __init__(self, name: str, targets: Mapping[StrEnum, Sequence[StrEnum]]) -> None:
        self.name = name
        self.resource_type, self.column = name.split(".")
        self.moves = tuple(Move(source, target) for source, several in targets.items() for target in several)
        self._allowed = frozenset(self.moves)

    def allows(self, source: StrEnum, target: StrEnum) -> bool:
        """Whether the table has this move."""
        return (source, target) in self._allowed

    def statuses(self) -> list[StrEnum]:
        """Every status of the enum, in its order."""
        return list(type(self.moves[0].source))

    def is_final(self, status: StrEnum) -> bool:
        """Whether no move leaves this status."""
        return all(move.source is not status for move in self.moves)

    def event_type(self, status: StrEnum) -> str:
        """The event type of a move to `status`: `ledger.iban_status.unable_to_advance`."""
        return f"{self.name}.{status.value.lower()}"

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.moves[0].source.value}"]
        lines += [f"    {move.source.value} --> {move.target.value}" for move in self.moves]
        lines += [f"    {status.value} --> [*]" for status in self.statuses() if self.is_final(status)]
        return "\n".join(lines)
