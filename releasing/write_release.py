"""Write the folder of a release: the documents of its API, its notes, and its wheel where that is small."""

import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

from app.db.migrate import migrations
from app.kernel.version import VERSION
from releasing.changelog import release_dates, sections, with_release
from releasing.set_version import read_version
from releasing.snapshot import Snapshot, breaking_changes, current_snapshot, read_snapshot
from releasing.told_deprecations import deprecation_faults, deprecations
from releasing.versions import RELEASES, ROOT, released_versions

CHANGELOG = ROOT / "CHANGELOG.md"
WHEEL_BYTES_MAX = 5_000_000
"""A larger wheel stays out of the repository, in `dist/`."""


def write_release(today: date) -> tuple[list[Path], list[str]]:
    """Write it, and answer the files, or what is wrong: then nothing is written.

    :raises NothingToRelease: the changelog has no line for it.
    """
    assert read_version() == VERSION, "the installed version is another one: run `make release`"
    changelog = CHANGELOG.read_text("utf-8")
    snapshot = current_snapshot()
    before = [version for version in released_versions() if version != VERSION]
    faults = release_faults(snapshot, before[-1] if before else None, changelog, today)
    changed = with_release(changelog, VERSION, today)
    if faults:
        return [], faults
    folder = RELEASES / VERSION
    snapshot.write(folder)
    CHANGELOG.write_text(changed, encoding="utf-8")
    notes = folder / "notes.md"
    notes.write_text(notes_of(VERSION, changed, snapshot), encoding="utf-8")
    return [notes, folder / "schema.graphql", folder / "openapi.json", folder / "events.json", build_wheel(folder)], []


def release_faults(snapshot: Snapshot, before: str | None, changelog: str, today: date) -> list[str]:
    """What a snapshot breaks of the release before it, and what its deprecations do not say."""
    if before is None:
        return [*deprecation_faults(snapshot, None, None)]
    known = read_snapshot(RELEASES / before)
    return [
        *breaking_changes(known, snapshot, today),
        *deprecation_faults(snapshot, known, release_dates(changelog)[before]),
    ]


def notes_of(version: str, changelog: str, snapshot: Snapshot) -> str:
    """The notes of a release, as Markdown."""
    deprecated = [f"- {place}, since {told.since}: use `{told.replacement}`." for place, told in deprecations(snapshot)]
    return "\n".join(
        [
            f"# Quaestor {version}",
            "",
            f"Released on {release_dates(changelog)[version]}. Its API is in `schema.graphql` (GraphQL),",
            "`openapi.json` (REST) and `events.json` (webhooks) beside this file. Before you start it, run",
            f"`quaestor migrate`: it brings the database to {migrations()[-1].name}. What a new version may change,",
            "and for how long what is deprecated stays, is in [Versions](../../docs/versions.md).",
            "",
            *(["## What is deprecated", "", *deprecated, ""] if deprecated else []),
            "## What is new",
            "",
            sections(changelog)[version],
            "",
        ]
    )


def build_wheel(folder: Path) -> Path:
    """Build the wheel, and move it into the folder if it is small enough; answers where it is."""
    dist = ROOT / "dist"
    uv, python = str(Path(sys.executable).with_name("uv")), sys.executable
    command = [uv, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", python, "--out-dir", str(dist)]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603
    wheel = dist / f"quaestor-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as packed:
        assert f"Version: {VERSION}\n" in packed.read(f"quaestor-{VERSION}.dist-info/METADATA").decode()
    return wheel.replace(folder / wheel.name) if wheel.stat().st_size <= WHEEL_BYTES_MAX else wheel
