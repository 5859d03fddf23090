"""Mypy refuses code that swaps debit and credit, or a balance and a number within an account."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SWAPPED = """
from app.journal.instructions import Place, Post
from app.journal.locked_pair import Pair, PostingAccount
from app.journal.post_transfer import PostTransfer
from app.journal.records import Hold, Transfer


def right(transfer: Transfer, hold: Hold, pair: Pair, post: Post) -> None:
    transfer.debit, transfer.credit = hold.debit, hold.credit
    transfer.debit, transfer.credit = pair.debit, pair.credit
    transfer.debit_balance_after = pair.debited.balance
    transfer.debit_sequence = pair.debited.sequence
    post.debit_id, post.credit_id = post.debit_id, post.credit_id


def sides(transfer: Transfer, hold: Hold, pair: Pair) -> None:
    transfer.debit = transfer.credit  # refused: assignment
    transfer.credit = transfer.debit  # refused: assignment
    hold.debit = transfer.credit  # refused: assignment
    hold.credit = pair.debit  # refused: assignment
    transfer.debit = pair.debited.side  # refused: assignment


def accounts(pair: Pair, account: PostingAccount) -> None:
    pair.debited = pair.credited  # refused: assignment
    pair.credited = pair.debited  # refused: assignment
    pair.debited = account  # refused: assignment
    Pair(
        debited=pair.credited,  # refused: arg-type
        credited=pair.debited,  # refused: arg-type
        debit_path=(),
        credit_path=(),
    )
    Pair(pair.debited, pair.credited, (), ())  # refused: call-arg


def ids(post: Post, place: Place, transfer: Transfer) -> None:
    post.debit_id, place.credit_id = (
        post.credit_id,  # refused: assignment
        place.debit_id,  # refused: assignment
    )
    post.debit_id = transfer.debit.account_id  # refused: assignment


def numbers(transfer: Transfer, account: PostingAccount) -> None:
    transfer.debit_balance_after = transfer.debit_sequence  # refused: assignment
    transfer.debit_sequence = transfer.debit_balance_after  # refused: assignment
    transfer.amount = transfer.credit_sequence  # refused: assignment
    account.sequence = account.balance  # refused: assignment
    account.debits = account.sequence  # refused: assignment
    account.credits = 100  # refused: assignment


def by_place(transfer: Transfer, post: Post) -> None:
    PostTransfer("debit", "credit", post.amount, "key")  # refused: call-arg, arg-type
    Transfer(transfer.customer_id, transfer.id)  # refused: call-arg


def kinds(post: Post, place: Place) -> None:
    made: Post = place  # refused: assignment
    placed: Place = post  # refused: assignment
"""


@pytest.mark.thorough
def test_swapping_what_may_not_be_swapped_does_not_type_check(tmp_path):
    (tmp_path / "swapped.py").write_text(SWAPPED)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", tmp_path / "swapped.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = {
        (int(line), code) for line, code in re.findall(r"swapped\.py:(\d+): error: .*\[([a-z-]+)\]", checked.stdout)
    }
    wanted = {
        (number, code)
        for number, line in enumerate(SWAPPED.splitlines(), start=1)
        if "# refused: " in line
        for code in line.split("# refused: ")[1].split(", ")
    }
    assert found == wanted, checked.stdout + checked.stderr
