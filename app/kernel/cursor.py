"""Opaque cursors, bound to their list and filter, so that a cursor of another list is refused and not misread."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from app.kernel.errors import Invalid

CURSOR_CHARACTERS_MAX = 500
_TAG_BYTES = 6


def encode_cursor(made_for: Any, values: Sequence[str | int]) -> str:
    """A cursor that holds `values` and works only with the same `made_for` (list, order and filter; JSON)."""
    return encode_cursors(made_for, [values])[0]


def encode_cursors(made_for: Any, many: Iterable[Sequence[str | int]]) -> list[str]:
    """The cursors of a whole page: `made_for` is hashed once."""
    tag = _tag(made_for)
    payloads = (json.dumps([tag, *values], separators=(",", ":")) for values in many)
    return [base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=") for payload in payloads]


def decode_cursor(
    made_for: Any, cursor: str, types: Sequence[type], *, optional: Sequence[type] = (), path: Sequence[str]
) -> list[Any]:
    """The values of a cursor, of these types, perhaps followed by the optional ones.

    :raises Invalid: malformed, or made for another list, order or filter.
    """
    tag, *values = _opened(cursor) or [None]
    if isinstance(tag, str) and tag != _tag(made_for):
        message = "This cursor belongs to another list, order or filter. Begin again without it."
        raise Invalid(message, path=path)
    if [type(part) for part in (tag, *values)] not in ([str, *types], [str, *types, *optional]):
        message = "This is not a cursor of ours. Pass one exactly as it was answered."
        raise Invalid(message, path=path)
    return values


def _opened(cursor: str) -> list[Any] | None:
    """The content of a cursor; None if it is not one of ours."""
    if len(cursor) > CURSOR_CHARACTERS_MAX:
        return None
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        opened = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode())
    except (ValueError, RecursionError):
        return None
    return opened if isinstance(opened, list) else None


def _tag(made_for: Any) -> str:
    canonical = json.dumps(made_for, sort_keys=True, default=str).encode()
    return hashlib.blake2b(canonical, digest_size=_TAG_BYTES).hexdigest()
