import os
import shutil
import subprocess
import sysconfig
import textwrap
from pathlib import Path

import pytest

from app.embedded.postgres import EmbeddedPostgres
from app.embedded.system_user import NotOurData, user_for
from app.embedded.wheels import postgres_binaries

NOBODY = 65_534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
as_plain_user = pytest.mark.skipif(os.geteuid() == 0, reason="root runs it as another user")
# One that every user may run, unlike ours, which may lie below /root.
SYSTEM_PYTHON = Path("/usr/bin/python3")
ROOT, PACKAGES = Path(__file__).parents[2], Path(sysconfig.get_path("purelib"))


def may_all_enter(*folders):
    """Whether every user may look into these folders."""
    return all(above.stat().st_mode & 0o001 for folder in folders for above in (folder, *folder.parents))


@as_root
def test_runs_as_nobody_when_we_are_root(tmp_path):
    server = EmbeddedPostgres(tmp_path / "data", durable=False)
    server.start()
    try:
        assert Path(f"/proc/{server.pid}").stat().st_uid == NOBODY
        assert server.files.stat().st_uid == NOBODY
        # Nobody else may come in: the folder around it is root's.
        assert (server.data_folder.stat().st_uid, server.data_folder.stat().st_mode & 0o777) == (0, 0o700)
    finally:
        server.stop()


@pytest.mark.thorough
@as_root
def test_keeps_no_power_of_root_but_to_search_folders(tmp_path):
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    try:
        status = Path(f"/proc/{server.pid}/status").read_text()
        effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
        assert int(effective, 16) in {1 << 1, 1 << 2}
    finally:
        server.stop()


@pytest.mark.thorough
@as_root
def test_works_where_only_root_may_look(tmp_path):
    # As in the wheel, whose libraries lie beside its package.
    installed = postgres_binaries().parent
    programs = tmp_path / installed.parent.name / installed.name
    shutil.copytree(installed, programs)
    shutil.copytree(f"{installed.parent}.libs", f"{programs.parent}.libs")
    tmp_path.chmod(0o700)
    server = EmbeddedPostgres(tmp_path / "data", durable=False, binaries=programs / "bin")
    server.start()
    try:
        assert Path(f"/proc/{server.pid}/exe").readlink() == programs / "bin" / "postgres"
    finally:
        server.stop()


@as_root
def test_runs_as_the_owner_of_the_files(tmp_path):
    owned = tmp_path / "postgres"
    owned.mkdir()
    os.chown(owned, 1, 1)
    assert (user_for(owned).uid, user_for(tmp_path).uid) == (1, NOBODY)


@as_plain_user
def test_is_whoever_we_are_unless_we_are_root(tmp_path):
    assert user_for(tmp_path) is None


@as_plain_user
def test_refuses_files_of_another_user():
    with pytest.raises(NotOurData):
        user_for(Path("/"))


@pytest.mark.thorough
@as_root
@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="no Python that a plain user may run")
@pytest.mark.skipif(not may_all_enter(ROOT, PACKAGES), reason="only root may look where we lie")
def test_works_as_a_plain_user_and_refuses_the_files_of_another():
    program = f"""
        import os, sys, tempfile
        from pathlib import Path
        sys.path[:0] = [{str(ROOT)!r}, {str(PACKAGES)!r}]
        from app.embedded.child import Child
        from app.embedded.leftovers import find_process
        from app.embedded.postgres import EmbeddedPostgres
        from app.embedded.redis import EmbeddedRedis
        from app.embedded.system_user import NotOurData, user_for

        with tempfile.TemporaryDirectory() as folder:
            for server in (EmbeddedPostgres(Path(folder), durable=False), EmbeddedRedis(Path(folder))):
                server.start()
                print(server.name, Path(f"/proc/{{server.pid}}").stat().st_uid)
                server.stop()
        try:
            user_for(Path("/etc"))
        except NotOurData as refusal:
            print(refusal)
    """
    ran = subprocess.run(
        [SYSTEM_PYTHON, "-c", textwrap.dedent(program)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
        env={"PATH": os.environ["PATH"]},
    )
    assert ran.stdout.splitlines() == [
        f"postgres {NOBODY}",
        f"redis {NOBODY}",
        "/etc belongs to the user of id 0: run as that user or as root, or choose another data folder.",
    ], ran.stderr
