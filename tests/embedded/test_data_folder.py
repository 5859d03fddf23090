import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from app.embedded.data_folder import DataFolderTaken, lock, read_api_key, running_servers, secret_key, write_private


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the data folder, and answers its id."""
    program = f"""
        import sys, time
        from pathlib import Path
        from app.embedded.data_folder import lock
        with lock(Path({str(tmp_path)!r}), command="dev", address="http://127.0.0.1:8000") as folder:
            folder.announce(database_url="postgresql:///one", redis_url=None)
            print("held", flush=True)
            time.sleep(600)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    process.stdout.close()
    yield process
    process.kill()
    process.wait()


def test_refuses_a_second_holder_and_names_the_first(tmp_path, holder):
    with pytest.raises(DataFolderTaken) as refusal, lock(tmp_path, command="dev"):
        pass
    assert str(refusal.value) == (
        f"The data folder {tmp_path} is in use by process {holder.pid} (quaestor dev) at http://127.0.0.1:8000. "
        "Stop that one first, or choose another folder with --data-dir."
    )
    assert running_servers(tmp_path).pid == holder.pid


def test_tells_where_the_servers_of_the_holder_listen(tmp_path, holder):
    found = running_servers(tmp_path)
    assert (found.pid, found.command, found.address) == (holder.pid, "dev", "http://127.0.0.1:8000")
    assert (found.database_url, found.redis_url, found.ready) == ("postgresql:///one", None, True)


def test_takes_over_from_a_holder_that_was_killed(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "running.json").exists()
    assert running_servers(tmp_path) is None
    with lock(tmp_path, command="dev", address="http://127.0.0.1:8001"):
        assert json.loads((tmp_path / "running.json").read_text())["pid"] == os.getpid()
    assert not (tmp_path / "running.json").exists()
    assert running_servers(tmp_path) is None


def test_knows_of_no_servers_in_a_folder_that_is_not_there(tmp_path):
    assert running_servers(tmp_path / "nowhere") is None


def test_makes_the_folder_for_us_alone(tmp_path):
    with lock(tmp_path / "new" / "data", command="dev") as folder:
        assert folder.path.stat().st_mode & 0o777 == 0o700


def test_makes_the_secret_key_once(tmp_path):
    key = secret_key(tmp_path)
    assert len(key) == 64
    assert secret_key(tmp_path) == key
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_replaces_a_private_file_as_a_whole(tmp_path):
    (tmp_path / "file").write_text("old")
    (tmp_path / "file").chmod(0o644)
    write_private(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "new"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_reads_the_first_key_where_there_is_one(tmp_path):
    assert read_api_key(tmp_path) is None
    write_private(tmp_path / "api-key", "qk_1\n")
    assert read_api_key(tmp_path) == "qk_1"
