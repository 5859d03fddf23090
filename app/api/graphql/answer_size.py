"""The size limit of answers. One that may exceed it is encoded piece by piece, and dropped as soon as it does."""

from typing import Any

import orjson

from app.api.encoding import encode_json

OBJECT_BYTES_MAX = 4_000  # A generous limit for an object that counts as one.
VALUES_PER_PIECE_MAX = 500


class AnswerTooLarge(Exception):
    """The answer is larger than the server sends."""


def can_exceed(cost: int, bytes_max: int) -> bool:
    """Whether the answer of an operation with this cost can be larger than `bytes_max`."""
    return cost * OBJECT_BYTES_MAX > bytes_max


def encode_within(body: dict[str, Any], bytes_max: int) -> dict[str, Any]:
    """The answer with its members already encoded.

    :raises AnswerTooLarge: before much more than `bytes_max` is built.
    """
    writing = _Writing(bytes_max)
    return {name: orjson.Fragment(writing.encode(value)) for name, value in body.items()}


class _Writing:
    def __init__(self, bytes_max: int) -> None:
        self._bytes_left = bytes_max
        self._pieces: list[bytes] = []

    def encode(self, value: Any) -> bytes:
        self._pieces = []
        self._any(value)
        return b"".join(self._pieces)

    def _write(self, piece: bytes) -> None:
        self._bytes_left -= len(piece)
        if self._bytes_left < 0:
            raise AnswerTooLarge
        self._pieces.append(piece)

    def _any(self, value: Any) -> None:
        if value.__class__ is dict:
            self._object(value)
        elif value.__class__ is list and value:
            self._list(value)
        else:
            self._write(encode_json(value))

    def _object(self, value: dict[str, Any]) -> None:
        separator = b"{"
        for name, member in value.items():
            self._write(separator + encode_json(name) + b":")
            self._any(member)
            separator = b","
        self._write(b"}" if value else b"{}")

    def _list(self, values: list[Any]) -> None:
        """Items that hold no lists are written several at a time."""
        separator = b"["
        piece: list[Any] = []
        room = VALUES_PER_PIECE_MAX
        for item in values:
            if _holds_list(item):
                separator = self._piece(separator, piece)
                piece, room = [], VALUES_PER_PIECE_MAX
                self._write(separator)
                self._any(item)
                separator = b","
                continue
            piece.append(item)
            room -= len(item) if item.__class__ is dict else 1
            if room <= 0:
                separator = self._piece(separator, piece)
                piece, room = [], VALUES_PER_PIECE_MAX
        self._piece(separator, piece)
        self._write(b"]")

    def _piece(self, separator: bytes, items: list[Any]) -> bytes:
        if not items:
            return separator
        self._write(separator)
        self._write(encode_json(items)[1:-1])
        return b","


def _holds_list(item: Any) -> bool:
    """Whether an object holds a list, at any depth."""
    if item.__class__ is list:
        return True
    return item.__class__ is dict and any(_holds_list(member) for member in item.values())
