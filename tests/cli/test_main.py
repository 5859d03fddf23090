import itertools
import json
import os
import re
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from app.api.graphql.schema import schema
from app.cli.lazy_commands import LazyCommand
from app.cli.main import SUMMARIES, application
from app.db.migrate import migrations
from app.embedded.postgres import EmbeddedPostgres
from tests.cli.running_dev import clean_environment

QUAESTOR = Path(sys.executable).with_name("quaestor")
# The lines between two panels, and how far to the right the names in them begin.
BLANK = re.compile(r"[╭╰].*|\s*")
NAMES = 4


def below(command, path):
    """Each command with its path, the groups before what is in them."""
    for name, one in sorted(getattr(command, "commands", {}).items()):
        real = one.load() if isinstance(one, LazyCommand) else one
        yield (*path, name), real
        yield from below(real, (*path, name))


COMMANDS = {" ".join(path): one for path, one in below(get_command(application), ())}
GROUPS = [path for path, one in COMMANDS.items() if hasattr(one, "commands")]
# What takes long to load; a start of all commands together took as long as the sum of them.
SLOW = ["aiohttp", "asyncpg", "httpx", "pydantic", "strawberry", "tortoise", "uvicorn"]


def quaestor(*arguments, timeout=150, **changes):
    return subprocess.run(
        [QUAESTOR, *arguments],
        env=clean_environment(**changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def help_of(*command, columns=200):
    """What the program prints; it is not started for it, since to load Python takes far longer."""
    ran = CliRunner().invoke(application, [*command, "--help"], env={"NO_COLOR": "1", "COLUMNS": str(columns)})
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def test_looks_at_commands_of_every_depth():
    assert GROUPS == ["books", "customers", "import", "keys", "secrets", "work"]
    assert set(COMMANDS) >= {*SUMMARIES, "customers create", "import transfers", "secrets rotate", "work retry"}


@pytest.mark.parametrize("command", [path for path in COMMANDS if path not in GROUPS])
def test_explains_each_command_with_an_example(command):
    printed = help_of(*command.split())
    assert re.search(rf"Example: .*quaestor {command}", printed), printed


def test_lists_the_commands_when_called_with_none():
    listed = quaestor("--help", NO_COLOR="1", COLUMNS="80").stdout
    assert listed == help_of(columns=80)
    assert [command for command in SUMMARIES if f" {command} " not in listed] == []


def slow_parts_of(module):
    program = f"import sys, {module}; print(*(name for name in {SLOW} if name in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=150)
    return ran.stdout.split()


def test_loads_no_command_before_it_is_called():
    assert slow_parts_of("app.cli.main") == []


def test_runs_dev_without_loading_the_product():
    assert slow_parts_of("app.cli.dev") == ["asyncpg", "pydantic"]


def test_exits_2_for_an_unknown_option():
    assert quaestor("serve", "--no-such-option").returncode == 2


def test_exits_2_for_a_wrong_setting_and_names_it():
    ran = quaestor("serve", QUAESTOR_PORT="eighty")
    assert ran.returncode == 2
    assert ran.stderr.startswith("QUAESTOR_PORT is 'eighty': ")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_exits_3_where_there_are_no_servers(command, tmp_path):
    ran = quaestor(command, "--data-dir", str(tmp_path))
    assert ran.returncode == 3
    assert ran.stderr == (
        f"DATABASE_URL is not set, and no `quaestor dev` is running on the data folder {tmp_path}. "
        "Set DATABASE_URL, name the folder of a running one with --data-dir, or start `quaestor dev`.\n"
    )


ON_THE_DATABASE = [
    ("customers", "create", "Example Ltd"),
    ("customers", "list"),
    ("keys", "create", "--customer", "01a1fc97-491c-764a-99c5-2431a72542ac"),
    ("keys", "list"),
    ("keys", "revoke", "01a1fc97-491c-764a-99c5-2431a72542ac"),
    ("work", "list"),
    ("work", "retry", "--all"),
    ("verify",),
    ("migrate",),
    ("migrate", "--check"),
]


@pytest.mark.parametrize(
    "command",
    [pytest.param(one, marks=pytest.mark.thorough if number else ()) for number, one in enumerate(ON_THE_DATABASE)],
    ids=" ".join,
)
def test_exits_3_and_makes_nothing_where_there_is_no_database(command, tmp_path):
    ran = quaestor(*command, "--json", QUAESTOR_DATA_DIR=str(tmp_path / "here"))
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr == (
        f"There is no database: DATABASE_URL is not set, and there is none in the data folder {tmp_path / 'here'}. "
        "Set DATABASE_URL, or name the data folder of your installation with --data-dir or QUAESTOR_DATA_DIR. "
        "A new installation is made by `quaestor dev`.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_exits_3_when_the_database_does_not_answer(tmp_path):
    ran = quaestor("migrate", DATABASE_URL=f"postgresql://quaestor:hidden@/quaestor?host={tmp_path}")
    assert ran.returncode == 3
    assert ran.stderr.startswith(f"DATABASE_URL: the database quaestor at {tmp_path} does not answer: ")
    assert "hidden" not in ran.stderr


def test_exits_3_where_the_url_cannot_be_understood():
    ran = quaestor("migrate", DATABASE_URL="postgresql://quaestor:hid/den@127.0.0.1:x/quaestor")
    assert ran.returncode == 3
    assert ran.stderr.startswith("DATABASE_URL cannot be understood: ")
    assert "hid" not in ran.stderr


def test_says_which_version_it_is():
    assert quaestor("--version").stdout == f"quaestor {version('quaestor')}\n"


def texts_in(printed):
    """The lines of each paragraph, and of what is told of each option, argument and command in the panels; and how wide
    they may be.
    """
    for is_text, lines in itertools.groupby(printed.splitlines(), lambda line: not BLANK.fullmatch(line)):
        told = list(lines)
        if is_text and told[0].startswith("│"):
            yield from told_in_panel([line[2:-1].rstrip() for line in told])
        elif is_text:
            yield [line.strip() for line in told], 78


def told_in_panel(rows):
    """Behind names and types, all begins at one column. A row that has nothing before it goes on with the one above."""
    [column] = {re.match(r".*  (?=\S)", row).end() for row in rows if row[:NAMES].strip()}
    told = []
    for row in rows:
        if row[:NAMES].strip():
            told.append([])
        else:
            assert row[:column].strip() == "", f"a name or a type is broken: {row}"
        told[-1].append(row[column:])
    return [(one, 76 - column) for one in told]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_wraps_its_help_as_wide_as_the_terminal_is(command):
    """No line is broken early: the first word of the next one would not have fitted."""
    printed = help_of(*command.split(), columns=80)
    assert max(len(line) for line in printed.splitlines()) == 80
    for lines, width in texts_in(printed):
        for line, following in itertools.pairwise(lines):
            if not following.startswith(("[default: ", "[required]")):
                assert len(f"{line} {following.split()[0]}") > width, (line, following)


def test_exits_1_and_names_the_process_when_the_port_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ran = quaestor("dev", "--port", str(port), "--data-dir", str(tmp_path / "data"))
    assert ran.returncode == 1
    assert ran.stderr == (
        f"Port {port} of 127.0.0.1 is taken by process {os.getpid()}. "
        "Stop that one, or choose another one: --port NUMBER, or QUAESTOR_PORT=NUMBER in the environment, also before "
        "`make run`.\n"
    )
    assert not (tmp_path / "data" / "postgres").exists()


@pytest.mark.thorough
def test_migrates_and_tells_what_is_missing(tmp_path):
    names = [migration.name for migration in migrations()]
    arguments = ("--data-dir", str(tmp_path), "--json")
    EmbeddedPostgres(tmp_path).prepare()

    checked = quaestor("migrate", "--check", *arguments)
    assert (checked.returncode, json.loads(checked.stdout)) == (1, {"current": False, "pending": names, "held": []})

    refused = quaestor("verify", *arguments)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert (
        "holds no Quaestor: is it the right one? A new installation begins with `quaestor migrate`." in refused.stderr
    )

    done = quaestor("migrate", *arguments)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"applied": names, "held": []})

    again = quaestor("migrate", *arguments)
    assert (again.returncode, json.loads(again.stdout)) == (0, {"applied": [], "held": []})

    checked = quaestor("migrate", "--check", *arguments)
    assert (checked.returncode, json.loads(checked.stdout)) == (0, {"current": True, "pending": [], "held": []})


@pytest.mark.thorough
def test_prints_the_schema():
    assert quaestor("schema").stdout == f"{schema.as_str()}\n"
    assert json.loads(quaestor("schema", "--json").stdout) == {"sdl": schema.as_str()}
