"""Which assets a customer's ledgers and wallets have."""

from collections.abc import Sequence

from app.db.connection import fetch
from app.kernel.actor import Actor

_OF_CUSTOMER_SQL = """
    SELECT wanted.asset FROM unnest($2::text[]) AS wanted (asset)
    WHERE EXISTS (
        SELECT FROM posting_accounts AS a WHERE customer_id = $1 AND a.asset = wanted.asset AND NOT is_system
    )
"""
_OF_HOLDER_SQL = """
    SELECT DISTINCT asset FROM posting_accounts
    WHERE customer_id = $1 AND holder_id = $3 AND asset = ANY($2) AND NOT is_system
"""


async def used_assets(actor: Actor, codes: Sequence[str]) -> set[str]:
    """Those of these assets that some ledger or wallet has: the customer's, or one holder's where the actor is that."""
    if actor.holder_id is None:
        rows = await fetch(_OF_CUSTOMER_SQL, actor.customer_id, list(codes))
    else:
        rows = await fetch(_OF_HOLDER_SQL, actor.customer_id, list(codes), actor.holder_id)
    return {row["asset"] for row in rows}
