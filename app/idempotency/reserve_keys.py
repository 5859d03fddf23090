"""Reserve many idempotency keys of one customer at once, in the transaction of their effects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.transaction import Transaction
from app.idempotency.reserve_key import KEY_CHARACTERS_MAX
from app.kernel.checks import check_text
from app.kernel.errors import Path

KeyName = tuple[str, str]
"""An operation and a key."""


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A key, what it is to stand for, and the id of what its command makes."""

    operation: str
    key: str
    content_hash: bytes
    resource_id: UUID

    @property
    def name(self) -> KeyName:
        """By which it is known."""
        return self.operation, self.key


@dataclass(frozen=True, slots=True)
class BoundKey:
    """What a key stands for, and what was made with it."""

    content_hash: bytes
    resource_id: UUID


def check_key(key: str, path: Path) -> str:
    """A key: text of at most 255 characters."""
    return check_text(key, (*path, "idempotency_key"), characters_max=KEY_CHARACTERS_MAX)


async def reserve_keys(
    tx: Transaction, customer_id: UUID, requests: Sequence[KeyRequest]
) -> Mapping[KeyName, BoundKey]:
    """Bind each key that is new; answers what those stand for that were known before.

    Callers with the same keys wait for each other here, so call it first in the transaction. Of several requests with
    one key the first counts. A key whose command is refused afterwards is given back by `settle_keys`.
    """
    first: dict[KeyName, KeyRequest] = {}
    for request in requests:
        first.setdefault(request.name, request)
    if not first:
        return {}
    asked = [first[name] for name in sorted(first)]
    inserted = await tx.execute(
        """
        INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)
        SELECT $1, operation, key, command_hash, resource_id, $6
        FROM unnest($2::text[], $3::text[], $4::bytea[], $5::uuid[]) WITH ORDINALITY
            AS n (operation, key, command_hash, resource_id, place)
        ORDER BY place
        ON CONFLICT DO NOTHING
        """,
        customer_id,
        [one.operation for one in asked],
        [one.key for one in asked],
        [one.content_hash for one in asked],
        [one.resource_id for one in asked],
        await tx.now(),
    )
    if inserted == len(asked):
        return {}
    # In two statements: the row that a conflict waited for is newer than the first one's snapshot.
    rows = await tx.fetch(
        """
        SELECT known.operation, known.key, known.command_hash, known.resource_id
        FROM unnest($2::text[], $3::text[]) AS n (operation, key)
        JOIN idempotency_keys AS known
            ON known.customer_id = $1 AND known.operation = n.operation AND known.key = n.key
        """,
        customer_id,
        [one.operation for one in asked],
        [one.key for one in asked],
    )
    bound = {(row["operation"], row["key"]): BoundKey(bytes(row["command_hash"]), row["resource_id"]) for row in rows}
    return {name: one for name, one in bound.items() if one.resource_id != first[name].resource_id}


async def settle_keys(
    tx: Transaction, customer_id: UUID, *, given_back: Iterable[KeyName], bound: Mapping[KeyName, BoundKey]
) -> None:
    """Put right what was reserved: give back the keys of what was refused, and bind others to what they stand for."""
    refused = list(given_back)
    if refused:
        await tx.execute(
            """
            DELETE FROM idempotency_keys AS known USING unnest($2::text[], $3::text[]) AS n (operation, key)
            WHERE known.customer_id = $1 AND known.operation = n.operation AND known.key = n.key
            """,
            customer_id,
            [operation for operation, _ in refused],
            [key for _, key in refused],
        )
    if bound:
        await tx.execute(
            """
            UPDATE idempotency_keys AS known SET command_hash = n.command_hash, resource_id = n.resource_id
            FROM unnest($2::text[], $3::text[], $4::bytea[], $5::uuid[])
                AS n (operation, key, command_hash, resource_id)
            WHERE known.customer_id = $1 AND known.operation = n.operation AND known.key = n.key
            """,
            customer_id,
            [operation for operation, _ in bound],
            [key for _, key in bound],
            [one.content_hash for one in bound.values()],
            [one.resource_id for one in bound.values()],
        )
