"""Of the cases of a slow test `make test` tries a few, and `make check` each once."""

import os
import subprocess
import sys
from pathlib import Path

from tests.many_cases import QUICK_CASES, left_out

ROOT = Path(__file__).parents[1]
CASES = [f"case-{number}]" for number in range(40)]
TESTS = """
import pytest

@pytest.fixture
def postgres(): ...

@pytest.mark.parametrize("n", range(9))
def test_slow(postgres, n): ...

@pytest.mark.parametrize("n", range(3))
def test_few(postgres, n): ...

@pytest.mark.parametrize("n", range(9))
def test_fast(n): ...

@pytest.mark.faults
@pytest.mark.parametrize("n", range(9))
def test_elsewhere(postgres, n): ...

@pytest.fixture
def dev(): ...

def test_of_a_product(dev): ...
"""


def collected(folder, marks):
    """The cases that are run with these marks, in their order."""
    (folder / "test_it.py").write_text(TESTS, encoding="utf-8")
    command = (sys.executable, "-m", "pytest", "-p", "tests.many_cases", "-p", "no:cacheprovider", "--collect-only")
    known = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    options = ("-q", "-W", "ignore::pytest.PytestUnknownMarkWarning", "-c", os.devnull, "--rootdir", folder)
    done = subprocess.run(
        [*command, *options, "-m", marks, folder / "test_it.py"],
        cwd=folder,
        env={**known, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line]


def of(test, cases):
    return {f"{test}[{n}]" for n in cases}


def test_tries_each_case_once_in_one_command_or_the_other(tmp_path):
    quick, thorough = (set(collected(tmp_path, marks)) for marks in ("not faults and not thorough", "thorough"))
    assert quick & thorough == set()
    assert quick | thorough == of("test_slow", range(9)) | of("test_few", range(3)) | of("test_fast", range(9)) | {
        "test_of_a_product"
    }
    assert len(thorough) == 9 - QUICK_CASES
    assert thorough < of("test_slow", range(9))


def test_begins_with_those_that_share_a_product(tmp_path):
    assert collected(tmp_path, "not faults and not thorough")[:2] == [
        "test_of_a_product",
        min(of("test_slow", range(9))),
    ]


def test_chooses_the_same_in_every_order():
    assert left_out(CASES) == left_out(CASES[::-1])
    assert len(CASES) - len(left_out(CASES)) == QUICK_CASES


def test_changes_nearly_nothing_when_a_case_is_added():
    before, after = left_out(CASES), left_out([*CASES, "new]"])
    assert len((set(CASES) - before) & after) <= 1


def test_is_heeded_by_these_tests(request):
    assert request.config.pluginmanager.has_plugin("tests.many_cases")
