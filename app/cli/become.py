"""Become another program of ours: the same process, with another environment."""

import os
import sys
from collections.abc import Mapping
from typing import NoReturn

from app.settings import environment_with


def become_quaestor(changes: Mapping[str, str], *arguments: str) -> NoReturn:
    """Become `quaestor` with these arguments and these environment variables besides our own."""
    become_module(changes, "app.cli.main", *arguments)


def become_module(changes: Mapping[str, str], module: str, *arguments: str) -> NoReturn:
    """Become `python -m module` with these arguments and these environment variables besides our own."""
    sys.stdout.flush()
    sys.stderr.flush()
    program = [sys.executable, "-m", module, *arguments]
    os.execve(sys.executable, program, environment_with(changes))  # noqa: S606 - no shell is wanted
