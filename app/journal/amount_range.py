"""Ranges of amounts, by which transfers, entries, holds and payments are found.

An amount is meant in the unit of the ledger or wallet that is named beside it, or of an asset: then in every scale that
the customer's accounts have of that asset.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.connection import fetch
from app.db.where import Where
from app.journal.amounts import check_asset, parse_decimal
from app.kernel.actor import Actor
from app.kernel.checks import refuse
from app.kernel.errors import Path
from app.kernel.money import Unit

SCALE_MAX = 18
ASSET_PATH = ("filter", "amount", "asset")


@dataclass(frozen=True, slots=True)
class AmountRange:
    """Amounts from `gte` to `lte`, both included: digits, and how many of them are decimals. None: no end."""

    gte: tuple[int, int] | None
    lte: tuple[int, int] | None
    asset: str | None


def check_amount_range(
    gte: str | None, lte: str | None, asset: str | None, path: Path, *, is_of_account: bool
) -> AmountRange:
    """The range as it was written. `is_of_account`: a ledger or wallet is named beside it.

    :raises Invalid: an end is no amount, it ends before it begins, or it is not said of what.
    """
    if asset is None and not is_of_account:
        refuse("An amount of what? Give its `asset`, or name a ledger or a wallet.", (*path, "asset"))
    least = None if gte is None else parse_decimal(gte, (*path, "gte"))
    most = None if lte is None else parse_decimal(lte, (*path, "lte"))
    if least is not None and most is not None and _is_less(most, least):
        refuse(f"No amount is at least {gte} and at most {lte}: `lte` is no less than `gte`.", (*path, "lte"))
    return AmountRange(least, most, None if asset is None else check_asset(asset, path))


def _is_less(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether one decimal is less than another, each its digits and how many of them are decimals."""
    return one[0] * int(10 ** other[1]) < other[0] * int(10 ** one[1])


async def add_amounts(
    where: Where, actor: Actor, wanted: AmountRange | None, account_id: UUID | None, table: str, amount: str
) -> None:
    """Ask for rows of `table` whose `amount`, in minor units, is in the range.

    :raises Invalid: it is of another asset than the ledger or wallet that is named beside it.
    """
    if wanted is None:
        return
    units = await _units(actor, wanted, account_id)
    conditions = [_condition(where, wanted, unit, table, amount) for unit in units]
    where.add(f"({' OR '.join(conditions)})" if conditions else "false")


def _condition(where: Where, wanted: AmountRange, unit: Unit, table: str, amount: str) -> str:
    least = None if wanted.gte is None else -_floor((-wanted.gte[0], wanted.gte[1]), unit.scale)
    most = None if wanted.lte is None else _floor(wanted.lte, unit.scale)
    # All amounts are above zero: the indexes of amounts say so, to be taken for nothing else.
    parts = [
        f"{table}.asset = {where.place(unit.asset)} AND {table}.scale = {where.place(unit.scale)}",
        f"{table}.amount_minor_units > 0",
    ]
    if least is not None and least == most:  # An index keeps its order for one amount.
        parts.append(f"{amount} = {where.place(least)}::numeric")
    else:
        parts += [f"{amount} >= {where.place(least)}::numeric"] if least is not None else []
        parts += [f"{amount} <= {where.place(most)}::numeric"] if most is not None else []
    return " AND ".join(parts)


def _floor(written: tuple[int, int], scale: int) -> int:
    """The largest number of minor units that is at most this much: finer ends of a range lie between two."""
    digits, decimals = written
    return digits * int(10 ** (scale - decimals)) if decimals <= scale else digits // int(10 ** (decimals - scale))


async def _units(actor: Actor, wanted: AmountRange, account_id: UUID | None) -> Sequence[Unit]:
    if account_id is not None:
        rows = await fetch(
            """
            SELECT asset, scale FROM posting_accounts
            WHERE customer_id = $1 AND id = $2 AND NOT is_system AND ($3::uuid IS NULL OR holder_id = $3)
            """,
            actor.customer_id,
            account_id,
            actor.holder_id,
        )
        if rows and wanted.asset not in {None, rows[0]["asset"]}:
            message = f"Of {wanted.asset}? The ledger or wallet that is named holds {rows[0]['asset']}: leave it out."
            refuse(message, ASSET_PATH)
    else:
        rows = await fetch(
            """
            SELECT $2::text AS asset, n.scale FROM generate_series(0, $3::integer) AS n (scale)
            WHERE EXISTS (
                SELECT FROM posting_accounts AS a
                WHERE customer_id = $1 AND asset = $2 AND a.scale = n.scale AND NOT is_system
            )
            """,
            actor.customer_id,
            wanted.asset,
            SCALE_MAX,
        )
    return [Unit(row["asset"], row["scale"]) for row in rows]
