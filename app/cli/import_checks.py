"""A dry run: it finds what is wrong with the content of each line, and sends nothing."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import GraphQLInputType, build_schema
from graphql.utilities import validate_input_value

from app.api.graphql.argument_paths import told_path
from app.api.graphql.schema import schema
from app.cli.import_kinds import Kind
from app.cli.import_lines import Line, read_lines
from app.cli.import_records import Counts, RefusedLine, refused_line, refused_path
from app.kernel.errors import Invalid


def check_file(path: Path, kind: Kind, tell: Callable[[Counts], None]) -> Counts:
    """Read every line, and write what is wrong with it to the file of refused lines.

    Each line is checked against the input type of its mutation, and then against the rules that need no database:
    dates, country codes, sizes. What only the server knows is not checked: its holders, products, and what was imported
    before.

    :raises Refused: the file cannot be read.
    """
    counts = Counts()
    with refused_path(path).open("w", encoding="utf-8") as refusals:
        for line in read_lines(path, kind.columns):
            counts.read += 1
            refusal = _refusal(line, kind)
            if refusal is not None:
                counts.refused += 1
                refusals.write(refused_line(refusal))
            tell(counts)
    if not counts.refused:
        refused_path(path).unlink()
    return counts


def _refusal(line: Line, kind: Kind) -> RefusedLine | None:
    if line.fault is not None:
        return RefusedLine(line, "UNREADABLE", line.fault)
    assert line.value is not None
    faults: list[tuple[str, list[str]]] = []
    value = kind.input_of(line)
    validate_input_value(
        value,
        _input_type(kind.mutation_of(line.value).input_type),
        lambda error, path: faults.append((error.message, [str(part) for part in path])),
    )
    if faults:
        return RefusedLine(line, "BAD_REQUEST", *faults[0])
    try:
        kind.check(value)
    except Invalid as refusal:
        return RefusedLine(line, refusal.code.value, refusal.message, told_path(refusal.path, ()))
    return None


@lru_cache(maxsize=8)
def _input_type(name: str) -> GraphQLInputType:
    found: Any = _input_types()[name]
    assert isinstance(found, GraphQLInputType)
    return found


@lru_cache(maxsize=1)
def _input_types() -> dict[str, Any]:
    return dict(build_schema(schema.as_str()).type_map)
