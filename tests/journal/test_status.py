"""The life of a hold, written out by hand."""

import itertools

import pytest

from app.journal.status import HOLD, IRREVERSIBLE, HoldStatus, TransferKind

ALLOWED = {("PLACED", "CAPTURED"), ("PLACED", "RELEASED"), ("PLACED", "EXPIRED")}


@pytest.mark.parametrize(("source", "target"), list(itertools.product(HoldStatus, HoldStatus)))
def test_moves_only_like_this(source, target):
    assert HOLD.allows(source, target) == ((source.value, target.value) in ALLOWED)


def test_ends_with_everything_but_placed():
    assert [status.value for status in HoldStatus if HOLD.is_final(status)] == ["CAPTURED", "RELEASED", "EXPIRED"]


def test_reverses_what_is_neither_a_payment_s_nor_a_reversal():
    assert {kind.value for kind in TransferKind if kind not in IRREVERSIBLE} == {
        "INTER_LEDGER",
        "VIRTUAL_CREDIT",
        "VIRTUAL_DEBIT",
        "WALLET",
    }
