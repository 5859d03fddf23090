import pytest

from app.db.connection import fetch
from tests.recorded_spans import recording
from tests.workers.kafka.one_partition import Door, record
from workers.kafka.messages import answer_letter

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = [("traceparent", f"00-{TRACE}-{SPAN}-01".encode())]


@pytest.fixture
def spans():
    with recording() as made:
        yield made


@pytest.fixture
def door(spans, customer_id):
    return Door(customer_id)


def account(reference):
    return {"operation": "create_account", "account_type": "group", "account_reference": reference, "wallets": []}


async def test_goes_on_with_the_trace_that_a_header_names(spans, door, customer_id):
    await door.carry_out(account("Ada Lovelace"), headers=CALLER)
    message = spans.one("kafka create_account")
    assert (message.trace_id, message.parent_id, message.kind) == (TRACE, SPAN, "consumer")
    assert message.values == {
        "quaestor.request_id": "in/0/0",
        "quaestor.customer_id": str(customer_id),
        "quaestor.result": "success",
    }
    batch = spans.one("carry_out_messages")
    assert spans.below(message) == ["carry_out_messages"]
    assert spans.below(batch)[0] == "BEGIN"
    assert spans.below(batch)[-1] == "COMMIT"
    [event] = await fetch("SELECT traceparent FROM events")
    assert event["traceparent"] == f"00-{TRACE}-{message.id}-01"
    assert "Ada" not in repr(spans)


async def test_names_the_span_in_the_answer(spans, door):
    [told] = await door.batches.carry_out([record(account("a"), 0, CALLER)])
    message = spans.one("kafka create_account")
    assert answer_letter("out", told).headers == [("traceparent", f"00-{TRACE}-{message.id}-01".encode())]


async def test_names_no_span_where_none_is_recorded(customer_id):
    [told] = await Door(customer_id).batches.carry_out([record(account("a"), 0, CALLER)])
    assert answer_letter("out", told).headers == []


async def test_links_a_batch_of_several(spans, door):
    await door.carry_out(account("a"), account("b"), {"operation": "nothing"})
    messages = [*spans.named("kafka create_account"), spans.one("kafka no command")]
    batch = spans.one("carry_out_messages")
    assert (batch.parent_id, batch.links) == (None, [one.id for one in messages])
    assert [one.values["quaestor.result"] for one in messages] == ["success", "success", "no_command"]


@pytest.mark.parametrize(
    "headers",
    [
        [("traceparent", b"\xff\xfe" * 30)],
        [("traceparent", None)],
        [("traceparent", b"")],
        [*CALLER, *CALLER],
        [("traceparent", b"0" * 1_000_000)],
    ],
)
async def test_begins_a_trace_for_what_is_no_header(spans, door, headers):
    await door.carry_out(account("a"), headers=headers)
    message = spans.one("kafka create_account")
    assert (message.trace_id != TRACE, message.parent_id) == (True, None)
