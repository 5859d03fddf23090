"""Send the lines of a history to `postTransfers`, in their order, as many at a time as it takes."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import orjson

from app.cli.import_batches import PAUSES_SECONDS, UNKNOWN, code_of, failed, in_batches, misformed, patiently
from app.cli.import_kinds import KEY, TRANSFERS, transfer_input_of
from app.cli.import_lines import Line
from app.cli.import_records import Done, Outcome, RefusedLine, refused_for
from app.cli.import_wallets import Wallets, has_address, named_as_in
from app.kernel.errors import NotReachable, Refused

BATCH_LINES_MAX = 1_000
"""Transfers of one `postTransfers`: one transaction."""
BATCH_BYTES_MAX = 800_000
"""A body has at most 1 MB."""
UNDER_WAY_MAX = 2
"""Batches that are sent before the first of them is answered."""
BUSY, FORBIDDEN = "LIMIT_EXCEEDED", "FORBIDDEN"

Post: TypeAlias = Callable[[bytes], Awaitable[dict[str, Any]]]
"""Posts a body that is JSON already, and gives the whole answer, `data` and `errors`.

:raises NotReachable: no answer came, or one that says to ask again: trying again is safe.
"""

_DOCUMENT = """mutation ($input: PostTransfersInput!) { postTransfers(input: $input) {
    ... on TransfersSuccess { results {
        ... on TransferSuccess { transfer { id } replayed } ... on Error { code message path } } }
    ... on Error { code message path } } }"""
_HEAD = orjson.dumps({"query": _DOCUMENT})[:-1] + b',"variables":{"input":{"after":%s,"transfers":['
_TAIL = b"]}}}"


@dataclass(frozen=True, slots=True)
class _Item:
    """A line, and the input that it became."""

    line: Line
    encoded: bytes


@dataclass(frozen=True, slots=True)
class _Sending:
    """A batch that is under way: its lines, and what was ready to be sent of them."""

    batch: list[_Item]
    ready: list[_Item | RefusedLine]
    task: asyncio.Task[list[Outcome]]

    @property
    def last_key(self) -> str | None:
        """The key of the last line that was sent."""
        sent = [one for one in self.ready if isinstance(one, _Item)]
        return str(sent[-1].line.value[KEY]) if sent else None


async def outcomes_of_transfers(lines: Iterator[Line], post: Post) -> AsyncIterator[list[Outcome]]:
    """The outcomes of each batch. Two are under way: the server checks one while it posts the one before. They are
    posted in their order, so that what one line pays in, a later one can spend.
    """

    async def patient(body: bytes) -> dict[str, Any]:
        return await patiently(partial(post, body))

    wallets = Wallets(patient)
    batches = in_batches(_sized(lines), lines_max=BATCH_LINES_MAX, bytes_max=BATCH_BYTES_MAX)
    under_way: deque[_Sending] = deque()
    try:
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            before = under_way[-1] if under_way else None
            items = await _ready(batch, wallets)
            under_way.append(_Sending(batch, items, asyncio.create_task(_in_turn(items, before, post, patient))))
            if len(under_way) == UNDER_WAY_MAX:
                yield _told(await under_way[0].task, under_way.popleft().batch)
        while under_way:
            yield _told(await under_way[0].task, under_way.popleft().batch)
    finally:
        for sending in under_way:
            sending.task.cancel()
        await asyncio.gather(*(sending.task for sending in under_way), return_exceptions=True)


def _sized(lines: Iterator[Line]) -> Iterator[tuple[_Item, int]]:
    """The lines as they are sent, and how many bytes each takes with its comma."""
    for line in lines:
        encoded = b"" if line.fault is not None else _encoded(transfer_input_of(line.value))
        yield _Item(line, encoded), len(encoded) + 1


def _encoded(value: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # A number beyond 64 bits or half a character: the server says what is wrong with it.
        return json.dumps(value).encode()


async def _ready(batch: list[_Item], wallets: Wallets) -> list[_Item | RefusedLine]:
    """What can be sent of these lines, with ids in place of addresses, and the refusals of the others."""
    await wallets.look_up(item.line for item in batch if item.line.fault is None)
    return [_ready_item(item, wallets) for item in batch]


def _ready_item(item: _Item, wallets: Wallets) -> _Item | RefusedLine:
    if item.line.fault is not None:
        return refused_for(item.line, item.line.fault)
    if not has_address(item.line.value):
        return item
    named = wallets.named(item.line, transfer_input_of(item.line.value))
    return named if isinstance(named, RefusedLine) else _Item(item.line, _encoded(named))


async def _in_turn(
    ready: list[_Item | RefusedLine], before: _Sending | None, post: Post, patient: Post
) -> list[Outcome]:
    """What became of these, once those before them were posted. They are sent beside those, and wait for them at the
    server; where that is not to be had, they are sent again when those are answered.

    :raises NotReachable, Refused: as those before them.
    """
    refused = [one for one in ready if isinstance(one, RefusedLine)]
    items = [one for one in ready if isinstance(one, _Item)]
    if before is not None and not before.task.done():
        key = before.last_key
        made = None if key is None or not items else await _beside(items, key, post)
        await asyncio.shield(before.task)
        if made is not None:
            return [*refused, *made]
    return [*refused, *await _sent(items, patient)]


async def _beside(items: list[_Item], after: str, post: Post) -> list[Outcome] | None:
    """What became of these, posted right after the batch whose last key this is; None where nothing did, or it is not
    known.
    """
    try:
        answer = await post(_body(items, after))
    except NotReachable:
        return None
    told = (answer.get("data") or {}).get("postTransfers")
    if told is None or "results" not in told or _is_unfinished(answer):
        return None
    return [_outcome(item.line, one) for item, one in zip(items, told["results"], strict=True)]


def _told(outcomes: list[Outcome], batch: list[_Item]) -> list[Outcome]:
    """The outcomes in the order of the lines."""
    found = {outcome.line.number: outcome for outcome in outcomes}
    return [found[item.line.number] for item in batch]


def _body(items: list[_Item], after: str | None = None) -> bytes:
    return _HEAD % orjson.dumps(after) + b",".join(item.encoded for item in items) + _TAIL


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
    body = _body(items)
    for pause in PAUSES_SECONDS:
        answer = await post(body)
        if not _is_unfinished(answer):
            return answer
        await asyncio.sleep(pause)
    return await post(body)


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
