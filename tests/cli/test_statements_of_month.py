"""`quaestor statement --all`: one whole file for each ledger, whatever happens meanwhile. And `quaestor export`."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from beancount import loader

from app.cli.exits import WrongUsage
from app.cli.statement import _month
from tests.cli.running_dev import QUAESTOR, clean_environment

LAST_MONTH = f"{datetime.now(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"
THIS_MONTH = f"{datetime.now(UTC):%Y-%m}"
LEDGER = "0197a3c2-5b6e-7c11-8f00-c1a12e000001"
"""One of the demo's."""


def quaestor(dev, *arguments):
    environment = clean_environment(QUAESTOR_URL=dev.url, QUAESTOR_API_KEY=dev.api_key)
    return subprocess.run([QUAESTOR, *arguments], env=environment, capture_output=True, check=False, timeout=300)


def month_of(dev, folder, *more, month=LAST_MONTH, format_name="json"):
    options = ("--all", "--month", month, "--format", format_name, "--to-folder", str(folder))
    return quaestor(dev, "statement", *options, *more)


def test_ends_a_year():
    assert _month("2026-12").end == datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(WrongUsage):
        _month("2026-13")


def test_refuses_a_month_that_is_not_over(dev, tmp_path):
    done = month_of(dev, tmp_path, month=THIS_MONTH)
    assert (done.returncode, list(tmp_path.glob("*.json"))) == (2, [])
    assert b"is not over yet" in done.stderr


@pytest.mark.thorough
def test_takes_a_folder_and_a_month(dev, tmp_path):
    assert quaestor(dev, "statement", "--all", "--to-folder", str(tmp_path)).returncode == 2
    assert quaestor(dev, "statement", "--month", LAST_MONTH).returncode == 2


@pytest.mark.thorough
def test_writes_provisional_ones_anew_and_of_every_ledger(dev, tmp_path):
    """The demo's ledgers are of this month, but what is backdated may be older."""
    posted, effective = tmp_path / "posted", tmp_path / "effective"
    posted.mkdir(), effective.mkdir()
    assert month_of(dev, posted).returncode == 0
    assert [path.name for path in posted.glob(f"{LEDGER}*")] == []
    told = [month_of(dev, effective, "--by", "effective").stdout for _ in range(2)]
    names = {path.name for path in effective.glob("*.json")}
    assert f"{LEDGER}-{LAST_MONTH}-effective-provisional.json" in names
    assert all(name.endswith(f"-{LAST_MONTH}-effective-provisional.json") for name in names)
    assert [f"{len(names)} written, 0 there already".encode() in one for one in told] == [True, True]


@pytest.mark.thorough
@pytest.mark.parametrize("where", ["", "none/one.pdf"])
def test_says_where_it_cannot_write(dev, tmp_path, where):
    for arguments in (
        ("statement", LEDGER, "--from", "2026-01-01"),
        ("export", "--format", "hledger"),
    ):
        done = quaestor(dev, *arguments, "--out", str(tmp_path / where))
        assert (done.returncode, len(done.stderr.splitlines()), list(tmp_path.iterdir())) == (2, 1, []), done.stderr
    (tmp_path / "file").touch()
    done = month_of(dev, tmp_path / "file" / "folder")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr


def test_writes_a_pdf_of_one_ledger_to_a_file(dev, tmp_path):
    out = tmp_path / "one.pdf"
    ledger = quaestor(
        dev, "statement", "0197a3c2-5b6e-7c11-8f00-0123456789a8", "--month", LAST_MONTH, "--out", str(out)
    )
    assert (ledger.returncode, out.exists()) == (1, False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.thorough
def test_exports_what_beancount_accepts(dev, tmp_path):
    out = tmp_path / "books.beancount"
    assert quaestor(dev, "export", "--format", "beancount", "--out", str(out)).returncode == 0
    _, errors, _ = loader.load_file(str(out))
    assert errors == []
    printed = quaestor(dev, "export", "--format", "hledger")
    assert printed.stdout.startswith(b"; Quaestor\ndecimal-mark .\n")
