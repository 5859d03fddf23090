"""One of several processes: the folder that it shares with the others."""

import os
import stat

import pytest

from app.cli.process import Process, several
from app.settings import Sibling
from app.siblings import read_ready, ready_file, tell_ready

ONE = Process(name="api", arguments=("true",), stop=())


def test_makes_a_folder_again_that_was_removed(tmp_path):
    folder = tmp_path / "removed"
    first, _ = several(ONE, 2, folder)
    folder.rmdir()
    first.clean_up()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    tell_ready(first.sibling)
    assert first.accepts(os.getpid())
    first.clean_up()
    assert not first.accepts(os.getpid())
    assert read_ready(ready_file(Sibling(1, folder))) is None


def test_starts_nothing_in_a_folder_that_another_user_made(tmp_path, monkeypatch):
    first, _ = several(ONE, 2, tmp_path / "taken")
    tell_ready(first.sibling)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="the folder of its counts was replaced by another user"):
        first.clean_up()
    assert first.accepts(os.getpid())
