"""The API of the code takes nothing away that the last release had, but what was deprecated long enough."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.kernel.version import VERSION
from releasing.changelog import release_dates, sections
from releasing.set_version import read_version
from releasing.snapshot import current_snapshot, read_snapshot
from releasing.versions import RELEASES, released_versions, version_key
from releasing.write_release import notes_of, release_faults

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
VERSIONS = released_versions()


def test_breaks_nothing_and_says_of_each_deprecation_since_when_and_what_to_use():
    today = datetime.now(UTC).date()
    assert VERSIONS
    assert release_faults(current_snapshot(), VERSIONS[-1], CHANGELOG, today) == []


def test_is_the_last_release_or_a_later_version():
    assert read_version() == VERSION
    assert version_key(VERSION) >= version_key(VERSIONS[-1])


@pytest.mark.parametrize("version", VERSIONS)
def test_has_notes_of_each_release_as_the_changelog_tells(version):
    notes = (RELEASES / version / "notes.md").read_text("utf-8")
    assert notes.startswith(f"# Quaestor {version}\n\nReleased on {release_dates(CHANGELOG)[version]}. ")
    assert notes.endswith(f"## What is new\n\n{sections(CHANGELOG)[version]}\n")


def test_makes_notes_that_name_what_is_deprecated():
    version = VERSIONS[-1]
    snapshot = read_snapshot(RELEASES / version)
    assert "## What is deprecated" not in notes_of(version, CHANGELOG, snapshot)
