"""What is missing is a skip on a developer's machine, and a failure in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SKIPS = {
    "test": "import pytest\ndef test_it():\n    pytest.skip('no server here')\n",
    "fixture": "import pytest\n@pytest.fixture\ndef it():\n    pytest.skip('no server here')\ndef test_it(it): ...\n",
    "mark": "import pytest\n@pytest.mark.skipif(True, reason='no server here')\ndef test_it():\n    pass\n",
    "file": "import pytest\npytest.importorskip('no_server', reason='no server here')\ndef test_it():\n    pass\n",
}
IN_CI = "no server here: in CI nothing is skipped, so install what is missing"


def run(folder, text, *options, **environment):
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    command = (sys.executable, "-m", "pytest", "-q", "-p", "tests.skips", "-p", "no:cacheprovider")
    known = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST")}
    done = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", folder, *options, folder / "test_it.py"],
        cwd=folder,
        env={**known, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=name, marks=[] if name == "test" else [pytest.mark.thorough])
        for name, text in SKIPS.items()
    ],
)
def test_fails_in_ci_what_is_skipped_elsewhere(tmp_path, text):
    code, said = run(tmp_path, text)
    assert code in {0, 5}, said  # 5: there was no test.
    assert "1 skipped" in said
    code, said = run(tmp_path, text, CI="true")
    assert code in {1, 2}, said
    assert IN_CI in said


def test_lets_pass_in_ci_what_depends_on_who_runs_it(tmp_path):
    text = SKIPS["mark"].replace("no server here", "only root can become others")
    code, said = run(tmp_path, text, CI="true")
    assert (code, "1 skipped" in said) == (0, True), said


def test_lets_pass_in_ci_a_file_that_was_not_asked_for(tmp_path):
    code, said = run(tmp_path, SKIPS["file"], "-m", "not browser", CI="true")
    assert (code, "1 skipped" in said) == (5, True), said


def test_is_heeded_by_these_tests(request):
    assert request.config.pluginmanager.has_plugin("tests.skips")
