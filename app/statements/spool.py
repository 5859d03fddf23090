"""The lines of a statement in a file, so that one of any length needs the memory of one page."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Self

import orjson

from app.statements.records import Line

MEMORY_BYTES_MAX = 1_000_000
"""What a spool keeps in memory; a longer one goes to the disk."""


class Spool:
    """Takes pages, and gives their lines back in the same order, as often as asked. Used in a `with` block."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES_MAX)  # noqa: SIM115 - closed by `close`
        self._ends = [0]
        self.line_count = 0
        self.amount_max = 0
        """The largest amount of all lines, in minor units."""
        self.first_date = "9999-12-31"
        self.last_date = "0001-01-01"
        """The earliest and the latest value date, or date of posting."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def clear(self) -> None:
        """Forget all lines."""
        self.close()
        self.__init__()  # type: ignore[misc]  # the same spool, empty again

    def add(self, page: Sequence[Line]) -> None:
        """Keep a page."""
        if not page:
            return
        self._file.seek(self._ends[-1])
        self._ends.append(self._ends[-1] + self._file.write(orjson.dumps([_kept(line) for line in page])))
        self.line_count += len(page)
        self.amount_max = max(self.amount_max, *(line.amount for line in page), 0)
        self.first_date = min(self.first_date, *(line.effective_at[:10] for line in page))
        self.last_date = max(self.last_date, *(line.posted_at[:10] for line in page))

    def __len__(self) -> int:
        return self.line_count

    def __iter__(self) -> Iterator[Line]:
        for start, end in zip(self._ends[:-1], self._ends[1:], strict=True):
            self._file.seek(start)
            for posted_at, effective_at, direction, amount, balance, *others in orjson.loads(
                self._file.read(end - start)
            ):
                yield Line(posted_at, effective_at, direction, int(amount), int(balance), *others)


_values_of = attrgetter(*(field.name for field in fields(Line)))


def _kept(line: Line) -> list[object]:
    """Its fields in order; amounts as text, since JSON's numbers end at 64 bits."""
    posted_at, effective_at, direction, amount, balance, *others = _values_of(line)
    return [posted_at, effective_at, direction, str(amount), str(balance), *others]
