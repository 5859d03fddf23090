"""Several processes that serve the same, started together: how each tells that it serves now."""

import os
from pathlib import Path

from app.settings import Sibling

READY = "ready-"


def ready_file(sibling: Sibling) -> Path:
    """The file in which this one of several processes writes its id once it serves."""
    return sibling.folder / f"{READY}{sibling.number}"


def read_ready(file: Path) -> int | None:
    """The id in such a file; None if nobody has written it."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):  # Nothing yet, or not all of it.
        return None


def tell_ready(sibling: Sibling | None) -> None:
    """Tell whoever started this process and its siblings that it serves now; without siblings nobody waits for it."""
    if sibling is not None:
        ready_file(sibling).write_text(str(os.getpid()), encoding="ascii")
