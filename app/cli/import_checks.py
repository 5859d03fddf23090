"""What is wrong with the content of lines: all that a dry run finds, and why the server could not take a line."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import GraphQLInputObjectType, build_schema

from app.api.graphql.argument_paths import told_path
from app.api.graphql.schema import schema
from app.cli.import_content import check_content
from app.cli.import_identity import lines_of
from app.cli.import_kinds import Kind, Value
from app.cli.import_lines import Fault
from app.cli.import_records import Counts, refused_for, refused_line, refused_path
from app.cli.import_shapes import shape_fault
from app.cli.import_wallets import named_as_in
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
        for line in lines_of(path, kind):
            counts.read += 1
            fault = line.fault or content_fault(line.value, kind)
            if fault is not None:
                counts.refused += 1
                refusals.write(refused_line(refused_for(line, fault)))
            tell(counts)
    if not counts.refused:
        refused_path(path).unlink()
    return counts


def form_fault(value: Value, kind: Kind) -> Fault | None:
    """What is wrong with the form of a line: its fields, and what they hold."""
    fault = kind.own_fault_of(value) or shape_fault(
        kind.input_of(value), _input_type(kind.mutation_of(value).input_type)
    )
    return fault and replace(fault, path=named_as_in(value, fault.path))


def content_fault(value: Value, kind: Kind) -> Fault | None:
    """What is wrong with a line, as far as it can be told without the server."""
    fault = form_fault(value, kind)
    if fault is not None:
        return fault
    try:
        check_content(kind.input_of(value), kind)
    except Invalid as refusal:
        return Fault(refusal.code.value, refusal.message, named_as_in(value, told_path(refusal.path, ())))
    return None


@lru_cache(maxsize=8)
def _input_type(name: str) -> GraphQLInputObjectType:
    found: Any = _input_types()[name]
    assert isinstance(found, GraphQLInputObjectType)
    return found


@lru_cache(maxsize=1)
def _input_types() -> dict[str, Any]:
    return dict(build_schema(schema.as_str()).type_map)
