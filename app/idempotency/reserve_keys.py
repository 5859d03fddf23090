"""The table of keys, many at a time: reserve them, read what they stand for, and correct reservations."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.guarded_statement import GuardedStatement
from app.db.statement import Statement, as_text, rows_sql
from app.db.transaction import Transaction
from app.idempotency.key import KeyName
from app.kernel.errors import IdempotencyMismatch


@dataclass(slots=True)
class KeyRequest:
    """A key, the hash of its content, and the id of what its command makes. `about_id` is that of what the command
    changes, where it makes nothing of its own, and `other_hash` that of the same content in another form; these are
    written by `add_bound` alone.
    """

    operation: str
    key: str
    content_hash: bytes
    resource_id: UUID
    about_id: UUID | None = None
    other_hash: bytes | None = None

    @property
    def name(self) -> KeyName:
        """The operation and the key."""
        return self.operation, self.key


@dataclass(slots=True)
class BoundKey:
    """The content hash of a known key, and the id of what was made with it. `is_ours`: this transaction reserved it.
    `other_hash` is that of the same content in another form, where that was noted.
    """

    content_hash: bytes
    resource_id: UUID
    is_ours: bool = True
    other_hash: bytes | None = None


def check_content(
    known_hash: bytes, hashes: Iterable[bytes | None], path: Sequence[str], message: str | None = None
) -> None:
    """Check that a key came with one of these hashes before.

    :raises IdempotencyMismatch: it came with other content.
    """
    if known_hash not in hashes:
        raise IdempotencyMismatch(path=path) if message is None else IdempotencyMismatch(message, path=path)


_RESERVE_SQL = """
    INSERT INTO idempotency_keys (customer_id, operation, key, command_hash, resource_id, created_at)
    SELECT {customer}, operation, key, command_hash, resource_id, clock_timestamp()
    FROM unnest({arrays}) AS n ({columns}operation, key, command_hash, resource_id)
    ON CONFLICT (customer_id, operation, key) DO NOTHING
    RETURNING customer_id
"""
# The start of a statement: `$1` is the customer and `$2` to `$5` are the columns of requests. The rest of the statement
# may read how many keys were reserved; that is known only once no other transaction holds one of them.
_RESERVED_SQL = _RESERVE_SQL.format(
    customer="$1", arrays="$2::text::text[], $3::text[], $4::bytea[], $5::text::uuid[]", columns=""
)
RESERVED_SQL = f"WITH reserved AS ({_RESERVED_SQL})"
RESERVED_PART_SQL = _RESERVE_SQL.format(
    customer="customer_id",
    arrays="$?::text::uuid[], $?::text::text[], $?::text[], $?::bytea[], $?::text::uuid[]",
    columns="customer_id, ",
)
"""The same as a part of a `GuardedStatement`, named `reserved`, for keys of several customers."""
RESERVED_COUNT_SQL = "(SELECT count(*) FROM reserved)"
RESERVE_SQL = RESERVED_SQL + f"SELECT {RESERVED_COUNT_SQL}"


def arguments_of(requests: Collection[KeyRequest]) -> tuple[str, list[str], list[bytes], str]:
    """These requests as the arguments of a statement that begins with `RESERVED_SQL`."""
    operations, keys, hashes, resource_ids = _columns_of(requests)
    return as_text(operations), keys, hashes, as_text(resource_ids)


def _columns_of(requests: Collection[KeyRequest]) -> tuple[list[str], list[str], list[bytes], list[UUID]]:
    return (
        [one.operation for one in requests],
        [one.key for one in requests],
        [one.content_hash for one in requests],
        [one.resource_id for one in requests],
    )


async def reserve_new_keys(tx: Transaction, customer_id: UUID, requests: Collection[KeyRequest]) -> int:
    """Bind each key that is new; answers how many were. Each key is given once, in the order of names."""
    reserved_count: int = await tx.fetchval(RESERVE_SQL, customer_id, *arguments_of(requests))
    return reserved_count


async def reserve_keys(
    tx: Transaction, customer_id: UUID, requests: Sequence[KeyRequest]
) -> Mapping[KeyName, BoundKey]:
    """Bind each key that is new; answers what the keys known before stand for.

    Callers with the same keys wait for each other here, so call it first in the transaction. If several requests have
    one key, the first counts. If a command is refused later, `settle_keys` gives its key back.
    """
    first: dict[KeyName, KeyRequest] = {}
    for request in requests:
        first.setdefault(request.name, request)
    asked = [first[name] for name in sorted(first)]
    if not asked or await reserve_new_keys(tx, customer_id, asked) == len(asked):
        return {}
    known = await read_keys(tx, customer_id, first)
    return {name: one for name, one in known.items() if one.resource_id != first[name].resource_id}


# A row of this transaction is one that we reserved. Transaction ids wrap around, so an old row may carry our id.
KNOWN_SQL = """
    SELECT k.operation, k.key, k.command_hash, k.resource_id, k.other_hash,
           k.xmin = pg_current_xact_id()::xid AND k.created_at > now() - interval '1 hour' AS is_ours
    FROM unnest($2::text[], $3::text[]) AS n (operation, key) CROSS JOIN LATERAL (
        SELECT operation, key, command_hash, resource_id, other_hash, created_at, xmin FROM idempotency_keys
        WHERE customer_id = $1 AND operation = n.operation AND key = n.key LIMIT 1
    ) AS k
"""


async def read_keys(tx: Transaction, customer_id: UUID, names: Iterable[KeyName]) -> dict[KeyName, BoundKey]:
    """What these keys stand for. Read in a statement after the one that reserved them: what committed while that one
    waited is newer than its snapshot.
    """
    operations, keys = map(list, zip(*names, strict=True))
    rows = await tx.fetch(KNOWN_SQL, customer_id, operations, keys)
    return {
        (row["operation"], row["key"]): BoundKey(
            row["command_hash"], row["resource_id"], row["is_ours"], row["other_hash"]
        )
        for row in rows
    }


async def settle_keys(
    tx: Transaction, customer_id: UUID, *, given_back: Iterable[KeyName], bound: Mapping[KeyName, BoundKey]
) -> None:
    """Correct reserved keys: give back those of refused commands, and bind others to what they stand for."""
    refused = list(given_back)
    if refused or bound:
        statement = Statement(customer_id, await tx.now())
        add_given_back(statement, refused)
        add_bound(statement, [KeyRequest(*name, one.content_hash, one.resource_id) for name, one in bound.items()])
        await statement.run(tx)


GIVE_BACK_SQL = f"""
    DELETE FROM idempotency_keys AS k USING {rows_sql("text text", "operation, key")}
    WHERE k.customer_id = n.customer_id AND k.operation = n.operation AND k.key = n.key
"""
REBIND_SQL = f"""
    UPDATE idempotency_keys AS k
    SET command_hash = n.command_hash, resource_id = n.resource_id, about_id = n.about_id, other_hash = n.other_hash
    FROM {
    rows_sql(
        "text::text text bytea text::uuid text::uuid bytea",
        "operation, key, command_hash, resource_id, about_id, other_hash",
    )
}
    WHERE k.customer_id = n.customer_id AND k.operation = n.operation AND k.key = n.key
"""


def add_reserved(statement: GuardedStatement, requests: Collection[KeyRequest]) -> None:
    """Reserve these keys of the statement's customer, in the order of their names: the guard sees whose were new."""
    statement.add_first("reserved", RESERVED_PART_SQL, *_columns_of(requests))


def add_given_back(statement: Statement, names: Collection[KeyName]) -> None:
    """Give back keys that this transaction reserved for commands that were then refused."""
    if names:
        statement.add("given_back", GIVE_BACK_SQL, *map(list, zip(*names, strict=True)))


def add_bound(statement: Statement, requests: Collection[KeyRequest]) -> None:
    """Bind keys that this transaction reserved to other content and another object, to what they are about, and to the
    other form of their content.
    """
    if requests:
        about, others = [one.about_id for one in requests], [one.other_hash for one in requests]
        statement.add("bound", REBIND_SQL, *_columns_of(requests), about, others)
