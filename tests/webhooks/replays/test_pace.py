"""As much is made due as an endpoint takes in half a second."""

from app.webhooks.replays import pace as module
from app.webhooks.replays.pace import DUE_MAX, DUE_MIN, Pace


def test_doubles_while_little_is_left_and_halves_while_much_is(monkeypatch):
    clock = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: clock)
    pace = Pace()
    assert pace.allowed == DUE_MIN
    for _ in range(10):
        assert pace.note(0)
    assert pace.allowed == DUE_MAX
    assert pace.note(DUE_MAX // 2)  # Neither.
    assert pace.allowed == DUE_MAX
    assert not pace.note(DUE_MAX)
    clock += 0.4
    assert not pace.note(DUE_MAX)
    assert pace.allowed == DUE_MAX
    for _ in range(20):
        clock += 0.6
        assert not pace.note(DUE_MAX)
    assert pace.allowed == DUE_MIN


def test_counts_the_time_anew_once_more_was_made_due(monkeypatch):
    clock = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: clock)
    pace = Pace()
    assert not pace.note(DUE_MIN)
    clock += 0.4
    assert pace.note(DUE_MIN - 1)
    clock += 0.4
    assert not pace.note(DUE_MIN)
    clock += 0.4
    assert not pace.note(DUE_MIN)
    assert pace.allowed == DUE_MIN
