"""State machines as tables of allowed moves. `lifecycle.advance` obeys only these."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed change of status."""

    source: StrEnum
    target: StrEnum


class Machine:
    """The allowed moves of one status column, named `<resource>.<column>` as in `ledger.iban_status`."""

    def __init__(self, name: str, moves: Iterable[Move]) -> None:
        self.name = name
        self.resource_type, self.column = name.split(".")
        self.moves = tuple(moves)
        self._allowed = frozenset((move.source, move.target) for move in self.moves)

    def allows(self, source: StrEnum, target: StrEnum) -> bool:
        """Whether the table has this move."""
        return (source, target) in self._allowed

    def statuses(self) -> list[StrEnum]:
        """Every status of the enum, in its order."""
        return list(type(self.moves[0].source))

    def is_final(self, status: StrEnum) -> bool:
        """Whether no move leaves this status."""
        return all(source is not status for source, _ in self._allowed)

    def event_type(self, status: StrEnum) -> str:
        """The event type of a move to `status`: `ledger.iban_status.unable_to_advance`."""
        return f"{self.name}.{status.value.lower()}"

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.moves[0].source.value}"]
        lines += [f"    {move.source.value} --> {move.target.value}" for move in self.moves]
        lines += [f"    {status.value} --> [*]" for status in self.statuses() if self.is_final(status)]
        return "\n".join(lines)
