"""Identifiers as the driver makes them, where thousands a second are made.

They are equal to those of the standard library, and rows have no others; but being written in C, one costs a tenth to
make of text, to write as text, to compare and to send.
"""

from collections.abc import Sequence
from uuid import UUID

from asyncpg.pgproto import pgproto

from app.kernel.checks import check_id
from app.kernel.identifiers import new_id_bits


def new_id() -> UUID:
    """As `app.kernel.identifiers.new_id`."""
    return pgproto.UUID(new_id_bits().to_bytes(16, "big"))


def parse_id(text: str, path: Sequence[str]) -> UUID:
    """As `app.kernel.checks.parse_id`."""
    check_id(text, path)
    return pgproto.UUID(text)
