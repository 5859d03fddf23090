"""A key and the hash of its content."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from app.idempotency.meaning import has_whole_floats, meaning_of
from app.kernel.checks import check_text

KEY_CHARACTERS_MAX = 255
KeyName = tuple[str, str]
"""An operation and a key."""


@dataclass(slots=True)
class Key:
    """An idempotency key, the hash of its content, and the hashes of the same content by earlier versions."""

    operation: str
    key: str
    command_hash: bytes
    older_hashes: tuple[bytes, ...] = ()

    @property
    def name(self) -> KeyName:
        """The operation and the key."""
        return self.operation, self.key

    @property
    def hashes(self) -> Iterator[bytes]:
        """All hashes of this content, by this and earlier versions."""
        yield self.command_hash
        yield from self.older_hashes


def make_key(operation: str, key: str, content: tuple[Any, ...], path: Sequence[str] = ()) -> Key:
    """The key of a command with this content (texts, None, and JSON), which is hashed with the operation.

    :raises Invalid: the key is blank or too long.
    """
    checked = check_key(key, (*path, "idempotency_key"))
    if has_whole_floats(content):
        return Key(operation, checked, hash_of(operation, meaning_of(content)), (hash_of(operation, content),))
    return Key(operation, checked, hash_of(operation, content))


def check_key(key: str, path: Sequence[str]) -> str:
    """The key without surrounding space.

    :raises Invalid: it is blank or too long.
    """
    return check_text(key, path, characters_max=KEY_CHARACTERS_MAX)


def hash_of(operation: str, content: Any) -> bytes:
    """The hash of an operation's content."""
    return hashlib.sha256(orjson.dumps((operation, content), option=orjson.OPT_SORT_KEYS)).digest()
