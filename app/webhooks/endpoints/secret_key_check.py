"""Check that QUAESTOR_SECRET_KEY is the key that this installation's secrets are encrypted with.

A process with another key could decrypt no stored secret, and would store secrets that no other process can decrypt.
"""

from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from app.settings import WrongSetting
from app.webhooks.signing_secret import UnreadableSecret, Vault

if TYPE_CHECKING:  # For types only, so that `quaestor dev` does not load the ORM.
    from app.db.connection import Connection

KNOWN_TEXT = b"the secret key of this Quaestor "
NOBODY = UUID(int=0)


async def check_secret_key(connection: "Connection", secret_key: str) -> None:
    """Decrypt the value that this installation encrypted at its first start; if there is none, store it now.

    An older installation without that value tries its oldest webhook secret first. Without a schema nothing is checked.

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
    """The encrypted value, stored by us or by a process that was faster. None: the database cannot be written."""
    try:
        await connection.execute(
            "INSERT INTO secret_key_check (sealed) VALUES ($1) ON CONFLICT DO NOTHING",
            vault.seal(KNOWN_TEXT, customer_id=NOBODY, endpoint_id=NOBODY),
        )
    except (asyncpg.ReadOnlySQLTransactionError, asyncpg.DiskFullError):
        return None  # `/readyz` reports it.
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
