"""The versions that have a folder in `releases/`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RELEASES = ROOT / "releases"


def version_key(version: str) -> tuple[int, ...]:
    """What versions are ordered by: `0.10.0` is after `0.9.1`."""
    return tuple(int(number) for number in version.split("."))


def released_versions(releases: Path = RELEASES) -> list[str]:
    """Every version that has a folder, oldest first."""
    if not releases.is_dir():
        return []
    return sorted((folder.name for folder in releases.iterdir() if folder.is_dir()), key=version_key)
