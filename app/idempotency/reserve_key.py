"""Reserve an idempotency key in the transaction of its effect, or find what it was used for."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from app.db.transaction import Transaction
from app.idempotency.key import check_key
from app.idempotency.meaning import meaning_of
from app.idempotency.reserve_keys import KeyRequest, check_content, read_keys, reserve_new_keys
from app.kernel.actor import Actor

PATH = ("idempotency_key",)


async def reserve_key(
    tx: Transaction,
    actor: Actor,
    operation: str,
    key: str | None,
    command: Any,
    resource_id: UUID,
    *,
    older: Iterable[Any] = (),
) -> UUID | None:
    """Bind `key` to `resource_id` for this customer and operation. None: the key is new, and the caller does the work.

    If the key is known with the same content, the answer is the id of the object it made: a replay. Two callers with
    one key wait for each other here, so call it first in the transaction (it is first in the lock order). A refusal
    rolls the reservation back with everything else.

    :param command: a dataclass; its fields are the content, except `idempotency_key` and those that are None.
    :param older: the same content as earlier versions wrote it. Used only if the key is known.
    :raises IdempotencyMismatch: the key came with other content before.
    """
    if key is None:
        return None
    request = KeyRequest(operation, check_key(key, PATH), next(_hashes(operation, command)), resource_id)
    if await reserve_new_keys(tx, actor.customer_id, [request]):
        return None
    known = (await read_keys(tx, actor.customer_id, [request.name]))[request.name]
    check_content(known.content_hash, _hashes(operation, command, *older), PATH)
    return known.resource_id


def _hashes(operation: str, *commands: Any) -> Iterator[bytes]:
    """The hash of the content, then the hashes of earlier versions, for which `1.0` and `1` differed."""
    for one in commands:
        content = _content(one)
        yield _hash_of(operation, meaning_of(content))
        yield _hash_of(operation, content)


def _content(command: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in dataclasses.asdict(command).items()
        if name != "idempotency_key" and value is not None
    }


def _hash_of(operation: str, content: Any) -> bytes:
    canonical = json.dumps([operation, content], sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).digest()
