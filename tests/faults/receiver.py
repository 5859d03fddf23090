"""A subscriber that verifies what it gets with the public libraries, and remembers all of it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import standardwebhooks
import svix.webhooks
from aiohttp import web


class Inbox:
    """What came for one endpoint. Repeats must carry the same bytes; whatever is wrong is kept in `faults`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.secret = ""
        self.answer_seconds = 0.0
        self.bodies: dict[str, dict[str, object]] = {}
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self._raw: dict[str, bytes] = {}
        self._arrived = asyncio.Event()

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        message_id = headers["webhook-id"]
        try:
            standardwebhooks.Webhook(self.secret).verify(body, headers)
            svix.webhooks.Webhook(self.secret).verify(body, headers)
        except standardwebhooks.WebhookVerificationError as wrong:
            self.faults.append(f"{message_id}: {wrong}")
        if self._raw.setdefault(message_id, body) != body:
            self.faults.append(f"{message_id}: a repeat with another body")
        self.bodies[message_id] = json.loads(body)
        self.counts[message_id] += 1
        self._arrived.set()

    async def until_next(self) -> None:
        """Return when the next message is here, before it is answered if an answer takes time."""
        self._arrived.clear()
        await self._arrived.wait()

    @property
    def ids(self) -> set[str]:
        return set(self.counts)

    @property
    def repeats(self) -> int:
        """How many messages came beyond the first time."""
        return self.counts.total() - len(self.counts)


class Receiver:
    """Any number of inboxes on one address."""

    def __init__(self) -> None:
        self.address = ""
        self._inboxes: dict[str, Inbox] = {}

    def inbox(self, name: str) -> Inbox:
        """A new inbox; its endpoint's secret is to be set before the first message."""
        self._inboxes[name] = Inbox(f"{self.address}/{name}")
        return self._inboxes[name]

    async def handle(self, request: web.Request) -> web.Response:
        inbox = self._inboxes[request.match_info["name"]]
        inbox.take(await request.read(), dict(request.headers))
        await asyncio.sleep(inbox.answer_seconds)
        return web.Response(status=204)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port of loopback."""
    made, server = Receiver(), web.Application()
    server.router.add_post("/{name}", made.handle)
    runner = web.AppRunner(server, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()
