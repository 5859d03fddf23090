from datetime import timedelta

import pytest

from app.kernel.clock import utc_now
from app.kernel.errors import NotFound
from app.kernel.tracing import Kind, span_at_door, span_for_all, span_later, span_within
from app.telemetry.tracer import LINKS_MAX, SAME_TRACE
from tests.recorded_spans import recording

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def spans():
    with recording() as made:
        yield made


def test_goes_on_with_the_trace_of_its_caller(spans):
    with span_at_door("door", Kind.SERVER, CALLER) as door:
        assert door.trace_id == TRACE
        assert door.traceparent == f"00-{TRACE}-{door.traceparent[36:52]}-01"
    [seen] = spans
    assert (seen.trace_id, seen.parent_id, seen.kind) == (TRACE, SPAN, "server")
    assert door.traceparent == f"00-{TRACE}-{seen.id}-01"


@pytest.mark.parametrize("sent", [None, "", "nonsense", f"00-{'0' * 32}-{SPAN}-01"])
def test_begins_a_trace_where_the_caller_sends_none(spans, sent):
    with span_at_door("door", Kind.SERVER, sent):
        pass
    [seen] = spans
    assert (seen.trace_id != TRACE, seen.parent_id) == (True, None)


def test_goes_on_later_with_the_trace_that_left_the_work(spans):
    with span_later("work", Kind.CONSUMER, CALLER, utc_now() - SAME_TRACE + timedelta(minutes=1)):
        pass
    [seen] = spans
    assert (seen.trace_id, seen.parent_id, seen.links) == (TRACE, SPAN, [])


def test_begins_a_trace_with_a_link_for_what_is_done_much_later(spans):
    with span_later("work", Kind.CONSUMER, CALLER, utc_now() - SAME_TRACE - timedelta(minutes=1)):
        pass
    [seen] = spans
    assert (seen.trace_id != TRACE, seen.parent_id, seen.links) == (True, None, [SPAN])


def test_records_what_follows_from_what_is_recorded_whatever_else_is_allowed():
    with recording(ratio=0) as spans:
        with span_later("work", Kind.CONSUMER, None, utc_now()):
            pass
        assert spans == []
        with span_later("work", Kind.CONSUMER, CALLER, utc_now()):
            pass
        assert spans.one("work").trace_id == TRACE


def test_says_which_kind_of_failure_and_nothing_of_its_text(spans):
    with pytest.raises(ValueError, match="secret"), span_at_door("door", Kind.SERVER, None):
        raise ValueError("a secret of the caller")
    [seen] = spans
    assert (seen.is_failed, seen.values, seen.message, seen.events) == (True, {"error.type": "ValueError"}, "", [])


def test_says_of_a_refusal_which_and_that_it_is_no_failure(spans):
    with pytest.raises(NotFound), span_at_door("door", Kind.SERVER, None):
        raise NotFound("There is no ledger of Ada Lovelace.", path=())
    [seen] = spans
    assert (seen.is_failed, seen.values) == (False, {"quaestor.refusal": "NOT_FOUND"})


def test_may_be_ended_twice_and_takes_no_links_after_that(spans, caplog):
    door = span_at_door("door", Kind.SERVER, None)
    with door, span_within("inner") as inner:
        pass
    door.end()
    door.link(inner)
    assert [one.name for one in spans] == ["inner", "door"]
    assert caplog.records == []


def test_links_no_more_callers_than_a_span_can_hold(spans):
    doors = [span_at_door("door", Kind.SERVER, None) for _ in range(LINKS_MAX + 1)]
    with span_for_all("together", doors):
        pass
    assert len(spans.one("together").links) == LINKS_MAX
