"""The money in the demo data: some of everything that a ledger can show. All names are invented."""

from dataclasses import dataclass, field
from typing import Any

from app.kernel.magic_values import KEY


@dataclass(frozen=True, slots=True)
class DemoArrival:
    """Money from outside; `ledger` is the ref of a demo ledger."""

    ref: str
    ledger: str
    value: str
    payer: str


@dataclass(frozen=True, slots=True)
class DemoCredit:
    """An asset put into a virtual ledger by hand."""

    ref: str
    ledger: str
    value: str


@dataclass(frozen=True, slots=True)
class DemoTransfer:
    """A transfer between ledgers; with `is_reversed` it is reversed afterwards."""

    ref: str
    payer: str
    payee: str
    value: str
    reference: str
    is_reversed: bool = False
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DemoHold:
    """A hold. `captured` is how much of it was captured; None if it stays placed."""

    ref: str
    payer: str
    payee: str
    value: str
    reference: str
    captured: str | None = None


@dataclass(frozen=True, slots=True)
class DemoPayment:
    """Money sent out. The bank accepts it, unless its metadata says otherwise."""

    ref: str
    ledger: str
    value: str
    payee: str
    iban: str
    reference: str
    metadata: dict[str, Any] = field(default_factory=dict)


Movement = DemoArrival | DemoCredit | DemoTransfer | DemoHold | DemoPayment

MOVEMENTS: tuple[Movement, ...] = (
    DemoCredit("bars", "thornbury-gold", "412.5"),
    DemoCredit("casks", "saltire-whisky", "1260.40"),
    DemoCredit("cask-1184", "unsold-cask", "198.75"),
    DemoTransfer("cask-sold", "unsold-cask", "saltire-whisky", "198.75", "Cask 1184"),
    DemoArrival("client-funds", "client-money", "250000.00", "Harrow & Pike LLP"),
    DemoArrival("gold-sales", "thornbury-operating", "18400.00", "Wexford Jewelers"),
    DemoTransfer(
        "salary", "client-money", "clarke-current", "3150.00", "Salary November", metadata={"payroll": "2026-11"}
    ),
    DemoTransfer("bar", "clarke-current", "thornbury-operating", "1890.00", "One ounce of gold"),
    DemoTransfer("bar-again", "clarke-current", "thornbury-operating", "1.89", "One ounce of gold", is_reversed=True),
    DemoHold("storage", "clarke-current", "thornbury-operating", "60.00", "Storage", captured="45.00"),
    DemoHold("deposit", "clarke-current", "thornbury-operating", "250.00", "Deposit for the next ounce"),
    DemoPayment("rent", "clarke-current", "640.00", "Harbor Lettings", "GB94BARC10201530093459", "Rent November"),
    DemoPayment(
        "refused",
        "clarke-current",
        "75.00",
        "Odds & Evens Betting",
        "GB94BARC10201530093459",
        "Stake",
        {KEY: "decline"},
    ),
    DemoArrival("consulting", "brandt-euros", "5200.00", "Rhein Handel GmbH"),
    DemoTransfer("wine", "brandt-euros", "clarke-euros", "180.00", "Six bottles"),
)
