import pytest

from app.kernel.traceparent import TraceParent, read_traceparent, traceparent_text

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"
READ = TraceParent(int(TRACE, 16), int(SPAN, 16), is_sampled=True)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (GOOD, READ),
        (f"00-{TRACE}-{SPAN}-00", READ._replace(is_sampled=False)),
        (f"00-{TRACE}-{SPAN}-fe", READ._replace(is_sampled=False)),
        (f"00-{TRACE}-{SPAN}-ff", READ),
        (f"cc-{TRACE}-{SPAN}-01", READ),
        (f"cc-{TRACE}-{SPAN}-01-what.a.later.version.adds", READ),
    ],
)
def test_reads_a_caller(text, read):
    assert read_traceparent(text) == read


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "0",
        "00-",
        f"{GOOD}-more",
        f"{GOOD}0",
        f"{GOOD} ",
        f" {GOOD}",
        f"{GOOD}\n",
        f"{GOOD}\r\nx-injected: 1",
        GOOD.upper(),
        f"ff-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00_{TRACE}_{SPAN}_01",
        f"00-{TRACE}-{SPAN}-0x",
        f"00-{TRACE}-{SPAN}-1",
        GOOD.replace("4", "\u0664"),
        f"cc-{TRACE}-{SPAN}-01-{'a' * 1_000_000}",
        "a" * 1_000_000,
        f"{GOOD},{GOOD}",
        "' OR 1=1 --" + "x" * 44,
    ],
)
def test_takes_nothing_else(text):
    assert read_traceparent(text) is None


def test_writes_what_it_reads():
    assert traceparent_text(READ.trace_id, READ.span_id) == GOOD
    assert read_traceparent(traceparent_text(1, 1)) == TraceParent(1, 1, is_sampled=True)
