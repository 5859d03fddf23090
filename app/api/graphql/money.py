"""Amounts and balances."""

from typing import Any

from app.accounts.models import Wallet
from app.api.graphql.described import described, described_input, described_type
from app.api.graphql.execution.attributes import Make
from app.api.graphql.scalars import DecimalText
from app.api.graphql.views import makes, show
from app.journal.amounts import AmountText
from app.kernel import money
from app.kernel.money import Unit, decimal_text
from app.ledgers.models import Ledger


@makes(
    value=lambda view: decimal_text(view.count, view.scale),
    minor_units=lambda view: str(view.count),
)
@described_type("An exact amount of one asset.")
class Money:
    value: DecimalText = described("Always with `scale` decimals: `10.00`. Also known as `amount`.")
    minor_units: str = described("Integer, as a string: `1000`.")
    asset: str = described("What it is an amount of: `GBP`. Also known as `asset_type`.")
    scale: int = described("How many decimals the asset has: `2`.")

    @classmethod
    def of(cls, amount: money.Money) -> "Money":
        """The GraphQL view of an amount."""
        return cls.in_unit(amount.minor_units, amount.unit)

    @classmethod
    def in_unit(cls, minor_units: int, unit: Unit) -> "Money":
        """So many minor units of this unit."""
        return show(cls, count=minor_units, asset=unit.asset, scale=unit.scale)


def money_of(name: str) -> Make:
    """A field with so many minor units of the record's unit, which the record has under this name; or None."""

    def make(view: Any) -> Money | None:
        minor_units = getattr(view.shown, name)
        return None if minor_units is None else Money.in_unit(minor_units, view.shown.unit)

    return make


@described_input("An exact amount of one asset.")
class MoneyInput:
    value: DecimalText = described(
        "A plain decimal, more than zero, with at most the asset's decimals; never rounded: `10.00`. "
        "Also known as `amount`."
    )
    asset: str = described("What it is an amount of: `GBP`. Also known as `asset_type`.")

    def as_sent(self) -> AmountText:
        """The amount as a verb takes it."""
        return AmountText(self.value, self.asset)


@described_type("What a ledger or wallet holds.")
class Balance:
    posted: Money = described("All that is posted. Also known as `amount`.")
    held: Money = described("Reserved by outgoing holds.")
    available: Money = described("posted - held + overdraft limit: what can be spent.")
    sequence: str = described("Entries so far: `3`.")

    @classmethod
    def of(cls, party: Ledger | Wallet) -> "Balance":
        """What this ledger or wallet holds."""
        return cls(
            posted=Money.in_unit(party.posted_minor_units, party.unit),
            held=Money.in_unit(party.held_minor_units, party.unit),
            available=Money.in_unit(party.available_minor_units, party.unit),
            sequence=str(party.sequence),
        )
