"""What is wrong with the content of lines: all that a dry run finds, and why the server could not take a line."""

import logging
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
from app.cli.import_records import Counts, open_refusals, refused_for
from app.cli.import_shapes import shape_fault
from app.cli.import_wallets import named_as_in
from app.kernel.errors import Invalid

logger = logging.getLogger(__name__)

INTERNAL = "INTERNAL"


def check_file(path: Path, kind: Kind, tell: Callable[[Counts], None]) -> Counts:
    """Read every line, and write what is wrong with it to the file of refused lines.

    Each line is checked against the input type of its mutation, and then against the rules that need no database:
    dates, country codes, sizes. What only the server knows is not checked: its holders, products, and what was imported
    before.

    :raises Refused: the file cannot be read.
    """
    counts = Counts()
    with open_refusals(path) as refuse:
        for line in lines_of(path, kind):
            counts.read += 1
            fault = line.fault or content_fault(line.value, kind)
            if fault is not None:
                counts.refused += 1
                refuse(refused_for(line, fault))
            tell(counts)
    return counts


def form_fault(value: Value, kind: Kind) -> Fault | None:
    """What is wrong with the form of a line: its fields, and what they hold."""
    return _safely(_form_fault, value, kind)


def content_fault(value: Value, kind: Kind) -> Fault | None:
    """What is wrong with a line, as far as it can be told without the server."""
    return form_fault(value, kind) or _safely(_content_fault, value, kind)


def _safely(check: Callable[[Value, Kind], Fault | None], value: Value, kind: Kind) -> Fault | None:
    """What the check says. If it fails itself, that is a fault of this line, and the others go on."""
    try:
        return check(value, kind)
    except Exception as problem:
        logger.debug("a line could not be checked", exc_info=problem)
        return Fault(INTERNAL, f"This line cannot be checked, by a fault of ours: {type(problem).__name__}.")


def _form_fault(value: Value, kind: Kind) -> Fault | None:
    fault = kind.own_fault_of(value) or shape_fault(
        kind.input_of(value), _input_type(kind.mutation_of(value).input_type)
    )
    return fault and replace(fault, path=named_as_in(value, fault.path))


def _content_fault(value: Value, kind: Kind) -> Fault | None:
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
