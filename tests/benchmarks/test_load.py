"""The load, against servers that answer oddly."""

import asyncio
from contextlib import asynccontextmanager

from benchmarks import load
from benchmarks.load import Load, Tenant
from tests.tcp_server import serving

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def answering(answer):
    """A server that writes these parts, one after another, to each request; answers the load on it."""

    async def serve(reader, writer):
        while await reader.read(65_536):
            for part in answer:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)

    async with serving(serve) as port:
        yield Load(
            "formance", f"http://127.0.0.1:{port}", [Tenant("l", ["a", "b", "c"])], 2, seconds=0.1, warm_up_seconds=0.1
        )


async def test_counts_a_word_that_is_split_between_chunks():
    async with answering([CHUNKED, b'6\r\n{"post\r\n', b'7\r\nings":1\r\n', b"1\r\n}\r\n", b"0\r\n\r\n"]) as asked:
        seen = await load._make(asked)
    assert seen.accepted > 0
    assert seen.refused == 0


async def test_takes_an_empty_answer_in_chunks():
    async with answering([CHUNKED, b"0\r\n\r\n"]) as asked:
        seen = await load._make(asked)
    assert seen.accepted == 0
    assert seen.refused > 0


async def test_counts_a_request_without_an_answer_as_refused(monkeypatch):
    monkeypatch.setattr(load, "ANSWER_SECONDS_MAX", 0.1)
    async with answering([]) as asked:
        seen = await load._make(asked)
    assert (seen.accepted, seen.refused) == (0, 2)


async def test_lets_clients_ask_all_at_once_and_only_so_often():
    async with answering([b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"postings"']) as asked:
        asked.seconds, asked.warm_up_seconds, asked.every_seconds = 0.8, 0.0, 0.2
        seen = await load._make(asked)
    # Each of two clients: at once, and then at each fifth of a second, of which four or five are within the time.
    assert 2 * 4 <= seen.accepted <= 2 * 6
