"""Options that several commands share."""

import pytest
from typer.testing import CliRunner

from app.cli.exits import ExitCode
from app.cli.main import application

COMMANDS = [["dev"], ["serve"], ["worker"], ["verify"], ["login"], ["customers", "list"], ["keys", "list"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_refuses_a_data_folder_without_a_name(command, tmp_path, monkeypatch):
    """It would be the current folder."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner(env={"COLUMNS": "200"}).invoke(application, [*command, "--data-dir", ""])
    assert done.exit_code == ExitCode.WRONG_USAGE
    assert "'--data-dir': it is empty: name a folder, or leave the option out." in done.output
    assert list(tmp_path.iterdir()) == []
