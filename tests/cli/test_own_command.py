import pytest

from app.cli.own_command import own_command


@pytest.fixture
def program(tmp_path, monkeypatch):
    """`.venv/bin/quaestor` below the working folder."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".venv" / "bin" / "quaestor"
    file.parent.mkdir(parents=True)
    file.touch(mode=0o755)
    return file


def test_is_the_name_where_the_shell_finds_this_program_by_it(program, monkeypatch):
    monkeypatch.setenv("PATH", str(program.parent))
    assert own_command(".venv/bin/quaestor") == "quaestor"
    assert own_command(str(program)) == "quaestor"


@pytest.mark.parametrize("called", [".venv/bin/quaestor", None])
def test_is_the_path_where_the_shell_does_not_find_it(program, monkeypatch, called):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.argv", [str(program), "dev"])
    assert own_command(called) == ".venv/bin/quaestor"


def test_is_the_path_where_the_shell_finds_another_of_the_name(program, tmp_path, monkeypatch):
    other = tmp_path / "elsewhere" / "quaestor"
    other.parent.mkdir()
    other.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert own_command(str(program)) == ".venv/bin/quaestor"


def test_is_the_name_for_what_is_no_program_of_that_name(program, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert own_command("/usr/lib/python3/pytest/__main__.py") == "quaestor"
    assert own_command("gone/quaestor") == "quaestor"
