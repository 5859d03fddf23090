"""Import a file through the API: each line is done once, however often the import is started."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from app.cli.import_identity import lines_of
from app.cli.import_kinds import Kind
from app.cli.import_lines import Line
from app.cli.import_records import Counts, Done, Outcome, done_line, open_progress, open_refusals

CarryOut: TypeAlias = Callable[[Iterator[Line]], AsyncIterator[list[Outcome]]]
"""Sends lines to the API, some at a time, and says what became of them."""


async def import_file(path: Path, kind: Kind, carry_out: CarryOut, tell: Callable[[Counts], None]) -> Counts:
    """Import every line that was not imported before.

    Each line is known by its own idempotency key or reference, so one whose answer was lost is not done twice.

    :raises Refused: the file cannot be read, or another import of it is running.
    :raises NotReachable: the server did not answer for too long. Start the import again: it continues where it was.
    """
    counts = Counts()
    with open_progress(path) as (done, progress), open_refusals(path) as refuse:
        async for outcomes in carry_out(_not_done(lines_of(path, kind), done, counts)):
            for outcome in outcomes:
                if isinstance(outcome, Done):
                    progress.write(done_line(outcome))
                    counts.imported += not outcome.replayed
                    counts.replayed += outcome.replayed
                else:
                    refuse(outcome)
                    counts.refused += 1
            progress.flush()
            tell(counts)
    return counts


def _not_done(lines: Iterator[Line], done: set[str], counts: Counts) -> Iterator[Line]:
    for line in lines:
        counts.read += 1
        if line.fault is None and line.digest in done:
            counts.already += 1
        else:
            yield line
