"""Whether what the database answers to a commit outlasts a crash of its machine."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from app.settings import Environment, WrongSetting

if TYPE_CHECKING:  # Only a type is wanted of it, and `quaestor dev` need not load the ORM.
    from app.db.connection import Record

NEEDED = ("fsync", "synchronous_commit")


async def check_durability(environment: Environment, fetch: "Callable[..., Awaitable[list[Record]]]") -> None:
    """Refuse, in LIVE, a database that tells of a commit which is not on its disk.

    Asked of a session of ours, since a role, a database and a URL can each set it otherwise than the server.

    :raises WrongSetting: naming what is off, and where it was set.
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
