"""Identifiers: UUIDv7 (RFC 9562), so that new rows sort by time and land at the end of an index.

Ids of one process sort in the order in which they were made, even within a millisecond or after its clock was set back.
All transfers of a batch share one instant, so lists use the ids to keep the order of posting.

Ids are of the driver's UUID class, like those in rows. They equal the standard library's. The class is written in C:
parsing, formatting, comparing and sending cost a tenth.
"""

import os
import re
import time
from collections.abc import Sequence
from datetime import datetime
from random import Random
from uuid import UUID

from asyncpg.pgproto import pgproto

from app.kernel.checks import check_count, refuse

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", re.ASCII)
_VERSION_AND_VARIANT = 0x7000_8000_0000_0000_0000
_RANDOM_BITS = 72
"""Random bits among the last 80: all but version, variant and the two free ones."""
_FIRST_BITS = 12
_LAST_BITS = 60
_FIRST_MASK = (1 << _FIRST_BITS) - 1
_LAST_MASK = (1 << _LAST_BITS) - 1


class Identifiers:
    """Makes identifiers, each greater than the one before."""

    __slots__ = ("_newest", "_step_bits")

    def __init__(self) -> None:
        self._newest = 0
        self._step_bits = Random().getrandbits  # noqa: S311 - not a secret, and a tenth of the cost of the system's

    def new_bits(self) -> int:
        """The 128 bits of a new identifier."""
        milliseconds = time.time_ns() // 1_000_000
        if milliseconds > self._newest >> _RANDOM_BITS:
            newest = milliseconds << _RANDOM_BITS | int.from_bytes(os.urandom(9), "big")
        else:  # A random step: two threads that read the newest at the same time still make different ones.
            newest = self._newest + 1 + self._step_bits(32)
        self._newest = newest
        first = newest >> _LAST_BITS & _FIRST_MASK
        return newest >> _RANDOM_BITS << 80 | _VERSION_AND_VARIANT | first << 64 | (newest & _LAST_MASK) << 2


_new_bits = Identifiers().new_bits


def new_id() -> UUID:
    """A new UUIDv7 whose last two bits are zero.

    The two free bits mark derived ids of things without a row: 01 is the debit side, 10 the credit side, of a transfer
    or of its event.
    """
    return pgproto.UUID(_new_bits().to_bytes(16, "big"))


def first_id_of(instant: datetime) -> UUID:
    """An id before all that are made in the millisecond of an instant, or later."""
    return pgproto.UUID((int(instant.timestamp() * 1_000) << 80).to_bytes(16, "big"))


def parse_id(text: str, path: Sequence[str]) -> UUID:
    """A UUID in its plain 36-character form."""
    if not _UUID.fullmatch(text):
        refuse("An identifier is a UUID in its 36-character form: 753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3.", path)
    return pgproto.UUID(text)


def parse_ids(texts: Sequence[str], path: Sequence[str]) -> list[UUID]:
    """Several UUIDs, at most `FILTER_VALUES_MAX`."""
    check_count(texts, path)
    return [parse_id(text, (*path, str(index))) for index, text in enumerate(texts)]
