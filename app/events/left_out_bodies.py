"""Whether new events of transfers leave out their body: once no process runs that could not read them without it.

The operator says so (`quaestor migrate --finish`), which applies a migration; a new database has it from the start.
"""

from collections.abc import Awaitable, Callable
from math import inf
from time import monotonic

MIGRATION = "0044_events_without_bodies"
LOOK_EVERY_SECONDS = 60.0
"""How often a process looks whether it was applied. Once it was, it is never looked for again."""


class _Process:
    are_left_out = False
    looked_at = -inf


def are_left_out() -> bool:
    """Whether this process leaves them out, as far as it has looked."""
    return _Process.are_left_out


async def look(fetchval: Callable[[str, str], Awaitable[object]]) -> None:
    """Look whether to leave them out, by a query of one value, unless this process has looked lately or is looking."""
    if _Process.are_left_out or monotonic() - _Process.looked_at < LOOK_EVERY_SECONDS:
        return
    _Process.looked_at = monotonic()
    try:
        applied = await fetchval("SELECT EXISTS (SELECT FROM schema_migrations WHERE name = $1)", MIGRATION)
    except BaseException:
        _Process.looked_at = -inf
        raise
    _Process.are_left_out = bool(applied)


def forget() -> None:
    """Look again at the next chance: the process has another database now."""
    _Process.are_left_out, _Process.looked_at = False, -inf
