import os
from pathlib import Path

from app.embedded.socket_folder import discard_socket_folder, socket_folder


def long(tmp_path):
    folder = tmp_path / ("long" * 20) / ("er" * 20)
    folder.mkdir(parents=True)
    return folder


def test_is_inside_a_data_folder_with_a_short_path(tmp_path):
    folder = socket_folder(tmp_path)
    assert folder == tmp_path / "sockets"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_is_outside_and_found_again_where_the_path_is_too_long(tmp_path):
    data = long(tmp_path)
    folder = socket_folder(data)
    try:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) <= 103
        assert Path((data / "sockets-at").read_text()) == folder
        assert socket_folder(data) == folder
    finally:
        discard_socket_folder(data)
    assert not folder.exists()
    assert not (data / "sockets-at").exists()


def test_is_the_same_after_each_start(tmp_path):
    data = long(tmp_path)
    folder = socket_folder(data)
    discard_socket_folder(data)
    assert socket_folder(data) == folder
    discard_socket_folder(data)


def test_is_another_one_if_somebody_else_has_its_name_by_then(tmp_path):
    data = long(tmp_path)
    folder = socket_folder(data)
    discard_socket_folder(data)
    folder.mkdir(mode=0o700)
    try:
        other = socket_folder(data)
        assert other != folder
        assert other.stat().st_mode & 0o777 == 0o700
        discard_socket_folder(data)
    finally:
        folder.rmdir()


def test_stays_while_a_server_still_uses_it(tmp_path):
    data = long(tmp_path)
    folder = socket_folder(data)
    (folder / "redis.sock").touch()
    discard_socket_folder(data)
    assert socket_folder(data) == folder
    (folder / "redis.sock").unlink()
    discard_socket_folder(data)


def test_is_made_anew_if_others_may_enter_the_recorded_one(tmp_path):
    data = long(tmp_path)
    folder = socket_folder(data)
    folder.chmod(0o755)
    other = socket_folder(data)
    assert other != folder
    folder.rmdir()
    discard_socket_folder(data)
