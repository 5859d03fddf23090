"""What is left open fails the test that left it, though it hangs together in a circle that only a collection finds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import leaks

ROOT = Path(__file__).parents[1]
BEGINS = """
import socket
import pytest

class Circle:
    def __init__(self):
        self.itself, self.socket = self, socket.socket()

kept = []
"""
LEAKS = {
    "a test": ("def test_leaks():\n    Circle()\n", "test_leaks"),
    "the fixture of a test": (
        "@pytest.fixture\ndef it():\n    Circle()\n    yield\n    Circle()\ndef test_leaks(it): ...\n",
        "test_leaks",
    ),
    "the fixture of a file": (
        "@pytest.fixture(scope='module')\ndef a():\n    b = Circle()\n    yield\n    del b\ndef test_leaks(a): ...\n",
        "test_leaks",
    ),
    "a test that forgets what one of another file has made": (
        "import test_0\ndef test_leaks():\n    test_0.kept.clear()\n",
        "test_last",
    ),
}


def run(folder):
    command = (sys.executable, "-m", "pytest", "-q", "-p", "tests.leaks", "-p", "no:cacheprovider", "-W", "error")
    known = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", folder, folder],
        cwd=folder,
        env={**known, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.stdout


@pytest.mark.parametrize(
    "who", [who if who == "a test" else pytest.param(who, marks=pytest.mark.thorough) for who in LEAKS]
)
def test_blames_who_left_it_open(tmp_path, who):
    text, blamed = LEAKS[who]
    texts = (f"{BEGINS}def test_keeps():\n    kept.append(Circle())\n", f"{BEGINS}{text}", "def test_last(): ...\n")
    for number, written in enumerate(texts):
        (tmp_path / f"test_{number}.py").write_text(written, encoding="utf-8")
    said = run(tmp_path)
    errors = [line for line in said.splitlines() if line.startswith("ERROR")]
    assert [line.split("::")[1].split(" ")[0] for line in errors] == [blamed], said


def test_notes_what_is_opened_while_python_ends(monkeypatch):
    """By then its module is emptied."""
    openings = leaks.Openings()
    for name in ("OPENING", "_writes"):
        monkeypatch.setattr(leaks, name, None)
    openings.note("open", ("file", "w", 0))
    assert openings._any
