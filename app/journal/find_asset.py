"""The asset of a ledger or wallet, for doors whose amounts do not name one."""

from functools import lru_cache
from uuid import UUID

from app.db.connection import fetchval
from app.kernel.actor import Actor

REMEMBERED_MAX = 100_000
NO_ASSET = "XXX"
"""ISO 4217's code for no currency: no ledger or wallet has it. The verb refuses it before it checks amounts."""


class _Assets:
    """Assets by customer and id, cached for good: an account never changes its unit."""

    def __init__(self) -> None:
        self._found: dict[tuple[UUID, UUID], str] = {}

    def get(self, customer_id: UUID, account_id: UUID) -> str | None:
        return self._found.get((customer_id, account_id))

    def note(self, customer_id: UUID, account_id: UUID, asset: str) -> None:
        if len(self._found) >= REMEMBERED_MAX:
            self._found.clear()
        self._found[customer_id, account_id] = asset


_assets = _Assets()


async def find_asset(actor: Actor, account_id: str) -> str:
    """The asset of a customer's ledger or wallet, whether or not this actor may read it. `NO_ASSET` if there is none
    with this id, or the text is not an id.
    """
    parsed = _parsed(account_id)
    if parsed is None:
        return NO_ASSET
    known = _assets.get(actor.customer_id, parsed)
    if known is None:
        known = await fetchval(
            "SELECT asset FROM posting_accounts WHERE customer_id = $1 AND id = $2 AND NOT is_system",
            actor.customer_id,
            parsed,
        )
        if known is None:
            return NO_ASSET
        _assets.note(actor.customer_id, parsed, known)
    return known


@lru_cache(maxsize=1_000)
def _parsed(account_id: str) -> UUID | None:
    try:
        return UUID(account_id)
    except ValueError:
        return None
