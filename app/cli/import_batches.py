"""Send lines to the API in batches, and find out what became of each."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import islice
from typing import Any, TypeAlias

from app.cli.import_kinds import Kind
from app.cli.import_lines import Line
from app.cli.import_records import Done, Outcome, RefusedLine
from app.kernel.errors import NotReachable

BATCH_LINES_MAX = 50
"""Mutations of one request; each is a transaction of its own."""
BATCH_BYTES_MAX = 400_000
"""A body has at most 1 MB."""
BATCHES_AT_ONCE = 4
PAUSES_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Pauses before each new try of what got no answer, or a busy one."""

UNKNOWN = frozenset({"INTERNAL", "TIMEOUT"})
"""Codes of the API that leave open whether something happened."""

Send: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Posts a document with its variables and gives the whole answer, `data` and `errors`.

:raises NotReachable: no answer came, or one that says to ask again: trying again is safe.
"""


async def outcomes_of(lines: Iterator[Line], kind: Kind, send: Send) -> AsyncIterator[list[Outcome]]:
    """The outcomes of each batch, a few batches at a time."""
    batches = _batches(lines)
    while some := list(islice(batches, BATCHES_AT_ONCE)):
        for outcomes in await asyncio.gather(*(_outcomes(batch, kind, send) for batch in some)):
            yield outcomes


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        length = len(json.dumps(line.value))
        if batch and (len(batch) == BATCH_LINES_MAX or size + length > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += length
    if batch:
        yield batch


async def _outcomes(batch: list[Line], kind: Kind, send: Send) -> list[Outcome]:
    unreadable: list[Outcome] = [
        RefusedLine(line, "UNREADABLE", line.fault) for line in batch if line.fault is not None
    ]
    readable = [line for line in batch if line.fault is None]
    return unreadable + (await _sent(readable, kind, send) if readable else [])


async def _sent(lines: list[Line], kind: Kind, send: Send) -> list[Outcome]:
    """What became of these lines. A request that fails as a whole is split in two, until the line is found."""
    answer = await _answered(lines, kind, send)
    data = answer.get("data") or {}
    missing = [line for line in lines if data.get(f"line{line.number}") is None]
    outcomes = [_outcome(line, kind, data[f"line{line.number}"]) for line in lines if line not in missing]
    if len(lines) == 1 and missing:
        return [_failed(missing[0], answer["errors"][0])]
    middle = (len(missing) + 1) // 2
    for half in (missing[:middle], missing[middle:]):
        if half:
            outcomes += await _sent(half, kind, send)
    return outcomes


def _failed(line: Line, error: dict[str, Any]) -> RefusedLine:
    code = error.get("extensions", {}).get("code", "BAD_REQUEST")
    said = "It is not known whether this was done: import the file again. " if code in UNKNOWN else ""
    return RefusedLine(line, code, said + error["message"])


async def _answered(lines: list[Line], kind: Kind, send: Send) -> dict[str, Any]:
    document, variables = _document(lines, kind)
    for pause in PAUSES_SECONDS:
        try:
            return await send(document, variables)
        except NotReachable:
            await asyncio.sleep(pause)
    return await send(document, variables)


def _document(lines: list[Line], kind: Kind) -> tuple[str, dict[str, Any]]:
    mutations = {line.number: kind.mutation_of(line.value or {}) for line in lines}
    declared = ", ".join(f"$line{number}: {mutation.input_type}!" for number, mutation in mutations.items())
    asked = "\n".join(
        f"  line{number}: {mutation.field}(input: $line{number}) {{ ... on {mutation.success} "
        f"{{ {mutation.object} {{ id }} replayed }} ... on Error {{ code message path }} }}"
        for number, mutation in mutations.items()
    )
    variables = {
        f"line{line.number}": {"idempotencyKey": f"import:{line.digest}", **(line.value or {})} for line in lines
    }
    return f"mutation ({declared}) {{\n{asked}\n}}", variables


def _outcome(line: Line, kind: Kind, answer: dict[str, Any]) -> Outcome:
    if "code" in answer:
        return RefusedLine(line, answer["code"], answer["message"], answer["path"] or [])
    made = answer[kind.mutation_of(line.value or {}).object]
    return Done(line, made["id"], answer["replayed"])
