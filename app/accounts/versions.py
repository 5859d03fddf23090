"""`ifVersion`: change an object only if it is still as the caller read it."""

from app.accounts.status import CLOSED
from app.db.connection import Record
from app.kernel.errors import VersionConflict


def check_version(row: Record, if_version: int | None, noun: str) -> None:
    """:raises VersionConflict: the row is not at the version that was asked for."""
    if if_version not in {None, row["version"]}:
        raise VersionConflict(
            f"The {noun} is at version {row['version']}, not {if_version}: read it again.",
            path=("if_version",),
            status=None if row["closed_at"] is None else CLOSED,
        )
