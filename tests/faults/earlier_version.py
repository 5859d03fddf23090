"""The version that users have: its code, taken from the history of this repository, run beside this one."""

import asyncio
import json
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# What is landed and in use. Raise it with each release: then the next one is tried beside that.
EARLIER = "4f6d171d852267898b674210b9af9824e4cdf2da"


class EarlierVersion:
    """Its files in `folder`, run by the interpreter and with the libraries of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(folder)}

    @property
    def migrations(self) -> list[str]:
        """The names of its migrations."""
        return sorted(file.stem for file in (self.folder / "app" / "migrations").glob("*.sql"))

    @property
    def knows_safe_migrations(self) -> bool:
        """Whether it stays ready on a newer schema that says it may: those before migration 0007 do not."""
        return self.migrations[-1] >= "0007"

    async def run(self, database_url: str, *arguments: str) -> Any:
        """Run one of its commands on this database; what it prints as JSON."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app.cli.main", *arguments, "--json"),
            env={**self.environment, "DATABASE_URL": database_url},
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, said = await process.communicate()
        assert process.returncode == 0, said.decode()
        return json.loads(printed)


def check_out_earlier_version(folder: Path) -> EarlierVersion:
    """Take it out of the history. Without history (a tarball, a shallow clone) it is not to be had: that fails."""
    found = subprocess.run(["git", "-C", ROOT, "archive", EARLIER], capture_output=True, check=False)
    if found.returncode != 0:
        pytest.fail(
            f"the version {EARLIER} is not in the history here, so it cannot be run beside this one: use a whole "
            f"clone (git fetch --unshallow). git said: {found.stderr.decode().strip()}"
        )
    with tarfile.open(fileobj=BytesIO(found.stdout)) as files:
        files.extractall(folder, filter="data")
    return EarlierVersion(folder)
