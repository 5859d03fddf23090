"""Receivers of all sorts on one address: each path behaves in its own way, good or bad."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from tests.faults.receiver import Inbox
from tests.tcp_server import serving

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
BAD = ("hanging", "dripping", "resetting", "failing", "busy", "gone", "moved")
HEALTHY = ("steady",)
MOODY = ("ordered", "flaky", "flapping")
"""They fail while the faults go on, and answer in the end."""
FLAP_SECONDS = 6.0
FAILING = {"flaky": 0.3, "ordered": 0.1}
ANSWERS = {
    "failing": b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    "busy": b"HTTP/1.1 429 Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "gone": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    "moved": b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
}
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receivers:
    """Inboxes by name of path. `requests` counts what came to each; `disorder` lists what came too early."""

    def __init__(self, chance: random.Random) -> None:
        self.address = ""
        self.inboxes: dict[str, Inbox] = {}
        self.requests: Counter[str] = Counter()
        self.delays_ms: list[float] = []
        self.disorder: list[str] = []
        self.are_moody = True
        self._random = chance
        self._sequence: dict[str, int] = {}

    def inbox(self, name: str) -> Inbox:
        """The inbox of a new endpoint, whose secret is to be set before its first message."""
        self.inboxes[name] = Inbox(f"{self.address}/{name}")
        return self.inboxes[name]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read requests and answer each as its path says."""
        try:
            while await self._answer_next(reader, writer):
                pass
        finally:
            writer.transport.abort()

    async def _answer_next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection may be used again."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        assert length is not None
        body = await reader.readexactly(int(length[1]))
        name = head.split(b" ", 2)[1].decode().strip("/")
        self.requests[name] += 1
        return await self._answer(name, head, body, writer)

    async def _answer(self, name: str, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection may be used again."""
        if name in ANSWERS:
            writer.write(ANSWERS[name])
        elif name == "hanging":
            await asyncio.sleep(60)
        elif name == "dripping":
            for octet in OK * 4:
                writer.write(bytes([octet]))
                await writer.drain()
                await asyncio.sleep(1)
        elif name == "resetting":
            writer.transport.abort()
            return False
        elif self._is_moody_now(name):
            writer.write(ANSWERS["failing"])
        else:
            self._take(name, head, body)
            writer.write(OK)
        await writer.drain()
        return True

    def _is_moody_now(self, name: str) -> bool:
        if not self.are_moody:
            return False
        if name == "flapping":
            return asyncio.get_running_loop().time() // FLAP_SECONDS % 2 == 0
        return self._random.random() < FAILING.get(name, 0.0)

    def _take(self, name: str, head: bytes, body: bytes) -> None:
        lines = (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
        headers = {key.decode().lower(): value.strip().decode() for key, _, value in lines}
        inbox, message_id = self.inboxes[name], headers["webhook-id"]
        is_new = message_id not in inbox.counts
        inbox.take(body, headers)
        message = json.loads(body)
        if is_new and name == "steady":
            committed = datetime.fromisoformat(message["timestamp"])
            self.delays_ms.append((datetime.now(UTC) - committed).total_seconds() * 1000)
        if name == "ordered":
            self._check_order(message, is_new=is_new)

    def _check_order(self, message: dict[str, dict[str, str]], *, is_new: bool) -> None:
        """Each change of a ledger's balance has the next number of that ledger; a repeat has one that was there."""
        ledger_id, sequence = message["resource"]["id"], int(message["data"]["sequence"])
        expected = self._sequence.get(ledger_id, sequence - 1) + 1  # The first ones were before the endpoint.
        if is_new != (sequence == expected):
            self.disorder.append(f"{ledger_id}: {sequence} where {expected} was next")
        self._sequence[ledger_id] = max(expected - 1, sequence)


@asynccontextmanager
async def receivers(chance: random.Random) -> AsyncIterator[Receivers]:
    """Such receivers on a free port of loopback."""
    made = Receivers(chance)
    async with serving(made.talk, patience_seconds=0) as port:
        made.address = f"http://127.0.0.1:{port}"
        yield made
