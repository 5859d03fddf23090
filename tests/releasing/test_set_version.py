"""The version stands in pyproject.toml and in uv.lock, and never goes back."""

import pytest

from releasing.set_version import VersionRefused, read_version, set_version
from releasing.versions import released_versions

PROJECT = '[project]\nname = "quaestor"\nversion = "0.1.0"\n\n[tool.x]\nversion = "5"\n'
LOCK = '[[package]]\nname = "pytest"\nversion = "0.1.0"\n\n[[package]]\nname = "quaestor"\nversion = "0.1.0"\n'


@pytest.fixture
def set_to(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "uv.lock").write_text(LOCK)
    for version in ("0.9.0", "0.10.0"):
        (tmp_path / "releases" / version).mkdir(parents=True)

    def set_to(version, *, tags=()):
        return set_version(version, tags=set(tags), root=tmp_path, releases=tmp_path / "releases")

    set_to.root = tmp_path
    return set_to


def test_writes_it_where_it_belongs_and_nowhere_else(set_to):
    assert set_to("0.11.0") == "0.11.0"
    assert read_version(set_to.root) == "0.11.0"
    assert (set_to.root / "pyproject.toml").read_text() == PROJECT.replace("0.1.0", "0.11.0")
    assert (set_to.root / "uv.lock").read_text() == LOCK.replace(
        '"quaestor"\nversion = "0.1.0"', '"quaestor"\nversion = "0.11.0"'
    )
    assert set_to(None) == "0.11.0"


@pytest.mark.parametrize(
    ("version", "tags", "told"),
    [
        ("1.0", (), "1.0 is no version"),
        ("v1.0.0", (), "v1.0.0 is no version"),
        ("0.10.0", ("v0.10.0",), "0.10.0 is released, since the tag v0.10.0 is there"),
        ("0.9.5", (), "0.9.5 is older than 0.10.0, which has a folder"),
        (None, (), "0.1.0 is older than 0.10.0"),
    ],
)
def test_refuses_and_changes_nothing(set_to, version, tags, told):
    with pytest.raises(VersionRefused, match=told):
        set_to(version, tags=tags)
    assert (set_to.root / "pyproject.toml").read_text() == PROJECT


def test_makes_one_again_as_long_as_it_has_no_tag(set_to):
    assert set_to("0.10.0", tags=("v0.9.0",)) == "0.10.0"


def test_orders_versions_by_their_numbers(set_to):
    assert released_versions(set_to.root / "releases") == ["0.9.0", "0.10.0"]
    assert released_versions(set_to.root / "nowhere") == []
