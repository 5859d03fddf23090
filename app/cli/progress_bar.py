"""How far a long command is, on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_bar(name: str, total: int | None, *, line_every: int) -> Iterator[Callable[[int, str], None]]:
    """A bar on a terminal; elsewhere a line each time that so many more are done.

    Gives what to call with the number that is done, and the line that says so.
    """
    if not sys.stderr.isatty():
        yield _lines_now_and_then(line_every)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total)
        yield lambda done, _line: bar.update(task, completed=done if total is None else min(done, total))


def _lines_now_and_then(line_every: int) -> Callable[[int, str], None]:
    told = 0

    def tell(done: int, line: str) -> None:
        nonlocal told
        if done >= told + line_every:
            told = done
            print(line, file=sys.stderr, flush=True)

    return tell
