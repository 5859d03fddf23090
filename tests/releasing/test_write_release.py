"""A release is written as a whole, or, if it breaks what the last one had, not at all."""

import json
from datetime import date

import pytest

from app.kernel.version import VERSION
from releasing import write_release as module
from releasing.changelog import NothingToRelease
from releasing.snapshot import current_snapshot, read_snapshot

DAY = date(2026, 12, 1)
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- One.\n\n## [0.0.1] - 2026-11-01\n\n### Added\n\n- None.\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where releases are written to instead, with a changelog; no wheel is built."""
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    monkeypatch.setattr(module, "RELEASES", tmp_path / "releases")
    monkeypatch.setattr(module, "CHANGELOG", tmp_path / "CHANGELOG.md")
    monkeypatch.setattr(module, "released_versions", lambda: ["0.0.1", VERSION])
    monkeypatch.setattr(module, "build_wheel", lambda folder: folder / "wheel")
    return tmp_path


@pytest.mark.thorough
def test_writes_the_api_and_the_notes(folder):
    current_snapshot().write(folder / "releases" / "0.0.1")
    written, faults = module.write_release(DAY)
    assert faults == []
    made = folder / "releases" / VERSION
    assert {file.name for file in written} == {"notes.md", "schema.graphql", "openapi.json", "events.json", "wheel"}
    assert read_snapshot(made) == current_snapshot()
    assert (made / "notes.md").read_text().endswith("## What is new\n\n### Added\n\n- One.\n")
    assert f"## [Unreleased]\n\n## [{VERSION}] - 2026-12-01\n\n### Added" in (folder / "CHANGELOG.md").read_text()

    again, faults = module.write_release(DAY)
    assert (again, faults) == (written, [])


@pytest.mark.thorough
def test_writes_nothing_if_something_breaks(folder):
    earlier = folder / "releases" / "0.0.1"
    current_snapshot().write(earlier)
    schema = (earlier / "schema.graphql").read_text().replace("type Query {", "type Query {\n  gone: Int\n", 1)
    (earlier / "schema.graphql").write_text(schema)
    events = json.loads((earlier / "events.json").read_text())
    events["channels"]["gone"] = {"messages": {}}
    (earlier / "events.json").write_text(json.dumps(events))

    written, faults = module.write_release(DAY)
    assert written == []
    assert faults == ["GraphQL: Field Query.gone was removed.", "events: the channel gone is gone"]
    assert not (folder / "releases" / VERSION).exists()
    assert (folder / "CHANGELOG.md").read_text() == CHANGELOG


@pytest.mark.thorough
def test_writes_nothing_if_the_changelog_tells_nothing(folder):
    (folder / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\n## [0.0.1] - 2026-11-01\n")
    current_snapshot().write(folder / "releases" / "0.0.1")
    with pytest.raises(NothingToRelease):
        module.write_release(DAY)
    assert not (folder / "releases" / VERSION).exists()
