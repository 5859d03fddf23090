"""How a person calls this program again, from the same terminal."""

import os
import shutil
import sys
from pathlib import Path

NAME = "quaestor"


def own_command(called: str | None = None) -> str:
    """`quaestor` where the shell finds this very program by its name, else the path by which it was called (unless told
    otherwise, `sys.argv[0]`): after `make run`, `.venv/bin/quaestor`.
    """
    program = Path(called or sys.argv[0])
    found = shutil.which(NAME)
    if program.name != NAME or not program.exists() or (found is not None and program.samefile(found)):
        return NAME
    return short_path(program)


def short_path(file: Path) -> str:
    """A path in its shortest form from here."""
    return min(str(file), os.path.relpath(file), key=len)
