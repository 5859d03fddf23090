"""How long faults on our side have lasted, endpoint by endpoint."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.webhooks.deliveries.faults_of_ours import FaultsOfOurs

AT = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ONE, OTHER = (UUID(int=1), UUID(int=1)), (UUID(int=1), UUID(int=2))


def test_they_last_from_the_first_of_their_row():
    faults = FaultsOfOurs()
    assert faults.note(ONE, AT) == timedelta(0)
    assert faults.note(ONE, AT + 10 * MINUTE) == 10 * MINUTE
    assert faults.note(ONE, AT + 70 * MINUTE) == 70 * MINUTE


def test_each_endpoint_has_its_own():
    faults = FaultsOfOurs()
    faults.note(ONE, AT)
    assert faults.note(OTHER, AT + MINUTE) == timedelta(0)
    faults.end(OTHER)
    assert faults.note(ONE, AT + 2 * MINUTE) == 2 * MINUTE
    assert faults.note(OTHER, AT + 3 * MINUTE) == timedelta(0)


def test_a_request_ends_them():
    faults = FaultsOfOurs()
    faults.note(ONE, AT)
    faults.end(ONE)
    faults.end(ONE)
    assert faults.note(ONE, AT + MINUTE) == timedelta(0)


def test_those_without_a_fault_for_more_than_an_hour_are_forgotten():
    faults = FaultsOfOurs()
    faults.note(ONE, AT)
    faults.note(OTHER, AT)
    faults.note(ONE, AT + MINUTE)
    assert faults.note(ONE, AT + 61 * MINUTE) == 61 * MINUTE
    assert faults.note(OTHER, AT + 62 * MINUTE) == timedelta(0)
    assert faults.note(ONE, AT + 122 * MINUTE) == timedelta(0)
