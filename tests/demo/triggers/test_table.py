"""Each type of event has its trigger, or is refused with a reason. What they do: see tests/cli/test_trigger.py."""

from app.demo.triggers.table import REFUSED, TRIGGERS
from app.events.event_types import EVENT_TYPES


def test_triggers_or_refuses_every_type():
    assert TRIGGERS.keys() | REFUSED.keys() == set(EVENT_TYPES)
    assert not TRIGGERS.keys() & REFUSED.keys()


def test_says_what_each_trigger_does_and_why_one_is_refused():
    assert all((trigger.__doc__ or "").endswith(".") for trigger in TRIGGERS.values())
    assert all(reason.endswith(".") for reason in REFUSED.values())
