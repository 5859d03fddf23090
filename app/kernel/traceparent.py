"""The header `traceparent` of W3C Trace Context: who asks, or is asked, in a trace.

It names a trace and nothing else. Whoever sends it may have made it up, so nothing may be allowed because of it.
"""

import re
from typing import NamedTuple

HEADER = "traceparent"
CHARACTERS = 55
"""Of the form of version 00. Later versions may append to it."""
SAMPLED = 1

_FORM = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII)
_CHARACTERS_MAX = 256
"""What a later version may append is not read; a header longer than this is no traceparent."""


class TraceParent(NamedTuple):
    """A span somewhere else: its trace, its own id, and whether it is recorded there."""

    trace_id: int
    span_id: int
    is_sampled: bool


def read_traceparent(text: str | None) -> TraceParent | None:
    """The span that a header names; None if there is no header, or it is not a `traceparent`."""
    if text is None or not CHARACTERS <= len(text) <= _CHARACTERS_MAX:
        return None
    found = _FORM.match(text)
    if found is None:
        return None
    version, trace_id, span_id, flags = found.groups()
    rest = text[CHARACTERS:]
    if rest and (version == "00" or not rest.startswith("-")):
        return None
    return TraceParent(int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & SAMPLED))


def traceparent_text(trace_id: int, span_id: int) -> str:
    """The header for a span that is recorded."""
    return f"00-{trace_id:032x}-{span_id:016x}-01"
