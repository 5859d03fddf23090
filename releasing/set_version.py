"""The version of the code: it stands in `pyproject.toml` and, for the project itself, in `uv.lock`."""

import re
from collections.abc import Collection
from pathlib import Path

from releasing.versions import RELEASES, ROOT, released_versions, version_key

OF_PROJECT = re.compile(r'^(name = "quaestor"\nversion = )"(?P<version>[^"]+)"', re.MULTILINE)
VERSION = re.compile(r"\d+\.\d+\.\d+")


class VersionRefused(Exception):
    """This version cannot be released; the message says why."""


def read_version(root: Path = ROOT) -> str:
    """The one that `pyproject.toml` has."""
    found = OF_PROJECT.search((root / "pyproject.toml").read_text("utf-8"))
    assert found is not None
    return found["version"]


def set_version(version: str | None, *, tags: Collection[str], root: Path = ROOT, releases: Path = RELEASES) -> str:
    """Write a version into both files, and answer it. None: the one that is there.

    :raises VersionRefused: it is no version, is released (has a tag), or is older than one that is there.
    """
    wanted = version or read_version(root)
    if not VERSION.fullmatch(wanted):
        raise VersionRefused(f"{wanted} is no version: give three numbers, as 0.2.0.")
    if f"v{wanted}" in tags:
        raise VersionRefused(f"{wanted} is released, since the tag v{wanted} is there: give the next version.")
    later = [one for one in released_versions(releases) if version_key(one) > version_key(wanted)]
    if later:
        raise VersionRefused(f"{wanted} is older than {later[-1]}, which has a folder in releases/.")
    for name in ("pyproject.toml", "uv.lock"):
        file = root / name
        text, count = OF_PROJECT.subn(lambda found: f'{found[1]}"{wanted}"', file.read_text("utf-8"))
        assert count == 1, f"{name} names the version of the project once"
        file.write_text(text, encoding="utf-8")
    return wanted
