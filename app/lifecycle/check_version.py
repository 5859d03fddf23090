"""`ifVersion`: change an object only if it is still as the caller read it."""

from app.db.connection import Record
from app.kernel.errors import VersionConflict


def check_version(row: Record, if_version: int | None, noun: str) -> None:
    """Check that this row, of what `noun` says, is at this version. None: any version will do.

    :raises VersionConflict: it is not.
    """
    if if_version not in {None, row["version"]}:
        raise VersionConflict(
            f"The {noun} is at version {row['version']}, not {if_version}: read it again.",
            path=("if_version",),
            status=row.get("status") or ("CLOSED" if row.get("closed_at") else None),
        )
