"""Send lines to the API in batches, and find out what became of each."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from app.cli.import_kinds import Kind
from app.cli.import_lines import Line
from app.cli.import_records import Done, Outcome, RefusedLine, refused_for
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

UNREAD = "BAD_REQUEST"
"""The code of a request that the API cannot read."""

Item = TypeVar("Item")
Send: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Posts a document with its variables and gives the whole answer, `data` and `errors`.

:raises NotReachable: no answer came, or one that says to ask again: trying again is safe.
"""


async def outcomes_of(lines: Iterator[Line], kind: Kind, send: Send) -> AsyncIterator[list[Outcome]]:
    """The outcomes of each batch, a few batches at a time."""
    sized = ((line, len(json.dumps(line.value))) for line in lines)
    batches = in_batches(sized, lines_max=BATCH_LINES_MAX, bytes_max=BATCH_BYTES_MAX)
    while some := list(islice(batches, BATCHES_AT_ONCE)):
        for outcomes in await asyncio.gather(*(_outcomes(batch, kind, send) for batch in some)):
            yield outcomes


def in_batches(sized: Iterable[tuple[Item, int]], *, lines_max: int, bytes_max: int) -> Iterator[list[Item]]:
    """Batches of so many items and bytes at most; an item that is larger is a batch of its own."""
    batch: list[Item] = []
    size = 0
    for item, length in sized:
        if batch and (len(batch) == lines_max or size + length > bytes_max):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        yield batch


async def patiently(ask: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """The answer. It is asked for again while there is none, for as long as the pauses are."""
    for pause in PAUSES_SECONDS:
        try:
            return await ask()
        except NotReachable:
            await asyncio.sleep(pause)
    return await ask()


async def _outcomes(batch: list[Line], kind: Kind, send: Send) -> list[Outcome]:
    at_fault: list[Outcome] = [refused_for(line, line.fault) for line in batch if line.fault is not None]
    good = [line for line in batch if line.fault is None]
    return at_fault + (await _sent(good, kind, send) if good else [])


async def _sent(lines: list[Line], kind: Kind, send: Send) -> list[Outcome]:
    """What became of these lines. If a request fails as a whole, the lines whose form is wrong are told apart; where
    that is not it, it is split in two, until the line is found.
    """
    answer = await patiently(partial(send, *_document(lines, kind)))
    data = answer.get("data") or {}
    if not data and (refused := misformed(answer, lines, kind)):
        rest = [line for line in lines if line.number not in refused]
        return [*refused.values(), *(await _sent(rest, kind, send) if rest else [])]
    missing = [line for line in lines if data.get(f"line{line.number}") is None]
    outcomes = [_outcome(line, kind, data[f"line{line.number}"]) for line in lines if line not in missing]
    if len(lines) == 1 and missing:
        return [failed(missing[0], answer["errors"][0])]
    middle = (len(missing) + 1) // 2
    for half in (missing[:middle], missing[middle:]):
        if half:
            outcomes += await _sent(half, kind, send)
    return outcomes


def misformed(answer: dict[str, Any], lines: Iterable[Line], kind: Kind) -> dict[int, RefusedLine]:
    """Where the server could not read a request: the refusals of those lines that no server can take, in the words of
    the file, by their numbers.
    """
    if not any(code_of(error) == UNREAD for error in answer.get("errors") or ()):
        return {}
    from app.cli.import_checks import INTERNAL, form_fault  # noqa: PLC0415 - the whole schema: only where something is wrong

    faults = ((line, form_fault(line.value, kind)) for line in lines)
    return {
        line.number: refused_for(line, fault)
        for line, fault in faults
        if fault is not None and fault.code != INTERNAL  # The server says more than a check that failed.
    }


def code_of(error: dict[str, Any]) -> str:
    """The code of an error of the API."""
    code: str = error.get("extensions", {}).get("code", UNREAD)
    return code


def failed(line: Line, error: dict[str, Any]) -> RefusedLine:
    """The refusal of the only line of a request that failed with this error."""
    code = code_of(error)
    said = "It is not known whether this was done: import the file again. " if code in UNKNOWN else ""
    return RefusedLine(line, code, said + error["message"])


def _document(lines: list[Line], kind: Kind) -> tuple[str, dict[str, Any]]:
    mutations = {line.number: kind.mutation_of(line.value) for line in lines}
    declared = ", ".join(f"$line{number}: {mutation.input_type}!" for number, mutation in mutations.items())
    asked = "\n".join(
        f"  line{number}: {mutation.field}(input: $line{number}) {{ ... on {mutation.success} "
        f"{{ {mutation.object} {{ id }} replayed }} ... on Error {{ code message path }} }}"
        for number, mutation in mutations.items()
    )
    variables = {f"line{line.number}": line.value for line in lines}
    return f"mutation ({declared}) {{\n{asked}\n}}", variables


def _outcome(line: Line, kind: Kind, answer: dict[str, Any]) -> Outcome:
    if "code" in answer:
        path = answer["path"] or []
        return RefusedLine(line, answer["code"], answer["message"], path[1:] if path[:1] == ["input"] else path)
    made = answer[kind.mutation_of(line.value).object]
    return Done(line, made["id"], answer["replayed"])
