"""What became of each line, and the two files beside the imported one that say so."""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeAlias

import orjson

from app.cli.import_lines import Fault, Line
from app.kernel.errors import Refused


@dataclass(slots=True)
class Counts:
    """How far an import has come."""

    read: int = 0
    imported: int = 0
    replayed: int = 0
    already: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """A line that was carried out: the object it made, or had made before."""

    line: Line
    id: str
    replayed: bool


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not, and why."""

    line: Line
    code: str
    message: str
    path: list[str] = field(default_factory=list)


Outcome: TypeAlias = Done | RefusedLine


def refused_for(line: Line, fault: Fault) -> RefusedLine:
    """The refusal of a line at fault."""
    return RefusedLine(line, fault.code, fault.message, list(fault.path))


def imported_path(path: Path) -> Path:
    """The file that says what was done: a line for each object, with its id. An import continues by it."""
    return path.with_name(path.name + ".imported.jsonl")


def refused_path(path: Path) -> Path:
    """The file of what was refused, with the reasons."""
    return path.with_name(path.name + ".refused.jsonl")


@contextmanager
def open_progress(path: Path) -> Iterator[tuple[set[str], IO[str]]]:
    """FILE.imported.jsonl, locked: the digests of what is done, and the file to append to."""
    with imported_path(path).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            raise Refused(f"Another import of {path} is running.") from problem
        file.seek(0)
        done, whole_bytes = set(), 0
        for text in file:
            if not text.endswith("\n"):
                break  # We were killed while we wrote it.
            done.add(str(orjson.loads(text)["digest"]))
            whole_bytes += len(text.encode())
        file.truncate(whole_bytes)
        file.seek(0, 2)
        yield done, file


@contextmanager
def open_refusals(path: Path) -> Iterator[Callable[[RefusedLine], None]]:
    """A function that adds a line to FILE.refused.jsonl. Without any refusal there is no such file: what an earlier
    import refused is no longer in it.
    """
    refused_path(path).unlink(missing_ok=True)
    with ExitStack() as stack:
        file: IO[str] | None = None

        def add(refused: RefusedLine) -> None:
            nonlocal file
            if file is None:
                file = stack.enter_context(refused_path(path).open("w", encoding="utf-8", buffering=1))
            file.write(refused_line(refused))

        yield add


def done_line(done: Done) -> str:
    """A line of the file of what was done."""
    told = {"line": done.line.number, "id": done.id, "replayed": done.replayed, "digest": done.line.digest}
    return orjson.dumps(told).decode() + "\n"


def refused_line(refused: RefusedLine) -> str:
    """A line of the file of what was refused."""
    told = {
        "line": refused.line.number,
        "code": refused.code,
        "message": refused.message,
        "path": refused.path,
        "input": refused.line.value or None,
    }
    return json.dumps(told, ensure_ascii=False) + "\n"
