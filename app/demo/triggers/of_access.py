"""Events of API keys and webhook endpoints."""

import asyncio
from typing import Any

from app.demo.triggers.steps import Steps
from app.kernel.errors import Refused
from app.webhooks.breaker import FAILURES_TO_PAUSE

NOBODY_LISTENS = "http://127.0.0.1:9/quaestor-trigger"
"""On the machine of the worker that sends: port 9 is for what is thrown away, and next to no machine serves it."""
PING_EVERY_SECONDS = 2.0
PAUSED_WITHIN_SECONDS = 300.0


async def api_key_created(steps: Steps) -> str:
    """A key that may read its own events is made, and revoked."""
    return await api_key_revoked(steps)


async def api_key_revoked(steps: Steps) -> str:
    """A key is made, and revoked."""
    made = await steps.client.do(
        "createApiKey", "ApiKeySuccess { apiKey { id } }", name="quaestor trigger", scopes=["keys:write"]
    )
    key_id = str(made["apiKey"]["id"])
    await steps.client.do_to(key_id, "revokeApiKey", "apiKeyId", "ApiKeySuccess { apiKey { id } }")
    return key_id


async def endpoint_deleted(steps: Steps) -> str:
    """An endpoint is made, and deleted."""
    endpoint_id = await steps.endpoint()
    await steps.delete_endpoint(endpoint_id)
    return endpoint_id


async def secret_rotated(steps: Steps) -> str:
    """An endpoint is made, given a new secret, and deleted."""
    endpoint_id = await steps.endpoint()
    try:
        success = "WebhookSecretSuccess { endpoint { id } }"
        await steps.client.do_to(endpoint_id, "rotateWebhookSecret", "endpointId", success)
    finally:
        await steps.delete_endpoint(endpoint_id)
    return endpoint_id


async def endpoint_updated(steps: Steps) -> str:
    """An endpoint is made, described otherwise, and deleted."""
    return await _changed(steps, {"description": f"quaestor trigger {steps.run_id}"})


async def endpoint_disabled(steps: Steps) -> str:
    """An endpoint is made, switched off, and deleted."""
    return await _changed(steps, {"enabled": False})


async def endpoint_enabled(steps: Steps) -> str:
    """An endpoint is made, switched off and on, and deleted."""
    return await _changed(steps, {"enabled": False}, {"enabled": True})


async def endpoint_paused(steps: Steps) -> str:
    """An endpoint where nobody listens is made, pinged until it has failed for a minute, and deleted."""
    endpoint_id = await steps.endpoint(NOBODY_LISTENS)

    async def status_after_ping() -> str:
        status = await steps.endpoint_status(endpoint_id)
        if status == "ENABLED":
            await _ping_unless_paused(steps, endpoint_id)
            await asyncio.sleep(PING_EVERY_SECONDS)
        return status

    try:
        for _ in range(FAILURES_TO_PAUSE):
            await _ping_unless_paused(steps, endpoint_id)
        await steps.until("PAUSED", status_after_ping, within_seconds=PAUSED_WITHIN_SECONDS)
    finally:
        await steps.delete_endpoint(endpoint_id)
    return endpoint_id


async def _ping_unless_paused(steps: Steps, endpoint_id: str) -> None:
    try:
        await _ping(steps, endpoint_id)
    except Refused:
        if await steps.endpoint_status(endpoint_id) != "PAUSED":
            raise


async def ping(steps: Steps) -> str:
    """Your first endpoint that is ENABLED is pinged."""
    endpoints = (await steps.client.ask("{ webhookEndpoints { id status } }"))["webhookEndpoints"]
    enabled = [endpoint["id"] for endpoint in endpoints if endpoint["status"] == "ENABLED"]
    if not enabled:
        raise Refused("There is no endpoint to ping: make one with `createWebhookEndpoint`, and trigger this again.")
    await _ping(steps, enabled[0])
    return str(enabled[0])


async def _ping(steps: Steps, endpoint_id: str) -> None:
    success = "WebhookDeliverySuccess { delivery { id } }"
    await steps.client.do_to(endpoint_id, "pingWebhookEndpoint", "endpointId", success)


async def _changed(steps: Steps, *changes: dict[str, Any]) -> str:
    endpoint_id = await steps.endpoint()
    try:
        for change in changes:
            success = "WebhookEndpointSuccess { endpoint { id } }"
            await steps.client.do("updateWebhookEndpoint", success, endpointId=endpoint_id, **change)
    finally:
        await steps.delete_endpoint(endpoint_id)
    return endpoint_id
