import os
import subprocess

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from app.cli.main import SUMMARIES, application
from tests.cli.running_dev import QUAESTOR

COMMANDS = get_command(application).commands


@pytest.mark.parametrize("name", SUMMARIES)
def test_lists_a_command_as_its_own_help_begins(name):
    real = COMMANDS[name].load()
    assert real.name == name
    assert " ".join(real.help.split("\n\n")[0].split()) == SUMMARIES[name]


@pytest.mark.parametrize(("name", "commands"), [("keys", ["create", "list", "revoke"]), ("work", ["list", "retry"])])
def test_loads_a_group_with_its_commands(name, commands):
    assert sorted(COMMANDS[name].load().commands) == commands


def test_takes_the_options_of_the_real_command():
    wrong = CliRunner().invoke(application, ["serve", "--port", "eighty"], env={"NO_COLOR": "1"})
    assert wrong.exit_code == 2
    assert "Invalid value for '--port'" in wrong.output


@pytest.mark.parametrize(
    ("words", "completed"),
    [("quaestor sta", "statement"), ("quaestor dev --die", "--die-with-parent"), ("quaestor keys rev", "revoke")],
)
def test_completes_commands_and_their_options(words, completed):
    asked = {"_QUAESTOR_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    ran = subprocess.run(
        [QUAESTOR], env={**os.environ, **asked}, capture_output=True, text=True, check=False, timeout=150
    )
    assert ran.stdout.split() == [completed]
