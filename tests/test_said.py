"""What a test says of itself is shown, also if it passes and ran in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEST = "def test_it(say):\n    say('3 of 4')\n"


@pytest.mark.parametrize(
    "how", [pytest.param((), marks=pytest.mark.thorough), ("-p", "xdist", "-n", "1")], ids=["alone", "beside others"]
)
def test_shows_what_a_test_that_passed_said(tmp_path, how):
    (tmp_path / "test_it.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "conftest.py").write_text("pytest_plugins = ('tests.said',)\n", encoding="utf-8")
    known = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *how, "-c", os.devnull, "--rootdir", tmp_path],
        cwd=tmp_path,
        env={**known, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stdout.count("test_it.py::test_it: 3 of 4")) == (0, 1), done.stdout
