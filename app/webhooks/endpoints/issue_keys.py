"""The signing keys of an endpoint: a symmetric secret, and an ed25519 key whose public half anybody may have."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.db.identifiers import new_id
from app.db.transaction import Transaction
from app.webhooks.models import SecretRow
from app.webhooks.signature import ASYMMETRIC_VERSION, SYMMETRIC_VERSION
from app.webhooks.signing_secret import PURPOSES, new_signing_key, public_key_text, secret_text
from app.webhooks.vault import Vault


@dataclass(frozen=True, slots=True)
class IssuedKeys:
    """`secret` (`whsec_…`) is shown once and never again; `public_key` is `whpk_…`."""

    secret: str
    public_key: str


async def issue_keys(
    tx: Transaction, customer_id: UUID, endpoint_id: UUID, *, created_at: datetime, vault: Vault
) -> IssuedKeys:
    """Store a new key of each scheme, encrypted. The endpoint's own row is the caller's to write."""
    symmetric = new_signing_key()
    await _store(tx, customer_id, endpoint_id, SYMMETRIC_VERSION, symmetric, None, created_at, vault)
    public_key = await issue_private_key(tx, customer_id, endpoint_id, created_at=created_at, vault=vault)
    return IssuedKeys(secret_text(symmetric), public_key)


async def issue_private_key(
    tx: Transaction, customer_id: UUID, endpoint_id: UUID, *, created_at: datetime, vault: Vault
) -> str:
    """Store a new ed25519 key, encrypted; answers the public one."""
    seed = new_signing_key()
    public_key = public_key_text(seed)
    await _store(tx, customer_id, endpoint_id, ASYMMETRIC_VERSION, seed, public_key, created_at, vault)
    return public_key


async def _store(
    tx: Transaction,
    customer_id: UUID,
    endpoint_id: UUID,
    scheme: str,
    key: bytes,
    public_key: str | None,
    created_at: datetime,
    vault: Vault,
) -> None:
    _ = await SecretRow.create(
        using_db=tx.tortoise,
        id=new_id(),
        customer_id=customer_id,
        endpoint_id=endpoint_id,
        scheme=scheme,
        sealed=vault.seal(key, customer_id=customer_id, endpoint_id=endpoint_id, purpose=PURPOSES[scheme]),
        public_key=public_key,
        created_at=created_at,
    )
