"""A webhook receiver like any user's: it verifies with `standardwebhooks`, and drops repeats by `webhook-id`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from aiohttp import web

from app.kernel.clock import utc_now
from app.kernel.errors import Refused

BODY_BYTES_MAX = 1_000_000
SECRET_WITHIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """A verified message: the resource it is about, its status, and the time since its event, in ms."""

    message_id: str
    event_type: str
    resource_id: str
    data: dict[str, Any]
    milliseconds: float


class DemoReceiver:
    """The messages received so far. `on_receipt` is called once with each verified message."""

    def __init__(self, verify: Callable[[str, bytes, dict[str, str]], Any]) -> None:
        self.receipts: dict[str, Receipt] = {}
        self.repeat_count = 0
        self.unverified_count = 0
        self.on_receipt: Callable[[Receipt], None] = lambda _receipt: None
        self.address = ""
        self._verify = verify
        self._secret: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._arrived = asyncio.Condition()

    def trust(self, secret: str) -> None:
        """Verify with this secret from now on; earlier messages wait for it."""
        self._secret.set_result(secret)

    async def until(self, is_enough: Callable[[], bool], *, timeout_seconds: float) -> bool:
        """Wait until `is_enough`; False if the time is up first."""
        try:
            async with asyncio.timeout(timeout_seconds), self._arrived:
                await self._arrived.wait_for(is_enough)
        except TimeoutError:
            return is_enough()
        return True

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one POST: 204 if it verifies, else 400."""
        received_at = utc_now()
        body = await request.read()
        try:
            secret = await asyncio.wait_for(asyncio.shield(self._secret), SECRET_WITHIN_SECONDS)
            self._verify(secret, body, {name.lower(): value for name, value in request.headers.items()})
        except Exception:  # noqa: BLE001 - any exception means that the message is not verified
            self.unverified_count += 1
            return web.Response(status=400)
        message_id = request.headers["webhook-id"]
        if message_id in self.receipts:
            self.repeat_count += 1
            return web.Response(status=204)
        receipt = self.receipts[message_id] = _read(message_id, body, received_at)
        self.on_receipt(receipt)
        async with self._arrived:
            self._arrived.notify_all()
        return web.Response(status=204)


@asynccontextmanager
async def demo_receiver(host: str) -> AsyncIterator[DemoReceiver]:
    """A receiver on a free port of `host`, open during the block.

    :raises Refused: the library that verifies is not installed, or the host is not on this machine.
    """
    receiver = DemoReceiver(_verifier())
    application = web.Application(client_max_size=BODY_BYTES_MAX)
    application.router.add_post("/webhooks", receiver.receive)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, 0)
        try:
            await site.start()
        except OSError as problem:
            raise Refused(f"Cannot receive on {host}: {problem}. Give an address of this machine.") from problem
        port = runner.addresses[0][1]
        receiver.address = f"http://[{host}]:{port}/webhooks" if ":" in host else f"http://{host}:{port}/webhooks"
        yield receiver
    finally:
        await runner.cleanup()


def _verifier() -> Callable[[str, bytes, dict[str, str]], Any]:
    try:
        from standardwebhooks import Webhook  # noqa: PLC0415 - only this command needs it
    except ImportError as missing:
        raise Refused(
            "This command verifies with the library standardwebhooks: pip install 'quaestor[demo]'."
        ) from missing
    return lambda secret, body, headers: Webhook(secret).verify(body, headers)


def _read(message_id: str, body: bytes, received_at: datetime) -> Receipt:
    message = orjson.loads(body)
    happened_at = datetime.fromisoformat(message["timestamp"])
    return Receipt(
        message_id,
        message["type"],
        message["resource"]["id"],
        message["data"],
        (received_at - happened_at).total_seconds() * 1000,
    )
