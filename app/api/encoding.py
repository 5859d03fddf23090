"""JSON for every transport."""

import json
from datetime import datetime
from typing import Any

import orjson

from app.kernel.clock import rfc3339


def encode_json(body: Any) -> bytes:
    """`body` as JSON in UTF-8, instants with microseconds and UTC as RFC 3339. Integers beyond 64 bits, which metadata
    may hold, take the slow path.
    """
    try:
        return orjson.dumps(body, option=orjson.OPT_UTC_Z)
    except TypeError:
        return json.dumps(body, separators=(",", ":"), default=_instant).encode()


def _instant(value: object) -> str:
    assert isinstance(value, datetime), "nothing else is left to be encoded"
    return rfc3339(value)
