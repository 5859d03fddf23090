"""Identifiers: UUIDv7 (RFC 9562), so that new rows sort by time and land at the end of an index."""

import os
import time
from uuid import UUID

_VERSION_AND_VARIANT = 0x7000_8000_0000_0000_0000
_RANDOM_BITS = 0x0FFF_3FFF_FFFF_FFFF_FFFC
"""Of the last 80 bits: all but version, variant and the two free ones."""


def new_id() -> UUID:
    """A new UUIDv7 whose last two bits are zero.

    The two free bits name what is derived from an object without a row of its own: 01 the debit side, 10 the credit
    side of a transfer or of the event that tells of it.
    """
    return UUID(int=new_id_bits())


def new_id_bits() -> int:
    """The 128 bits of such an identifier."""
    milliseconds = time.time_ns() // 1_000_000
    # Drawn in one call: two of these are made for every transfer.
    random = int.from_bytes(os.urandom(10), "big") & _RANDOM_BITS
    return (milliseconds << 80) | _VERSION_AND_VARIANT | random
