"""What a format is, and pieces of bytes that are worth sending."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.statements.records import Statement
from app.statements.spool import Spool

PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format: its name, its media type and the ending of its files. `check` refuses what it cannot say."""

    name: str
    media_type: str
    ending: str
    write: Callable[[Statement, Spool], Iterator[bytes]]
    check: Callable[[Statement, Spool], None] = lambda _statement, _spool: None


def in_pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """These texts in UTF-8, joined to pieces of about `PIECE_BYTES`."""
    waiting: list[bytes] = []
    size = 0
    for text in texts:
        encoded = text.encode()
        waiting.append(encoded)
        size += len(encoded)
        if size >= PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
