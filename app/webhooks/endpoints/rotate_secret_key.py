"""Encrypt everything that is sealed under `QUAESTOR_SECRET_KEY_OLD` anew, under `QUAESTOR_SECRET_KEY`.

It reads every sealed value in batches, and writes those that the present key does not open. So it may be killed at any
moment and started again, and two of them do no harm. Processes that know both keys read either meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.connection import Record, pool
from app.db.transaction import transaction, whole_use_case
from app.webhooks.client_tls import PURPOSE as CLIENT_KEY
from app.webhooks.endpoints.secret_key_check import finish_move
from app.webhooks.own_headers import PURPOSE as HEADERS
from app.webhooks.signature import ASYMMETRIC_VERSION
from app.webhooks.vault import UnreadableSecret, Vault

BATCH_SIZE_MAX = 500
PASSES_MAX = 10
"""Each pass but the last found something that another process had stored under the old key meanwhile."""


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A column of encrypted values: the columns of its table's key, and SQL for the endpoint and the purpose."""

    table: str
    column: str
    key: Sequence[str]
    endpoint_id: str
    purpose: str


SEALED = (
    _Sealed(
        "webhook_secrets",
        "sealed",
        ("customer_id", "endpoint_id", "id"),
        "endpoint_id",
        f"CASE scheme WHEN '{ASYMMETRIC_VERSION}' THEN scheme ELSE '' END",
    ),
    _Sealed("webhook_endpoints", "sealed_headers", ("customer_id", "id"), "id", f"'{HEADERS}'"),
    _Sealed("webhook_endpoints", "sealed_client_key", ("customer_id", "id"), "id", f"'{CLIENT_KEY}'"),
)
"""Every column that holds encrypted values."""


@dataclass(slots=True)
class RotatedKey:
    """How many values were encrypted anew, and how many neither key opens."""

    moved: int = 0
    unreadable: int = 0


async def rotate_secret_key(vault: Vault) -> RotatedKey:
    """Encrypt every stored secret under the vault's present key; answers how many were under the old one.

    When nothing is left under the old one, no process with that key alone starts any more. If there are values that
    neither key opens, they are left as they are, and the old key stays known.
    """
    total = RotatedKey()
    for _ in range(PASSES_MAX):
        done = [await _pass_through(sealed, vault) for sealed in SEALED]
        moved = sum(one.moved for one in done)
        total.moved += moved
        total.unreadable = sum(one.unreadable for one in done)
        if not moved:
            break
    if not total.unreadable:
        async with pool().acquire() as connection:
            await finish_move(connection, vault)
    return total


async def _pass_through(sealed: _Sealed, vault: Vault) -> RotatedKey:
    total = RotatedKey()
    after: Sequence[UUID] | None = [UUID(int=0)] * len(sealed.key)
    while after is not None:
        after = await _move_batch(sealed, vault, after, total)
    return total


@whole_use_case
async def _move_batch(sealed: _Sealed, vault: Vault, after: Sequence[UUID], total: RotatedKey) -> Sequence[UUID] | None:
    """Move the values after this key; answers the key of the last one, or None if there are no more."""
    key = ", ".join(sealed.key)
    places = ", ".join(f"${number}" for number in range(2, len(sealed.key) + 2))
    async with transaction() as tx:
        rows = await tx.fetch(
            f"""
            SELECT {key}, {sealed.endpoint_id} AS whose_id, {sealed.purpose} AS purpose, {sealed.column} AS value
            FROM {sealed.table} WHERE ({key}) > ({places}) AND {sealed.column} IS NOT NULL
            ORDER BY {key} LIMIT $1 FOR NO KEY UPDATE
            """,
            BATCH_SIZE_MAX,
            *after,
        )
        renewed = [_renewed(row, vault) for row in rows]
        moved = [(row, value) for row, value in zip(rows, renewed, strict=True) if value]
        columns = [[row[name] for row, _ in moved] for name in sealed.key]
        await tx.execute(
            f"""
            UPDATE {sealed.table} AS stored SET {sealed.column} = renewed.value
            FROM unnest($1::bytea[], {", ".join(f"${number}::uuid[]" for number in range(2, len(sealed.key) + 2))})
                 AS renewed (value, {key})
            WHERE {" AND ".join(f"stored.{name} = renewed.{name}" for name in sealed.key)}
            """,
            [value for _, value in moved],
            *columns,
        )
    total.moved += len(moved)
    total.unreadable += renewed.count(b"")
    return [rows[-1][name] for name in sealed.key] if len(rows) == BATCH_SIZE_MAX else None


def _renewed(row: Record, vault: Vault) -> bytes | None:
    """The value under the present key; None if it is already, empty if neither key opens it."""
    bound_to = {"customer_id": row["customer_id"], "endpoint_id": row["whose_id"], "purpose": row["purpose"]}
    if vault.is_current(row["value"], **bound_to):
        return None
    try:
        return vault.seal(vault.open(row["value"], **bound_to), **bound_to)
    except UnreadableSecret:
        return b""
