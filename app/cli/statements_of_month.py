"""`quaestor statement --all`: the statements of all ledgers for one month, each a file of its own."""

import asyncio
import fcntl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from app.api_client import ApiClient, api_client
from app.cli.download import PART, WholeFile, document_client, download
from app.cli.exits import WrongUsage, run
from app.cli.progress_bar import progress_bar
from app.cli.running_server import running_server
from app.kernel.checks import parse_instant
from app.kernel.clock import rfc3339
from app.kernel.errors import NotReachable, Refused
from app.settings import Settings

PAGE_SIZE = 500
MICROSECOND = timedelta(microseconds=1)
AT_ONCE = 4
TRIES_MAX = 5
EVERY_FILES = 100
"""How often a line is printed where there is no terminal for a bar."""
SETTLED = "query StatementsSettled { settledUntil booksClosedThrough }"
LEDGERS = """
query LedgersOfStatements($first: Int!, $after: String, $before: DateTime!) {
  ledgers(first: $first, after: $after, filter: { createdAt: { lt: $before } },
          orderBy: { field: CREATED_AT, direction: ASC }) {
    nodes { id iban }
    pageInfo { hasNextPage endCursor }
  }
}
"""


FINAL, PROVISIONAL = "-effective", "-effective-provisional"
"""What the names of files by value date end in. Those by the time of posting are always final, and need no word."""


class Month(NamedTuple):
    """A month: its name, its first instant, and the one after its last."""

    name: str
    start: datetime
    end: datetime


@dataclass(slots=True)
class Counts:
    """How many statements were written, were there from before, and were refused."""

    written: int = 0
    already: int = 0
    refused: int = 0

    @property
    def done(self) -> int:
        """All that were looked at."""
        return self.written + self.already + self.refused


@dataclass(frozen=True, slots=True)
class _Wanted:
    """As what, of when, and where to."""

    parameters: dict[str, str]
    month: Month
    ending: str
    folder: Path
    state: str = ""
    """Of a statement by value date: whether the books were closed, so that it is final, or it is provisional."""

    def target_of(self, ledger_id: str) -> Path:
        """The file of a ledger's statement."""
        return self.folder / f"{ledger_id}-{self.month.name}{self.state}.{self.ending}"

    @property
    def is_provisional(self) -> bool:
        """Whether it may say more later, so that one that is there is written anew."""
        return self.state == PROVISIONAL


def statements_of_month(
    settings: Settings, month: Month, format_name: str, ending: str, by: str, folder: Path
) -> Counts:
    """Write what is not there yet. A reason why one was refused goes to standard error.

    :raises WrongUsage: the month is not over, or the folder cannot be made.
    :raises Refused: another run writes to this folder.
    :raises NotReachable: nobody answers.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise WrongUsage(f"{folder} cannot be made ({problem.strerror}): name another folder.") from problem
    span = {"from": rfc3339(month.start), "to": rfc3339(month.end), "by": by, "format": format_name}
    name = f"statements of {month.name}"
    with _alone_in(folder), progress_bar(name, None, line_every=EVERY_FILES) as show:

        def tell(counts: Counts) -> None:
            show(counts.done, f"{counts.done:,} statements, {counts.refused:,} refused")

        for left_over in folder.glob(f".*{PART}"):
            left_over.unlink()
        return run(_write_all(settings, _Wanted(span, month, ending, folder), tell))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Nobody else writes there meanwhile. The lock ends with the process, however that ends."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"Another `quaestor statement --all` writes to {folder}: wait for it.") from None
        yield


async def _write_all(settings: Settings, wanted: _Wanted, tell: Callable[[Counts], None]) -> Counts:
    server = await running_server(settings)
    counts = Counts()
    async with api_client(server.url, server.api_key) as client, document_client(server) as http:
        told = await client.ask(SETTLED)
        settled = parse_instant(told["settledUntil"], ())
        if settled < wanted.month.end:
            raise WrongUsage(f"{wanted.month.name} is not over yet: ask from {rfc3339(wanted.month.end)} on.")
        before = wanted.month.end
        if wanted.parameters["by"] == "effective":
            before = settled  # A ledger that was made later may have a history before.
            closed = told["booksClosedThrough"]
            is_final = closed is not None and parse_instant(closed, ()) + MICROSECOND >= wanted.month.end
            wanted = replace(wanted, state=FINAL if is_final else PROVISIONAL)
        async for ledgers in _pages_of_ledgers(client, before):
            for at in range(0, len(ledgers), AT_ONCE):
                await asyncio.gather(*(_write(http, one, wanted, counts) for one in ledgers[at : at + AT_ONCE]))
                tell(counts)
    return counts


async def _pages_of_ledgers(client: ApiClient, before: datetime) -> AsyncIterator[list[Any]]:
    """All ledgers that there were by then, oldest first: those that are issued meanwhile come last."""
    after = None
    while True:
        answer = await client.ask(LEDGERS, first=PAGE_SIZE, after=after, before=rfc3339(before))
        page = answer["ledgers"]
        yield page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


async def _write(http: httpx.AsyncClient, ledger: dict[str, str], wanted: _Wanted, counts: Counts) -> None:
    target = wanted.target_of(ledger["id"])
    if target.exists() and not wanted.is_provisional:
        counts.already += 1
        return
    path = f"/v1/customer/ledgers/{ledger['id']}/statement"
    try:
        for number in range(1, TRIES_MAX + 1):
            try:
                with WholeFile(target) as output:
                    await download(http, path, wanted.parameters, output)
                break
            except NotReachable:
                if number == TRIES_MAX:
                    raise
                await asyncio.sleep(number)
    except Refused as refusal:
        counts.refused += 1
        print(f"{ledger['id']}: {refusal}", file=sys.stderr)
    else:
        counts.written += 1
