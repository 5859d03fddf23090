"""Whether QUAESTOR_SECRET_KEY is the key that this installation's secrets are stored under.

A process with another key would make endpoints whose secrets nobody else can open, and open none that there are.
"""

from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from app.settings import WrongSetting
from app.webhooks.signing_secret import UnreadableSecret, Vault

if TYPE_CHECKING:  # Only a type is wanted of it, and `quaestor dev` need not load the ORM.
    from app.db.connection import Connection

KNOWN_TEXT = b"the secret key of this Quaestor "
NOBODY = UUID(int=0)


async def check_secret_key(connection: "Connection", secret_key: str) -> None:
    """Try the key on what was sealed when this installation first started; where nothing was, seal that now.

    An installation from before that tries its oldest webhook secret first. Without the schema there is nothing to try.

    :raises WrongSetting: it is another key.
    """
    vault = Vault(secret_key)
    if await _lacks(connection, "webhook_secrets") or await _lacks(connection, "secret_key_check"):
        return
    sealed = await _sealed(connection)
    if sealed is None:
        await _try_oldest_secret(connection, vault)
        sealed = await _seal(connection, vault)
    if sealed is not None:
        _open(vault, sealed, customer_id=NOBODY, endpoint_id=NOBODY)


async def _lacks(connection: "Connection", table: str) -> bool:
    return bool(await connection.fetchval("SELECT to_regclass($1) IS NULL", table))


async def _sealed(connection: "Connection") -> bytes | None:
    sealed: bytes | None = await connection.fetchval("SELECT sealed FROM secret_key_check")
    return sealed


async def _seal(connection: "Connection", vault: Vault) -> bytes | None:
    """What is sealed now: by us, or by a process that was faster. None: nothing can be written."""
    try:
        await connection.execute(
            "INSERT INTO secret_key_check (sealed) VALUES ($1) ON CONFLICT DO NOTHING",
            vault.seal(KNOWN_TEXT, customer_id=NOBODY, endpoint_id=NOBODY),
        )
    except (asyncpg.ReadOnlySQLTransactionError, asyncpg.DiskFullError):
        return None  # `/readyz` says so.
    return await _sealed(connection)


async def _try_oldest_secret(connection: "Connection", vault: Vault) -> None:
    oldest = await connection.fetchrow(
        "SELECT customer_id, endpoint_id, sealed FROM webhook_secrets ORDER BY created_at LIMIT 1"
    )
    if oldest is not None:
        _open(vault, oldest["sealed"], customer_id=oldest["customer_id"], endpoint_id=oldest["endpoint_id"])


def _open(vault: Vault, sealed: bytes, *, customer_id: UUID, endpoint_id: UUID) -> None:
    try:
        vault.open(sealed, customer_id=customer_id, endpoint_id=endpoint_id)
    except UnreadableSecret:
        raise WrongSetting(
            "QUAESTOR_SECRET_KEY is not the key that the secrets in this database are stored under. Set the one that "
            "this installation was first started with, the same for all processes; an embedded one has it in the file "
            "`secret-key` of its data folder."
        ) from None
