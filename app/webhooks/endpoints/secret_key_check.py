"""Check that QUAESTOR_SECRET_KEY is the key that this installation's secrets are encrypted with.

A process with another key could decrypt no stored secret, and would store secrets that no other process can decrypt.
While the key is changed, processes know two: the table tells which one secrets are under, and which one they move to.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from app.settings import WrongSetting
from app.webhooks.vault import UnreadableSecret, Vault

if TYPE_CHECKING:  # For types only, so that `quaestor dev` does not load the ORM.
    from app.db.connection import Connection, Record

KNOWN_TEXT = b"the secret key of this Quaestor "
NOBODY: dict[str, Any] = {"customer_id": UUID(int=0), "endpoint_id": UUID(int=0)}

ANOTHER_KEY = (
    "QUAESTOR_SECRET_KEY is not the key that the secrets in this database are stored under. Set the one that "
    "this installation was first started with, or that `quaestor secrets rotate` last moved them to, the same for all "
    "processes; an embedded one has it in the file `secret-key` of its data folder."
)
OTHER_MOVE = (
    "QUAESTOR_SECRET_KEY is neither the key that the secrets in this database are stored under, nor the one that they "
    "are being moved to. Set it to the one they are moved to, and QUAESTOR_SECRET_KEY_OLD to the one before."
)
LACKS_NEXT = (
    "The secrets in this database are being moved from this QUAESTOR_SECRET_KEY to another one, which is needed, too. "
    "Set QUAESTOR_SECRET_KEY to that one, and QUAESTOR_SECRET_KEY_OLD to the one that is QUAESTOR_SECRET_KEY now."
)


async def check_secret_key(connection: "Connection", secret_key: str, old_secret_key: str | None = None) -> None:
    """Decrypt the value that this installation encrypted at its first start; if there is none, store it now.

    An older installation without that value tries its oldest webhook secret first. Without a schema nothing is checked.
    If only the old key decrypts it, the secrets are to be moved to the other one: the first process that knows both
    stores that, and a third key is refused from then on.

    :raises WrongSetting: it is another key.
    """
    vault = Vault(secret_key, old_secret_key)
    if await _lacks_table(connection, "webhook_secrets") or await _lacks_table(connection, "secret_key_check"):
        return
    known = await _known(connection)
    if known is None:
        await _try_oldest_secret(connection, vault)
        known = await _store(
            connection, vault, "INSERT INTO secret_key_check (sealed) VALUES ($1) ON CONFLICT DO NOTHING"
        )
    if known is not None:
        await _check(connection, vault, known)


async def finish_move(connection: "Connection", vault: Vault) -> None:
    """Note that all secrets are under the vault's present key: a process with any other does not start."""
    await connection.execute(
        "UPDATE secret_key_check SET sealed = $1, next_sealed = NULL",
        vault.seal(KNOWN_TEXT, **NOBODY),
    )


async def _check(connection: "Connection", vault: Vault, known: "Record") -> None:
    _open(vault, known["sealed"], **NOBODY, if_not=ANOTHER_KEY)
    if "next_sealed" not in known.keys():  # noqa: SIM118 - a record is no dict
        return  # The schema is older; `/readyz` reports it.
    if _is_current(vault, known["sealed"]):
        if known["next_sealed"] is not None:
            _open(vault, known["next_sealed"], **NOBODY, if_not=LACKS_NEXT)
        return
    next_sealed = known["next_sealed"] or await _begin_move(connection, vault)
    if next_sealed is not None and not _is_current(vault, next_sealed):
        raise WrongSetting(OTHER_MOVE)


async def _begin_move(connection: "Connection", vault: Vault) -> bytes | None:
    """The text under the next key, stored by us or by a process that was faster. None: nothing can be written."""
    known = await _store(connection, vault, "UPDATE secret_key_check SET next_sealed = $1 WHERE next_sealed IS NULL")
    return None if known is None else known["next_sealed"]


async def _lacks_table(connection: "Connection", table: str) -> bool:
    return bool(await connection.fetchval("SELECT to_regclass($1) IS NULL", table))


async def _known(connection: "Connection") -> "Record | None":
    return await connection.fetchrow("SELECT * FROM secret_key_check")


async def _store(connection: "Connection", vault: Vault, sql: str) -> "Record | None":
    """What is stored after this statement, by it or by a process that was faster. None: nothing can be written."""
    try:
        await connection.execute(sql, vault.seal(KNOWN_TEXT, **NOBODY))
    except (asyncpg.ReadOnlySQLTransactionError, asyncpg.DiskFullError):
        return None  # `/readyz` reports it.
    return await _known(connection)


async def _try_oldest_secret(connection: "Connection", vault: Vault) -> None:
    oldest = await connection.fetchrow(
        "SELECT customer_id, endpoint_id, sealed FROM webhook_secrets WHERE scheme = 'v1' ORDER BY created_at LIMIT 1"
    )
    if oldest is not None:
        whose = {"customer_id": oldest["customer_id"], "endpoint_id": oldest["endpoint_id"]}
        _open(vault, oldest["sealed"], **whose, if_not=ANOTHER_KEY)


def _is_current(vault: Vault, sealed: bytes) -> bool:
    return vault.is_current(sealed, **NOBODY)


def _open(vault: Vault, sealed: bytes, *, customer_id: UUID, endpoint_id: UUID, if_not: str) -> None:
    try:
        vault.open(sealed, customer_id=customer_id, endpoint_id=endpoint_id)
    except UnreadableSecret:
        raise WrongSetting(if_not) from None
