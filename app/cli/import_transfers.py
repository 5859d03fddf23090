"""Send the lines of a history to `postTransfers`, in their order, as many at a time as it takes."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from app.cli.import_batches import PAUSES_SECONDS, UNKNOWN, code_of, failed, misformed
from app.cli.import_kinds import TRANSFERS, transfer_input_of
from app.cli.import_lines import Line
from app.cli.import_records import Done, Outcome, RefusedLine, refused_for
from app.cli.import_wallets import Wallets, has_address, named_as_in
from app.kernel.errors import NotReachable, Refused

BATCH_LINES_MAX = 1_000
"""Transfers of one `postTransfers`: one transaction."""
BATCH_BYTES_MAX = 800_000
"""A body has at most 1 MB."""
BUSY, FORBIDDEN = "LIMIT_EXCEEDED", "FORBIDDEN"

Post: TypeAlias = Callable[[bytes], Awaitable[dict[str, Any]]]
"""Posts a body that is JSON already, and gives the whole answer, `data` and `errors`.

:raises NotReachable: no answer came, or one that says to ask again: trying again is safe.
"""

_DOCUMENT = """mutation ($input: PostTransfersInput!) { postTransfers(input: $input) {
    ... on TransfersSuccess { results {
        ... on TransferSuccess { transfer { id } replayed } ... on Error { code message path } } }
    ... on Error { code message path } } }"""
_HEAD = orjson.dumps({"query": _DOCUMENT})[:-1] + b',"variables":{"input":{"transfers":['
_TAIL = b"]}}}"


@dataclass(frozen=True, slots=True)
class _Item:
    """A line, and the input that it became."""

    line: Line
    encoded: bytes


async def outcomes_of_transfers(lines: Iterator[Line], post: Post) -> AsyncIterator[list[Outcome]]:
    """The outcomes of each batch. A batch is sent when the one before it is answered, so that what one line pays in, a
    later one can spend; meanwhile the next one is read and made ready.
    """
    patient = _patient(post)
    wallets = Wallets(patient)
    batches = _batches(lines)
    ahead = asyncio.create_task(asyncio.to_thread(next, batches, None))
    try:
        while (batch := await ahead) is not None:
            ahead = asyncio.create_task(asyncio.to_thread(next, batches, None))
            yield await _outcomes(batch, patient, wallets)
    finally:
        ahead.cancel()


def _batches(lines: Iterator[Line]) -> Iterator[list[_Item]]:
    batch: list[_Item] = []
    size = 0
    for line in lines:
        encoded = b"" if line.fault is not None else _encoded(transfer_input_of(line.value))
        if batch and (len(batch) == BATCH_LINES_MAX or size + len(encoded) > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(_Item(line, encoded))
        size += len(encoded) + 1
    if batch:
        yield batch


def _encoded(value: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # A number beyond 64 bits or half a character: the server says what is wrong with it.
        return json.dumps(value).encode()


async def _outcomes(batch: list[_Item], post: Post, wallets: Wallets) -> list[Outcome]:
    """What became of each line, in their order."""
    found: dict[int, Outcome] = {}
    ready: list[_Item] = []
    await wallets.look_up(item.line for item in batch if item.line.fault is None)
    for item in batch:
        if item.line.fault is not None:
            found[item.line.number] = refused_for(item.line, item.line.fault)
        elif not has_address(item.line.value):
            ready.append(item)
        else:
            named = wallets.named(item.line, transfer_input_of(item.line.value))
            if isinstance(named, RefusedLine):
                found[item.line.number] = named
            else:
                ready.append(_Item(item.line, _encoded(named)))
    found |= {outcome.line.number: outcome for outcome in await _sent(ready, post)}
    return [found[item.line.number] for item in batch]


async def _sent(items: list[_Item], post: Post) -> list[Outcome]:
    """What became of these. If a request fails as a whole, the lines whose form is wrong are told apart; where that is
    not it, it is split in two, until the line at fault is found.

    :raises Refused: the key may not post transfers.
    """
    if not items:
        return []
    answer = await _answered(items, post)
    told = (answer.get("data") or {}).get("postTransfers")
    if told is not None and "results" in told:
        return [_outcome(item.line, one) for item, one in zip(items, told["results"], strict=True)]
    if told is not None and told["code"] == FORBIDDEN:
        raise Refused(f"The API refused: {told['message']}")
    if told is None and (refused := misformed(answer, (item.line for item in items), TRANSFERS)):
        return [*refused.values(), *await _sent([one for one in items if one.line.number not in refused], post)]
    if len(items) == 1:
        line = items[0].line
        return [failed(line, answer["errors"][0]) if told is None else _outcome(line, told)]
    middle = len(items) // 2
    return await _sent(items[:middle], post) + await _sent(items[middle:], post)


async def _answered(items: list[_Item], post: Post) -> dict[str, Any]:
    """The answer, once the server is not too busy for a part of it; at most for as long as the pauses are."""
    body = _HEAD + b",".join(item.encoded for item in items) + _TAIL
    for pause in PAUSES_SECONDS:
        answer = await post(body)
        if not _is_unfinished(answer):
            return answer
        await asyncio.sleep(pause)
    return await post(body)


def _patient(post: Post) -> Post:
    """The same, but it tries again while there is no answer, for as long as the pauses are."""

    async def ask(body: bytes) -> dict[str, Any]:
        for pause in PAUSES_SECONDS:
            try:
                return await post(body)
            except NotReachable:
                await asyncio.sleep(pause)
        return await post(body)

    return ask


def _is_unfinished(answer: dict[str, Any]) -> bool:
    """Whether some of it was not done because the server is busy, or may have been: asking again tells."""
    told = (answer.get("data") or {}).get("postTransfers")
    if told is None:
        codes = [code_of(error) for error in answer.get("errors") or ()]
        return not UNKNOWN.isdisjoint(codes)
    return BUSY in {told.get("code")} | {one.get("code") for one in told.get("results", ())}


def _outcome(line: Line, told: dict[str, Any]) -> Outcome:
    if "code" not in told:
        return Done(line, told["transfer"]["id"], told["replayed"])
    path = told["path"] or []
    if path[:2] == ["input", "transfers"]:
        path = path[3:]  # Here each line is told of alone, and not by its place in a batch.
    return RefusedLine(line, told["code"], told["message"], list(named_as_in(line.value, path)))
