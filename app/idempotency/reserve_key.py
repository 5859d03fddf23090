"""Reserve an idempotency key in the transaction of its effect, or find what it was used for."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from app.db.transaction import Transaction
from app.idempotency.meaning import meaning_of
from app.kernel.actor import Actor
from app.kernel.checks import check_text
from app.kernel.errors import IdempotencyMismatch

KEY_CHARACTERS_MAX = 255


async def reserve_key(
    tx: Transaction,
    actor: Actor,
    operation: str,
    key: str | None,
    command: Any,
    resource_id: UUID,
    *,
    path: Sequence[str] = ("idempotency_key",),
    older: Iterable[Any] = (),
) -> UUID | None:
    """Bind `key` to `resource_id` for this customer and operation: None, and the caller goes on to do the work.

    Where the key is known with the same content, the answer is the id of the object it made: a replay. Two callers
    with one key wait for each other here, so call it first in the transaction (it is first in the lock order). A
    refusal rolls the reservation back with all else.

    :param command: a dataclass; its fields but `idempotency_key`, and without those that are None, are the content.
    :param older: the same content as earlier versions wrote it. Looked at only where the key is known.
    :raises IdempotencyMismatch: the key came with other content before.
    """
    if key is None:
        return None
    checked = check_text(key, path, characters_max=KEY_CHARACTERS_MAX)
    command_hash = _hash(operation, command)
    # In two statements: the row that a conflict waited for is newer than the first one's snapshot.
    inserted = await tx.execute(
        """
        INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
        """,
        actor.customer_id,
        operation,
        checked,
        command_hash,
        resource_id,
        await tx.now(),
    )
    if inserted:
        return None
    known = await tx.fetchrow(
        "SELECT command_hash, resource_id FROM idempotency_keys WHERE customer_id = $1 AND operation = $2 AND key = $3",
        actor.customer_id,
        operation,
        checked,
    )
    assert known is not None, "keys are never deleted"
    if bytes(known["command_hash"]) not in (command_hash, *_older_hashes(operation, command, older)):
        raise IdempotencyMismatch(path=path)
    existing: UUID = known["resource_id"]
    return existing


def _older_hashes(operation: str, command: Any, older: Iterable[Any]) -> Iterator[bytes]:
    """What the same content was hashed to by earlier versions, which told `1.0` from `1`."""
    for one in (command, *older):
        content = _content(one)
        yield _hash_of(operation, meaning_of(content))
        yield _hash_of(operation, content)


def _hash(operation: str, command: Any) -> bytes:
    return _hash_of(operation, meaning_of(_content(command)))


def _content(command: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in dataclasses.asdict(command).items()
        if name != "idempotency_key" and value is not None
    }


def _hash_of(operation: str, content: Any) -> bytes:
    canonical = json.dumps([operation, content], sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).digest()
