"""The folder that several processes share among the system's temporary files, removed with whoever made it.

Its maker holds a lock in it. If the maker was killed, the next one that makes such a folder finds the lock free, and
removes what was left.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "quaestor-processes-"
LOCK = "lock"


@contextmanager
def shared_folder() -> Iterator[Path]:
    """A new folder, which lasts as long as the block. Its files are small, and only for this run."""
    _remove_left_behind()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        held = _open_locked(folder / f"{LOCK}.new", os.O_CREAT)
        assert held is not None, "nobody else knows this name"
        # It gets the name that others look for when it is locked already.
        (folder / f"{LOCK}.new").rename(folder / LOCK)
        try:
            yield folder
        finally:
            os.close(held)


def _remove_left_behind() -> None:
    """Remove the folders of this user whose makers have ended. One without a lock may be about to get it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            about = folder.lstat()
            if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
                continue
            held = _open_locked(folder / LOCK)
            if held is not None:
                shutil.rmtree(folder)
                os.close(held)


def _open_locked(file: Path, more_flags: int = 0) -> int | None:
    """A descriptor that holds the lock of this file until it is closed, or its process ends; None if somebody has it.

    :raises OSError: there is no such file, or it cannot be opened.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_NOFOLLOW | more_flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
