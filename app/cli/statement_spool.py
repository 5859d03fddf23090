"""The entries of a statement, page by page: they come newest first, and are printed oldest first.

Pages wait in a temporary file meanwhile, so that a statement of any length needs the memory of one page.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import orjson

CREDIT = "CREDIT"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. Amounts are minor units; a name is None where the key may not read it."""

    posted_at: str
    direction: str
    amount: int
    balance_after: int
    counterparty_id: str
    counterparty_name: str | None
    reference: str | None
    transfer_id: str

    @property
    def change(self) -> int:
        """The change of the ledger's balance: negative for a debit."""
        return self.amount if self.direction == CREDIT else -self.amount


class Spool:
    """Takes pages, and gives their entries back in the opposite order. Used in a `with` block."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._ends = [0]
        self.entry_count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, page: list[Entry]) -> None:
        """Keep a page."""
        self._file.seek(self._ends[-1])
        self._ends.append(self._ends[-1] + self._file.write(orjson.dumps([_fields(entry) for entry in page])))
        self.entry_count += len(page)

    def __iter__(self) -> Iterator[Entry]:
        """All entries: the last of the last page first."""
        for start, end in zip(reversed(self._ends[:-1]), reversed(self._ends[1:]), strict=True):
            self._file.seek(start)
            for fields in reversed(orjson.loads(self._file.read(end - start))):
                posted_at, direction, amount, balance_after, *rest = fields
                yield Entry(posted_at, direction, int(amount), int(balance_after), *rest)


def entry_of(node: dict[str, Any]) -> Entry:
    """An entry as the API answers it."""
    transfer = node["transfer"]
    other = transfer["debit" if node["direction"] == CREDIT else "credit"]
    payment = transfer["payment"]
    holder = other.get("holder") or {}
    name = payment["counterparty"]["name"] if payment else other.get("name") or holder.get("name")
    return Entry(
        posted_at=node["postedAt"],
        direction=node["direction"],
        amount=int(node["amount"]["minorUnits"]),
        balance_after=int(node["balanceAfter"]["minorUnits"]),
        counterparty_id=other["id"],
        counterparty_name=name,
        reference=transfer["reference"],
        transfer_id=transfer["id"],
    )


def _fields(entry: Entry) -> list[str | None]:
    """Its fields in order; numbers as text, since JSON's end at 64 bits."""
    return [
        entry.posted_at,
        entry.direction,
        str(entry.amount),
        str(entry.balance_after),
        entry.counterparty_id,
        entry.counterparty_name,
        entry.reference,
        entry.transfer_id,
    ]
