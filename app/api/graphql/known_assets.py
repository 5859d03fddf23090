"""Assets in filters: a code that means nothing is refused, so that a slip of the pen is not taken for an empty list."""

from collections.abc import Sequence

from app.api.graphql.context import Context
from app.api.graphql.partners import catalog_of
from app.journal.amount_range import ASSET_PATH, AmountRange
from app.journal.used_assets import used_assets
from app.kernel.checks import refuse
from app.kernel.errors import Path
from app.partners.currencies import NAMES


async def check_assets(context: Context, codes: Sequence[str], path: Path, *scopes: str) -> None:
    """Refuse a code that is no currency of ISO 4217, nothing that a ledger can hold, and of no ledger or wallet.

    Whoever has none of these scopes learns nothing here, and is refused by what follows.

    :raises Invalid: names the first of them, at `path` and its index.
    """
    unknown = await _unknown_of(context, codes, scopes)
    for index, code in enumerate(codes):
        if code in unknown:
            refuse(_message(code), (*path, str(index)))


async def check_amount_asset(context: Context, amount: AmountRange | None, scope: str) -> None:
    """The same for the asset of a range of amounts.

    :raises Invalid: there is no such asset.
    """
    if amount is not None and amount.asset is not None and await _unknown_of(context, [amount.asset], [scope]):
        refuse(_message(amount.asset), ASSET_PATH)


async def _unknown_of(context: Context, codes: Sequence[str], scopes: Sequence[str]) -> set[str]:
    offered = {asset.code for asset in catalog_of(context.settings).assets()}
    strange = {code for code in codes if code not in NAMES and code not in offered}
    if not strange or not any(context.actor.may(scope) for scope in scopes):
        return set()
    return strange - await used_assets(context.actor, list(strange))


def _message(code: str) -> str:
    return (
        f"There is no such asset as {code}: no ledger or wallet has it, and it is neither a currency of ISO 4217 nor "
        "what a ledger can hold. Check the code."
    )
