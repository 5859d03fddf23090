"""The folder of several processes goes with whoever made it, killed or not."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.cli.shared_folder import LOCK, PREFIX, shared_folder

MAKES_ONE_AND_STAYS = """
import sys, time
from app.cli.shared_folder import shared_folder
with shared_folder() as folder:
    (folder / "counts-1.json").write_text("[]")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _temporary(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def make():
    """A function that starts a process with such a folder; answers both."""
    started = []

    def make():
        process = subprocess.Popen([sys.executable, "-c", MAKES_ONE_AND_STAYS], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process, Path(process.stdout.readline().strip())

    yield make
    for process in started:
        process.kill()
        process.communicate()


def test_ends_with_the_block(tmp_path):
    with shared_folder() as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []


def test_of_one_that_was_killed_is_removed_by_the_next(make):
    (living, its_folder), (killed, left) = make(), make()
    killed.kill()
    killed.wait()
    assert left.exists()
    with shared_folder():
        assert not left.exists()
        assert (its_folder / "counts-1.json").exists()
    assert living.poll() is None


def test_is_left_alone_if_it_has_no_lock_or_is_something_else(tmp_path):
    """It may be about to get its lock, or is an older version's."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / LOCK).touch()
    (tmp_path / f"{PREFIX}new").mkdir()
    (tmp_path / f"{PREFIX}file").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    with shared_folder():
        pass
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "elsewhere",
        *(PREFIX + one for one in ("file", "link", "new")),
    ]
    assert (elsewhere / LOCK).exists()


def test_is_left_alone_if_it_is_another_users(tmp_path, monkeypatch):
    (tmp_path / f"{PREFIX}theirs").mkdir()
    (tmp_path / f"{PREFIX}theirs" / LOCK).touch()
    ours = os.geteuid()
    monkeypatch.setattr("app.cli.shared_folder.os.geteuid", lambda: ours + 1)
    with shared_folder():
        assert (tmp_path / f"{PREFIX}theirs").exists()
