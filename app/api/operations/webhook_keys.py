"""`/.well-known/webhook-keys/<endpoint id>`: the public keys that verify an endpoint's messages, for whoever knows it.

The answer is a JSON Web Key Set (RFC 7517 and 8037), in which each key also stands as Standard Webhooks writes it.
"""

import base64
import hashlib
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.db.away import DATABASE_UNUSABLE
from app.db.identifiers import parse_id
from app.kernel.clock import rfc3339
from app.kernel.errors import Invalid
from app.webhooks.queries import public_keys_of_endpoint
from app.webhooks.records import PublicKey
from app.webhooks.signing_secret import PUBLIC_PREFIX

PATH = "/.well-known/webhook-keys"
FRESH_SECONDS = 300
"""For how long a receiver may keep the answer."""
UNKNOWN = "There is no webhook endpoint of this id that signs with a public key."


def webhook_key_routes() -> list[BaseRoute]:
    """The route of the keys. It asks for no API key, and says nothing but them of an endpoint."""
    return [Route(f"{PATH}/{{endpoint_id}}", _show_keys)]


async def _show_keys(request: Request) -> Response:
    try:
        keys = await public_keys_of_endpoint(_id_in(request))
    except DATABASE_UNUSABLE:
        return _refusal(503, "The database is not reachable: ask again in a moment.")
    except Invalid:
        return _refusal(404, UNKNOWN)
    if not keys:
        return _refusal(404, UNKNOWN)
    shown = {"keys": [_web_key(key) for key in keys]}
    return JSONResponse(shown, headers={"Cache-Control": f"public, max-age={FRESH_SECONDS}"})


def _id_in(request: Request) -> UUID:
    return parse_id(request.path_params["endpoint_id"], ("endpoint_id",))


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status, headers={"Cache-Control": "no-store"})


def _web_key(key: PublicKey) -> dict[str, Any]:
    octets = base64.b64decode(key.text.removeprefix(PUBLIC_PREFIX))
    # In this order and without spaces it is what RFC 7638 hashes.
    identity = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(octets)}
    return {
        **identity,
        "alg": "EdDSA",
        "use": "sig",
        "kid": _base64url(hashlib.sha256(orjson.dumps(identity)).digest()),
        "webhook_key": key.text,
        "expires_at": None if key.expires_at is None else rfc3339(key.expires_at),
    }


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
