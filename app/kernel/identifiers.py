"""Identifiers: UUIDv7 (RFC 9562), so that new rows sort by time and land at the end of an index."""

import secrets
import time
from uuid import UUID

_LOW_BITS_KEPT = 62


def new_id() -> UUID:
    """A new UUIDv7 whose last two bits are zero.

    The two free bits name what is derived from an object without a row of its own: 01 the debit side, 10 the credit
    side of a transfer or of the event that tells of it.
    """
    milliseconds = time.time_ns() // 1_000_000
    random_a = secrets.randbits(12)
    random_b = secrets.randbits(_LOW_BITS_KEPT) & ~0b11
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (random_a << 64) | (0b10 << 62) | random_b)
