"""The demo's endpoint is deleted, even if the demo ends while it is being made."""

import asyncio

import pytest

from app.demo.story import _endpoint


class SlowClient:
    """Makes the endpoint once it may, and notes what it is asked."""

    def __init__(self):
        self.asked = []
        self.may_make = asyncio.Event()

    async def do(self, name, _selection, **_given):
        self.asked.append(name)
        await self.may_make.wait()
        return {"endpoint": {"id": "an-id"}, "secret": "whsec_x"}

    async def do_to(self, object_id, name, *_rest):
        self.asked.append((name, object_id))


class Receiver:
    address = "http://127.0.0.1:9/"

    def trust(self, secret):
        pass


async def test_deletes_what_was_being_made_when_it_was_ended():
    client = SlowClient()

    async def demo():
        async with _endpoint(client, Receiver()):
            pytest.fail("it was ended before")

    task = asyncio.create_task(demo())
    while not client.asked:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    client.may_make.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert client.asked == ["createWebhookEndpoint", ("deleteWebhookEndpoint", "an-id")]
