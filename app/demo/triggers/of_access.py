"""Events of API keys and webhook endpoints."""

from typing import Any

from app.demo.triggers.steps import Steps
from app.kernel.errors import Refused


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


async def ping(steps: Steps) -> str:
    """Your first endpoint that is ENABLED is pinged."""
    endpoints = (await steps.client.ask("{ webhookEndpoints { id status } }"))["webhookEndpoints"]
    enabled = [endpoint["id"] for endpoint in endpoints if endpoint["status"] == "ENABLED"]
    if not enabled:
        raise Refused("There is no endpoint to ping: make one with `createWebhookEndpoint`, and trigger this again.")
    success = "WebhookDeliverySuccess { delivery { id } }"
    await steps.client.do_to(enabled[0], "pingWebhookEndpoint", "endpointId", success)
    return str(enabled[0])


async def _changed(steps: Steps, *changes: dict[str, Any]) -> str:
    endpoint_id = await steps.endpoint()
    try:
        for change in changes:
            success = "WebhookEndpointSuccess { endpoint { id } }"
            await steps.client.do("updateWebhookEndpoint", success, endpointId=endpoint_id, **change)
    finally:
        await steps.delete_endpoint(endpoint_id)
    return endpoint_id
