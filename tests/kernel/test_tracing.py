import asyncio
import subprocess
import sys

import pytest

from app.kernel.clock import utc_now
from app.kernel.tracing import (
    NO_SPAN,
    Kind,
    current_span,
    headers_to_send,
    here,
    span_at_door,
    span_for_all,
    span_later,
    span_within,
    tracing,
)
from tests.recorded_spans import recording

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_records_nothing_without_a_tracer():
    assert not tracing.is_on
    door = span_at_door("door", Kind.SERVER, CALLER)
    with door as span, span_within("inner"):
        span.set("name", "value")
        span.rename("other")
        span.fail("Failure")
        span.link(span)
        assert current_span() is None
        assert headers_to_send() == {}
    assert door is span_later("work", Kind.CONSUMER, CALLER, utc_now()) is span_for_all("all", [span]) is NO_SPAN
    assert (span.trace_id, span.traceparent, span.child("inner")) == (None, None, NO_SPAN)


@pytest.mark.thorough
def test_loads_nothing_of_opentelemetry_while_it_is_off():
    program = (
        "import sys\n"
        "from app.main import create_app\n"
        "from app.settings import load_settings\n"
        "import workers.main, workers.kafka.process\n"
        "create_app(load_settings(database_url='postgresql://localhost/x', secret_key='0123456789abcdef' * 2))\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'google.protobuf'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_begins_a_span_only_within_another():
    with recording() as spans:
        with span_within("nobody's"):
            pass
        with span_at_door("door", Kind.SERVER, None) as door:
            with span_within("inner", Kind.CLIENT) as inner:
                assert current_span() is inner
            assert current_span() is door
            assert headers_to_send() == {"traceparent": door.traceparent}
        assert current_span() is None
    assert [one.name for one in spans] == ["inner", "door"]
    assert spans.below(spans.one("door")) == ["inner"]


async def test_begins_none_within_a_block_that_has_ended():
    """A task that a request has left behind, such as one that reads for all subscribers, is none of its trace."""
    with recording() as spans:
        ended = asyncio.Event()

        async def outlive():
            await ended.wait()
            assert here.get() is not None
            with span_within("late"):
                assert current_span() is None

        with span_at_door("door", Kind.SERVER, None):
            left_behind = asyncio.create_task(outlive())
        ended.set()
        await left_behind
    assert [one.name for one in spans] == ["door"]


def test_does_for_one_caller_what_is_within_its_span():
    with (
        recording() as spans,
        span_at_door("door", Kind.SERVER, None) as door,
        span_for_all("together", [door, None, door]),
    ):
        pass
    assert spans.below(spans.one("door")) == ["together"]
    assert spans.one("together").links == []


def test_links_what_is_done_for_several_callers_both_ways():
    with recording() as spans:
        doors = [span_at_door(f"door {number}", Kind.SERVER, None) for number in range(3)]
        with span_for_all("together", [*doors, None, NO_SPAN]):
            pass
        for door in doors:
            door.end()
    together = spans.one("together")
    callers = [spans.one(f"door {number}") for number in range(3)]
    assert together.parent_id is None
    assert together.links == [one.id for one in callers]
    assert [one.links for one in callers] == [[together.id]] * 3
    assert len({one.trace_id for one in spans}) == 4


@pytest.mark.parametrize("callers", [[], [None], [NO_SPAN]])
def test_records_nothing_for_callers_that_are_not_recorded(callers):
    with recording() as spans, span_for_all("together", callers):
        pass
    assert spans == []
