"""Whether a commit that the database has confirmed survives a crash of its machine."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from app.settings import Environment, WrongSetting

if TYPE_CHECKING:  # Only a type is needed, and `quaestor dev` must not load the ORM for it.
    from app.db.connection import Record

NEEDED = ("fsync", "synchronous_commit")


async def check_durability(environment: Environment, fetch: "Callable[..., Awaitable[list[Record]]]") -> None:
    """Refuse, in LIVE, a database that confirms a commit before it is on disk.

    The settings are read in one of our sessions, since a role, a database or a URL can override the server's.

    :raises WrongSetting: naming the setting that is off, and where it was set.
    """
    if environment is not Environment.LIVE:
        return
    rows = await fetch(
        "SELECT name, source FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name", list(NEEDED)
    )
    if rows:
        off = " and ".join(f"{row['name']} is off (set by: {row['source']})" for row in rows)
        raise WrongSetting(
            f"DATABASE_URL is of a PostgreSQL whose {off}: after a crash money that was moved would be gone. "
            "In LIVE turn it on, for the server, the database and the role."
        )
