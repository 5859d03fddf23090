"""Amounts and balances."""

import strawberry

from app.api.graphql.scalars import DecimalText
from app.kernel.money import decimal_text


@strawberry.type(description="An exact amount of one asset.")
class Money:
    """An amount."""

    value: DecimalText = strawberry.field(description="Always with `scale` decimals: `10.00`. Seed: `amount`.")
    minor_units: str = strawberry.field(description="Integer, as a string: `1000`.")
    asset: str = strawberry.field(description="What it is an amount of: `GBP`. Seed: `asset_type`.")
    scale: int = strawberry.field(description="How many decimals the asset has: `2`.")

    @classmethod
    def of(cls, minor_units: int, asset: str, scale: int) -> "Money":
        """So many minor units of an asset."""
        return cls(
            value=DecimalText(decimal_text(minor_units, scale)), minor_units=str(minor_units), asset=asset, scale=scale
        )


@strawberry.type(description="What a ledger holds.")
class Balance:
    """A balance."""

    posted: Money = strawberry.field(description="All that is posted. Seed: `amount`.")
    held: Money = strawberry.field(description="Reserved by outgoing holds.")
    available: Money = strawberry.field(description="posted - held: what can be spent.")
    sequence: str = strawberry.field(description="Entries so far: `3`.")
