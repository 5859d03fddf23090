"""Read what is to be imported: one input of a mutation a line, as JSON, or as CSV with a column for each field."""

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import orjson

from app.cli.exits import WrongUsage
from app.kernel.errors import Refused

LINE_CHARACTERS_MAX = 1_000_000
SHOWN_CHARACTERS_MAX = 60
DIGITS_MAX = 300
DEPTH_MAX = 50
"""Deeper than any input is, and so shallow that every line can be written again."""
UNREADABLE, VALIDATION = "UNREADABLE", "VALIDATION"
"""Codes of lines that cannot be read, and of those that have to be corrected."""
ITEM_SEPARATOR = re.compile(r"[\s;|]+")
"""Between the items of a list in one cell: `PAYMENTS|FEES`."""
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
NO_TEXT = "It has a NUL character or a lone surrogate (half of a pair, like \\ud800): remove it."


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line before anything is sent: a code, what to change, and the field."""

    code: str
    message: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file: what it asks for, and what is wrong with it. `digest` names its content; a line that cannot
    be read has none.
    """

    number: int
    digest: str
    value: dict[str, Any]
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """What a CSV file may have, and what it is: text, list, number or flag. Names are dotted, as in
    `party.person.name`; `#` stands for a number from 0 on. Under `open_below` any name goes, and is a text.
    """

    named: Mapping[str, str]
    open_below: tuple[str, ...] = ("metadata.",)

    def reader_of(self, column: str) -> Callable[[str], Any] | None:
        """How a cell of this column is read; None where there is no such column."""
        name = re.sub(r"\.\d+\.", ".#.", column)
        if name in self.named:
            return _READERS[self.named[name]]
        below = next((prefix for prefix in self.open_below if name.startswith(prefix)), name)
        return str if len(name) > len(below) else None

    def known(self) -> str:
        """The names, for people."""
        names = [name.replace("#", "0") for name in sorted(self.named)]
        return ", ".join([*names, *(f"{prefix}…" for prefix in self.open_below)])


def read_lines(path: Path, columns: Columns) -> Iterator[Line]:
    """The lines of a `.jsonl` or `.csv` file, one by one: it may be larger than the memory.

    :raises WrongUsage: it has another file extension.
    :raises Refused: it cannot be opened, or a column of its CSV is not known.
    """
    readers = {".jsonl": _json_lines, ".ndjson": _json_lines, ".csv": _csv_lines}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise WrongUsage(f"{path} is neither .jsonl nor .csv: its ending says how it is read.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _numbered(read(file, columns))
    except (OSError, UnicodeDecodeError) as problem:
        raise Refused(f"{path} cannot be read: {problem}") from problem


def _numbered(lines: Iterator[tuple[int, dict[str, Any] | str]]) -> Iterator[Line]:
    for number, read in lines:
        if isinstance(read, str):
            yield Line(number, "", {}, Fault(UNREADABLE, read))
        else:
            yield Line(number, _digest_of(read), read)


def _digest_of(value: dict[str, Any]) -> str:
    try:
        content = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # A number beyond 64 bits, or half a character.
        content = json.dumps(value, sort_keys=True).encode()
    return hashlib.blake2b(content, digest_size=20).hexdigest()


def _json_lines(file: TextIO, _columns: Columns) -> Iterator[tuple[int, dict[str, Any] | str]]:
    number = 0
    while text := file.readline(LINE_CHARACTERS_MAX + 1):
        number += 1
        if len(text) > LINE_CHARACTERS_MAX:
            while text and not text.endswith("\n"):
                text = file.readline(LINE_CHARACTERS_MAX)
            yield number, f"It has more than {LINE_CHARACTERS_MAX:,} characters."
        elif text.strip():
            yield number, _json_object(text)


def _json_object(text: str) -> dict[str, Any] | str:
    value = _plain_object(text)
    if value is not None:
        return _unfit(value) or value
    try:
        value = json.loads(
            text, parse_float=_exact, parse_int=_whole, parse_constant=_no_constant, object_pairs_hook=_object
        )
    except (ValueError, RecursionError) as problem:
        return f"It is not JSON: {problem}"
    if not isinstance(value, dict):
        return "It is not a JSON object: each line is one, in braces."
    return _unfit(value) or value


def _unfit(value: dict[str, Any]) -> str | None:
    """What in it can be neither stored nor sent."""
    unseen: list[tuple[Any, int]] = [(value, 1)]
    while unseen:
        one, depth = unseen.pop()
        if isinstance(one, str) and _NO_TEXT.search(one):
            return NO_TEXT
        if isinstance(one, dict | list):
            if depth > DEPTH_MAX:
                return f"It is nested more than {DEPTH_MAX} deep."
            inner = one if isinstance(one, list) else [*one.keys(), *one.values()]
            unseen += [(part, depth + 1) for part in inner]
    return None


def _plain_object(text: str) -> dict[str, Any] | None:
    """An object of which the quick parser loses nothing, or None: without backslashes, floats, or a name that stands
    twice. Then every pair of quotes is a text that was kept.
    """
    if "\\" in text:
        return None
    try:
        value = orjson.loads(text)
        texts = _texts_in(value)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and 2 * texts == text.count('"') else None


def _texts_in(value: Any) -> int:
    """How many texts are in it, names included.

    :raises ValueError: a float is in it, which may have lost digits.
    """
    match value:
        case str():
            return 1
        case dict():
            return len(value) + sum(map(_texts_in, value.values()))
        case list():
            return sum(map(_texts_in, value))
        case float():
            raise ValueError("a float")
    return 0


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = Counter(name for name, _ in pairs)
    if twice := [name for name, count in names.items() if count > 1]:
        raise ValueError(f"{twice[0][:SHOWN_CHARACTERS_MAX]!r} stands twice in one object")
    return dict(pairs)


def _exact(text: str) -> float:
    number = float(text)
    if Decimal(repr(number)) != Decimal(text):
        raise ValueError(f"the number {text[:40]} has more digits than are kept: write it as a text, in quotes")
    return number


def _whole(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise ValueError(f"a number of {len(text):,} digits is too long: write it as a text, in quotes")
    return int(text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _csv_lines(file: TextIO, columns: Columns) -> Iterator[tuple[int, dict[str, Any] | str]]:
    rows = csv.reader(_bounded(file), strict=True)
    try:
        header = [name.strip() for name in next(rows, [])]
        readers = _readers(header, columns)
        for row in rows:
            if row:
                yield rows.line_num, _csv_object(row, header, readers)
    except csv.Error as problem:
        raise Refused(f"Line {rows.line_num + 1} is not CSV: {problem}. Nothing behind it was read.") from problem


def _bounded(file: TextIO) -> Iterator[str]:
    while text := file.readline(LINE_CHARACTERS_MAX + 1):
        if len(text) > LINE_CHARACTERS_MAX:
            raise csv.Error(f"it has more than {LINE_CHARACTERS_MAX:,} characters")
        yield text


def _readers(header: list[str], columns: Columns) -> list[Callable[[str], Any]]:
    if not header:
        raise Refused("It has no header: the first line names the columns.")
    if len(set(header)) < len(header):
        raise Refused(f"The column {Counter(header).most_common(1)[0][0]!r} is there twice.")
    readers = {name: columns.reader_of(name) for name in header}
    if unknown := [name for name, reader in readers.items() if reader is None]:
        raise Refused(f"There is no column {unknown[0]!r}. There are: {columns.known()}.")
    return [reader for reader in readers.values() if reader is not None]


def _csv_object(row: list[str], header: list[str], readers: list[Callable[[str], Any]]) -> dict[str, Any] | str:
    if len(row) != len(header):
        return f"It has {len(row)} cells; the header has {len(header)}."
    if any("\x00" in cell for cell in row):
        return NO_TEXT
    value: dict[str, Any] = {}
    for name, cell, read in zip(header, row, readers, strict=True):
        if cell.strip():
            try:
                _put(value, name.split("."), read(cell.strip()))
            except ValueError as problem:
                return f"Column {name}: {problem}"
    return {name: _with_lists(part) for name, part in value.items()}


def _put(value: dict[str, Any], names: list[str], cell: Any) -> None:
    for name in names[:-1]:
        value = value.setdefault(name, {})
    value[names[-1]] = cell


def _with_lists(value: Any) -> Any:
    """Objects whose names are numbers are lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    below = {name: _with_lists(part) for name, part in value.items()}
    if below and all(name.isdecimal() for name in below):
        return [below[name] for name in sorted(below, key=int)]
    return below


def _list(cell: str) -> list[str]:
    return [part for part in ITEM_SEPARATOR.split(cell) if part]


def _number(cell: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", cell, re.ASCII):
        raise ValueError(f"{cell[:40]!r} is not a whole number")
    return int(cell)


def _flag(cell: str) -> bool:
    known = {"true": True, "false": False}
    if cell.lower() not in known:
        raise ValueError(f"{cell[:40]!r} is neither true nor false")
    return known[cell.lower()]


_READERS: dict[str, Callable[[str], Any]] = {"text": str, "list": _list, "number": _number, "flag": _flag}
