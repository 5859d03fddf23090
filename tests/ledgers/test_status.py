"""The two lives, written out by hand."""

from itertools import product

import pytest

from app.events.event_types import EVENT_TYPES
from app.kernel.machine import Machine
from app.ledgers.status import IBAN, LEDGER, IbanStatus, LedgerStatus

LEDGER_MOVES = {
    ("PENDING", "OK"),
    ("PENDING", "DECLINED"),
    ("PENDING", "MISSING_DATA"),
    ("PENDING", "ERROR"),
    ("MISSING_DATA", "PENDING"),
    ("ERROR", "PENDING"),
    ("MISSING_DATA", "ERROR"),
    ("ERROR", "MISSING_DATA"),
    ("OK", "CLOSED"),
}
IBAN_MOVES = {
    ("NOT_REQUESTED", "PENDING"),
    ("NOT_REQUESTED", "OK"),
    ("PENDING", "OK"),
    ("PENDING", "DECLINED"),
    ("PENDING", "UNABLE_TO_ADVANCE"),
    ("DECLINED", "PENDING"),
    ("UNABLE_TO_ADVANCE", "PENDING"),
}


@pytest.mark.parametrize(("source", "target"), list(product(LedgerStatus, LedgerStatus)))
def test_moves_a_ledger_as_written_and_in_no_other_way(source, target):
    assert LEDGER.allows(source, target) is ((source.value, target.value) in LEDGER_MOVES)


@pytest.mark.parametrize(("source", "target"), list(product(IbanStatus, IbanStatus)))
def test_moves_an_iban_as_written_and_in_no_other_way(source, target):
    assert IBAN.allows(source, target) is ((source.value, target.value) in IBAN_MOVES)


def test_ends_a_ledger_as_declined_or_closed():
    assert {status.value for status in LedgerStatus if LEDGER.is_final(status)} == {"DECLINED", "CLOSED"}


def test_ends_an_iban_as_ok():
    assert {status.value for status in IbanStatus if IBAN.is_final(status)} == {"OK"}


@pytest.mark.parametrize("machine", [LEDGER, IBAN], ids=["ledger", "iban"])
def test_has_a_documented_event_for_every_status_that_is_reached(machine: Machine):
    assert {machine.event_type(move.target) for move in machine.moves} <= set(EVENT_TYPES)
