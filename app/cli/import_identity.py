"""What identifies a line in any file: its own key, or the reference of its account."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.cli.import_kinds import Kind
from app.cli.import_lines import VALIDATION, Fault, Line, read_lines

REMEMBERED_BYTES = 12


def lines_of(path: Path, kind: Kind) -> Iterator[Line]:
    """The lines of a file, one by one. One that has nothing by which it is known, or what an earlier line has, is at
    fault: without it, an equal line of another file would be taken for it.

    :raises WrongUsage, Refused: as `read_lines`.
    """
    seen: set[bytes] = set()
    for line in read_lines(path, kind.columns):
        fault = line.fault or _fault(line.value.get(kind.known_by), kind.known_by, seen)
        yield line if fault is line.fault else replace(line, fault=fault)


def _fault(name: Any, field: str, seen: set[bytes]) -> Fault | None:
    if name is None or name == "":
        message = f"Give each line an `{field}` of its own, such as its number in the system that it comes from: "
        return Fault(VALIDATION, message + "by it a line is known, so that it is done once.", (field,))
    if not isinstance(name, str):
        return Fault(VALIDATION, f"`{field}` is a text: write it in quotes.", (field,))
    short = hashlib.blake2b(name.strip().encode("utf-8", "surrogatepass"), digest_size=REMEMBERED_BYTES).digest()
    if short in seen:
        message = f"An earlier line of this file has this `{field}` too: give each line one of its own."
        return Fault(VALIDATION, message, (field,))
    seen.add(short)
    return None
