"""How far a process goes by what it remembers of accounts: less where that was wrong, and for longer each time."""

import asyncio
from types import SimpleNamespace

import pytest

from app.db.identifiers import new_id
from app.journal.memory import Memory, Remembered, Way

CUSTOMER = new_id()


def some_names(count):
    return [(CUSTOMER, new_id()) for _ in range(count)]


def remembered(written=None):
    return Remembered(account=None, fixed="", written=written)


@pytest.fixture
def memory():
    return Memory(remembered_max=3, patience_min=2, patience_max=8, quiet_min=0)


def test_forgets_what_was_not_posted_to_for_the_longest_time(memory):
    one, two, three, four = some_names(4)
    memory.remember({name: remembered() for name in (one, two, three)})
    assert set(memory.known([one], Way.REMEMBER)) == {one}
    memory.remember({four: remembered()})
    assert set(memory.known([one, two, three, four], Way.REMEMBER)) == {one, three, four}


def test_remembers_nothing_with_a_maximum_of_none():
    assert Memory(remembered_max=0).way_of(some_names(1)) is Way.LOCK


def test_knows_no_account_of_another_customer(memory):
    (name,) = some_names(1)
    memory.remember({name: remembered()})
    assert memory.known([(new_id(), name[1])], Way.REMEMBER) == {}


async def test_goes_by_a_batch_under_way_even_where_it_reads(memory):
    written = asyncio.get_running_loop().create_future()
    one, two = some_names(2)
    memory.remember({one: remembered(written), two: remembered()})
    assert set(memory.known([one, two], Way.READ)) == {one}
    written.set_result(True)
    assert memory.known([one, two], Way.READ) == {}


def test_forgets_what_a_batch_was_to_leave_unless_another_has_gone_by_it(memory):
    one, two = some_names(2)
    first = {one: remembered(), two: remembered()}
    memory.remember(first)
    memory.remember({two: remembered()})
    memory.forget_if(first)
    assert set(memory.known([one, two], Way.REMEMBER)) == {two}


def test_reads_for_a_while_what_it_remembered_wrongly_and_then_remembers_again(memory):
    one, other = some_names(2)
    memory.was_wrong([one], [])
    ways = []
    for _ in range(3):
        ways.append(memory.way_of([one, other]))
        memory.was_right([one, other], Way.READ)
    assert ways == [Way.READ, Way.READ, Way.REMEMBER]
    assert memory.way_of([other]) is Way.REMEMBER


def test_locks_for_a_while_what_was_changed_as_soon_as_it_was_read(memory):
    (one,) = some_names(1)
    memory.was_wrong([one], [one])
    ways = []
    for _ in range(5):
        ways.append(memory.way_of([one]))
        with memory.locking([one]):
            pass
    assert ways == [Way.LOCK, Way.LOCK, Way.READ, Way.READ, Way.REMEMBER]


def test_waits_longer_each_time_up_to_a_maximum(memory):
    (one,) = some_names(1)
    waits = []
    for _ in range(5):
        memory.was_wrong([one], [one])
        waits.append(0)
        while memory.way_of([one]) is Way.LOCK:
            waits[-1] += 1
            with memory.locking([one]):
                pass
    assert waits == [2, 4, 8, 8, 8]


def test_lets_doubt_fade_while_memory_is_right(memory):
    (one,) = some_names(1)
    for _ in range(2):
        memory.was_wrong([one], [])
    for _ in range(4):
        memory.was_right([one], Way.READ)
    assert memory.way_of([one]) is Way.REMEMBER
    for _ in range(3):
        memory.was_right([one], Way.REMEMBER)
    assert memory._doubts == {}


def test_goes_neither_by_memory_nor_by_reading_while_a_batch_locks(memory):
    one, other = some_names(2)
    memory.remember({one: remembered(), other: remembered()})
    with memory.locking([one]):
        assert memory.way_of([one]) is Way.LOCK
        with memory.locking([one]):
            pass
        assert memory.way_of([one]) is Way.LOCK
        assert memory.way_of([other]) is Way.REMEMBER
    assert memory.way_of([one]) is Way.REMEMBER
    assert set(memory.known([one, other], Way.REMEMBER)) == {other}


def test_doubts_no_more_accounts_than_its_maximum(memory, monkeypatch):
    monkeypatch.setattr("app.journal.memory.DOUBTED_MAX", 2)
    one, two, three = some_names(3)
    for name in (one, two, three):
        memory.was_wrong([name], [])
    assert [memory.way_of([name]) for name in (one, two, three)] == [Way.REMEMBER, Way.READ, Way.READ]


def read(sequence, fixed=""):
    account = SimpleNamespace(sequence=sequence, debits=0, credits=0, held=0)
    return Remembered(account, fixed)


def test_goes_by_memory_alone_once_an_account_was_read_as_it_was_left():
    memory = Memory(quiet_min=2)
    (one,) = some_names(1)
    trusted = []
    for sequence, fixed in [(1, ""), (1, ""), (2, ""), (2, ""), (2, "frozen"), (2, "frozen"), (2, "frozen")]:
        found = {one: read(sequence, fixed)}
        memory.note_quiet(found)
        memory.remember(found)
        trusted.append(one in memory.known([one], Way.REMEMBER))
    assert trusted == [False] * 6 + [True]


def test_goes_by_memory_alone_once_many_accounts_in_a_row_were_read_as_they_were_left():
    memory = Memory(quiet_min=4, all_quiet_min=3)
    names = some_names(4)
    memory.remember({name: read(1) for name in names})
    trusted = []
    for name in names[:3]:
        memory.note_quiet({name: read(1)})
        trusted.append(names[3] in memory.known([names[3]], Way.REMEMBER))
    assert trusted == [False, False, True]
    assert memory.known([names[3]], Way.READ) == {}


def test_counts_no_account_that_it_did_not_remember():
    memory = Memory(quiet_min=4, all_quiet_min=3)
    one, *others = some_names(4)
    memory.remember({one: read(1)})
    memory.note_quiet({name: read(1) for name in others})
    assert memory.known([one], Way.REMEMBER) == {}


@pytest.mark.parametrize("finding", ["read", "locked"])
def test_reads_again_once_anything_was_not_as_it_was_left(finding):
    memory = Memory(quiet_min=4, all_quiet_min=1)
    one, other = some_names(2)
    memory.remember({one: read(1), other: read(1)})
    memory.note_quiet({one: read(1)})
    assert set(memory.known([other], Way.REMEMBER)) == {other}
    if finding == "read":
        memory.note_quiet({one: read(2)})
    else:
        memory.was_wrong([one], [])
    assert memory.known([other], Way.REMEMBER) == {}


def test_goes_on_by_memory_where_a_batch_locks_for_another_reason():
    """Such as a refusal, or an account that changed right after it was read: memory was not wrong."""
    memory = Memory(quiet_min=4, all_quiet_min=1)
    one, other = some_names(2)
    memory.remember({one: read(1), other: read(1)})
    memory.note_quiet({one: read(1)})
    memory.was_wrong([one], [one])
    assert set(memory.known([other], Way.REMEMBER)) == {other}
