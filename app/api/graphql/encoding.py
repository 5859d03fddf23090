"""JSON for every transport."""

import json
from typing import Any

import orjson


def encode_json(body: Any) -> bytes:
    """`body` as JSON in UTF-8. Integers beyond 64 bits, which metadata may hold, go the slow way."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body, separators=(",", ":")).encode()
