import asyncio
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.demo.receiver import demo_receiver
from app.kernel.errors import Refused
from app.webhooks.signature import signed_headers
from app.webhooks.signing_secret import new_signing_key, secret_text

KEY = new_signing_key()


def message(event_id: str = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84") -> tuple[str, bytes]:
    happened_at = datetime.now(UTC) - timedelta(milliseconds=250)
    body = {
        "id": event_id,
        "type": "ledger.status.ok",
        "timestamp": happened_at.isoformat().replace("+00:00", "Z"),
        "resource": {"type": "ledger", "id": "ledger-1", "version": 2},
        "data": {"status": "OK", "version": 2},
    }
    return event_id, json.dumps(body).encode()


async def post(receiver, event_id, body, *, key=KEY, attempted_at=None):
    headers = signed_headers(event_id, attempted_at or datetime.now(UTC), body, keys=[key])
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        return (await client.post(receiver.address, content=body, headers=headers)).status_code


async def test_tells_of_a_verified_message_once():
    told = []
    async with demo_receiver("127.0.0.1") as receiver:
        receiver.on_receipt = told.append
        receiver.trust(secret_text(KEY))
        event_id, body = message()
        assert [await post(receiver, event_id, body) for _ in range(2)] == [204, 204]

    [receipt] = told
    assert (receipt.message_id, receipt.event_type, receipt.resource_id) == (event_id, "ledger.status.ok", "ledger-1")
    assert receipt.data == {"status": "OK", "version": 2}
    assert receipt.milliseconds >= 250
    assert (receiver.repeat_count, receiver.unverified_count) == (1, 0)


@pytest.mark.parametrize("fault", ["another key", "another body", "an old timestamp", "no signature"])
async def test_counts_what_does_not_verify_and_tells_nobody(fault):
    told = []
    async with demo_receiver("127.0.0.1") as receiver:
        receiver.on_receipt = told.append
        receiver.trust(secret_text(KEY))
        event_id, body = message()
        if fault == "another key":
            status = await post(receiver, event_id, body, key=new_signing_key())
        elif fault == "an old timestamp":
            status = await post(receiver, event_id, body, attempted_at=datetime.now(UTC) - timedelta(hours=1))
        else:
            headers = {}
            if fault == "another body":
                headers = signed_headers(event_id, datetime.now(UTC), body + b" ", keys=[KEY])
            async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
                status = (await client.post(receiver.address, content=body, headers=headers)).status_code

    assert (status, told, receiver.receipts, receiver.unverified_count) == (400, [], {}, 1)


async def test_waits_for_the_secret_of_what_comes_early():
    async with demo_receiver("127.0.0.1") as receiver:
        event_id, body = message()
        early = asyncio.create_task(post(receiver, event_id, body))
        await asyncio.sleep(0.1)
        assert receiver.receipts == {}
        receiver.trust(secret_text(KEY))
        assert await early == 204
        assert await receiver.until(lambda: event_id in receiver.receipts, timeout_seconds=60)


async def test_says_when_the_time_is_up():
    async with demo_receiver("127.0.0.1") as receiver:
        assert not await receiver.until(lambda: False, timeout_seconds=0.01)


async def test_refuses_an_address_of_another_machine():
    with pytest.raises(Refused, match=r"Cannot receive on 192\.0\.2\.1"):
        async with demo_receiver("192.0.2.1"):
            pass
