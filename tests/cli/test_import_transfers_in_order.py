"""Batches of a history on their way: two at once, posted in their order, asked again where no answer came."""

import asyncio
import json
from datetime import date

import pytest

from app.cli import import_batches, import_transfers
from app.cli.import_lines import Line
from app.cli.import_records import Done, RefusedLine
from app.cli.import_transfers import outcomes_of_transfers
from app.kernel.errors import NotReachable


def line(number, **more):
    value = {"debitId": "a", "creditId": "b", "amount": {"value": "1", "asset": "USD"}, "idempotencyKey": f"{number}"}
    value |= more
    return Line(number, f"digest-{number}", value)


class Server:
    """Answers as the API would, once it has answered with what is to come first. `takes_turns`: whether a batch may be
    sent before the one before it is answered.
    """

    def __init__(self, *first, takes_turns=True):
        self.first = list(first)
        self.asked = []
        self.posted = []
        self.takes_turns = takes_turns
        self.at_once = self.at_once_max = 0
        self.under_way = {}

    async def __call__(self, body):
        given = json.loads(body)["variables"]["input"]
        sent = given["transfers"]
        self.asked.append(len(sent))
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        try:
            await asyncio.sleep(0.01)
            if self.first:
                answer = self.first.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                if answer is not None:
                    return answer
            if given["after"] is not None and (not self.takes_turns or given["after"] not in self.posted):
                return {"data": {"postTransfers": {"code": "LIMIT_EXCEEDED", "message": "not yet", "path": None}}}
            self.posted += [one["idempotencyKey"] for one in sent]
            results = [{"transfer": {"id": one["idempotencyKey"]}, "replayed": False} for one in sent]
            return {"data": {"postTransfers": {"results": results}}}
        finally:
            self.at_once -= 1


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    for module in (import_batches, import_transfers):
        monkeypatch.setattr(module, "PAUSES_SECONDS", (0, 0, 0))


async def outcomes(server, lines):
    return [one async for some in outcomes_of_transfers(iter(lines), server) for one in some]


def error(code):
    return {"data": {"postTransfers": None}, "errors": [{"message": "It is busy.", "extensions": {"code": code}}]}


async def test_sends_a_thousand_at_a_time_and_never_too_many_bytes():
    server = Server()
    await outcomes(server, [line(n) for n in range(2_500)])
    assert server.asked == [1_000, 1_000, 500]
    server = Server()
    await outcomes(server, [line(n, reference="x" * 4_000) for n in range(1_000)])
    assert max(server.asked) < 200
    assert sum(server.asked) == 1_000


@pytest.mark.parametrize("takes_turns", [True, False])
async def test_keeps_two_batches_under_way_and_their_order(takes_turns):
    server = Server(takes_turns=takes_turns)
    made = await outcomes(server, [line(n) for n in range(5_500)])
    assert [one.line.number for one in made] == list(range(5_500))
    assert server.posted == [str(n) for n in range(5_500)]
    assert server.at_once_max == 2
    assert {type(one) for one in made} == {Done}


@pytest.mark.parametrize(
    "trouble",
    [
        NotReachable("away"),
        {"data": {"postTransfers": None}, "errors": [{"message": "m", "extensions": {"code": "INTERNAL"}}]},
        {"data": {"postTransfers": {"results": [{"code": "LIMIT_EXCEEDED", "message": "m", "path": None}] * 1_000}}},
    ],
)
@pytest.mark.parametrize("place", range(4))
async def test_posts_nothing_before_what_comes_before_it(trouble, place):
    """Whichever request meets with trouble, what follows it waits."""
    server = Server(*[None] * place, trouble)
    made = await outcomes(server, [line(n) for n in range(4_000)])
    assert server.posted == [str(n) for n in range(4_000)]
    assert {type(one) for one in made} == {Done}


async def test_sends_nothing_more_after_a_batch_that_could_not_be_sent():
    server = Server(*[NotReachable("away")] * 20)
    with pytest.raises(NotReachable):
        await outcomes(server, [line(n) for n in range(4_000)])
    assert server.posted == []
    assert server.at_once == 0


@pytest.mark.parametrize(
    "first",
    [
        NotReachable("away"),
        error("INTERNAL"),
        error("TIMEOUT"),
        {"data": {"postTransfers": {"code": "LIMIT_EXCEEDED"}}},
    ],
)
async def test_asks_again_while_the_server_is_away_or_busy(first):
    server = Server(first, first)
    made = await outcomes(server, [line(1), line(2)])
    assert [type(one) for one in made] == [Done, Done]
    assert server.asked == [2, 2, 2]


async def test_gives_up_after_a_while():
    server = Server(*[NotReachable("away")] * 9)
    with pytest.raises(NotReachable):
        await outcomes(server, [line(1)])
    assert len(server.asked) == 4


async def test_says_what_is_not_known():
    made = await outcomes(Server(*[error("INTERNAL")] * 20), [line(1)])
    assert isinstance(made[0], RefusedLine)
    assert (made[0].code, "not known whether" in made[0].message) == ("INTERNAL", True)


async def test_takes_a_date_as_its_first_instant():
    sent = []

    async def server(body):
        sent.extend(json.loads(body)["variables"]["input"]["transfers"])
        return {"data": {"postTransfers": {"results": [{"transfer": {"id": "x"}, "replayed": False}]}}}

    await outcomes(server, [line(1, effectiveAt=date(2020, 2, 29).isoformat())])
    assert sent[0]["effectiveAt"] == "2020-02-29T00:00:00Z"
    assert sent[0]["idempotencyKey"] == "1"
