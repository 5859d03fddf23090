"""Where the servers' unix sockets lie: in the data folder, unless its path is too long for a socket's address."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

# An address holds 107 bytes on Linux and 103 on macOS; the longest name we put into the folder is `.s.PGSQL.5432.lock`.
FOLDER_BYTES_MAX = 103 - len("/.s.PGSQL.5432.lock")
RECORD = "sockets-at"
PREFIX = "quaestor-"
NAME_CHARACTERS = 8


def socket_folder(data_folder: Path) -> Path:
    """The folder (mode 0700) for sockets of the servers in `data_folder`, made if need be.

    One outside the data folder is recorded in the file `sockets-at`, so that other processes find it. Its name follows
    from the path of the data folder, so that it is the same after each start, unless somebody else has it by then.
    """
    inside = data_folder / "sockets"
    if len(os.fsencode(inside)) <= FOLDER_BYTES_MAX:
        inside.mkdir(mode=0o700, exist_ok=True)
        return inside
    record = data_folder / RECORD
    with contextlib.suppress(FileNotFoundError):
        recorded = Path(record.read_text(encoding="utf-8"))
        if recorded.is_dir() and not recorded.is_symlink() and recorded.stat().st_mode & 0o077 == 0:
            return recorded
    outside = _made_outside(data_folder)
    record.write_text(str(outside), encoding="utf-8")
    return outside


def discard_socket_folder(data_folder: Path) -> None:
    """Remove a folder outside the data folder once the last server has left it."""
    record = data_folder / RECORD
    with contextlib.suppress(FileNotFoundError, OSError):
        Path(record.read_text(encoding="utf-8")).rmdir()
        record.unlink()


def _made_outside(data_folder: Path) -> Path:
    parent, name = _short_temporary_folder(), os.fsencode(data_folder.resolve())
    named = Path(parent, PREFIX + hashlib.sha256(name).hexdigest()[:NAME_CHARACTERS])
    with contextlib.suppress(FileExistsError):
        named.mkdir(mode=0o700)
        return named
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))


def _short_temporary_folder() -> str:
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) <= FOLDER_BYTES_MAX - len(f"/{PREFIX}") - NAME_CHARACTERS else "/tmp"  # noqa: S108
