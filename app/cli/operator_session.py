"""A command of the operator: the database of `operator_database`, open for the verbs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from app.cli.database import operator_database
from app.cli.exits import run
from app.cli.options import overrides
from app.db.migrate import migrations, pending
from app.db.reachable import place_of
from app.kernel.errors import Refused
from app.process import database_for
from app.settings import Settings, load_settings

POOL_SIZE = 2
Done = TypeVar("Done")


@asynccontextmanager
async def operator_session(settings: Settings, *, command: str) -> AsyncIterator[str]:
    """Open the operator's database while the block runs; gives its URL. Changes are announced to running processes.

    :raises Refused: its schema is not current, or not ours at all.
    :raises NotReachable, DatabaseUnreachable, DataFolderTaken: see `operator_database`.
    """
    async with operator_database(settings, command=command) as url:
        if lacking := await pending(url):
            raise Refused(_not_current(url, lacking))
        async with database_for("quaestor-cli", url, pool_size=POOL_SIZE):
            yield url


def run_as_operator(data_dir: Path | None, command: str, work: Callable[[], Awaitable[Done]]) -> Done:
    """What `work` returns, done on the operator's database by the command of this name."""
    settings = load_settings(**overrides(data_dir=data_dir))

    async def in_session() -> Done:
        async with operator_session(settings, command=command):
            return await work()

    return run(in_session())


def _not_current(url: str, lacking: list[str]) -> str:
    if len(lacking) == len(migrations()):
        return (
            f"The database {place_of(url)} holds no Quaestor: is it the right one? "
            "A new installation begins with `quaestor migrate`."
        )
    return f"The schema of the database {place_of(url)} is not current: run `quaestor migrate` first."
