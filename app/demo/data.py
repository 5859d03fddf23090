"""The demo data: people and companies, and ledgers in every status that needs no waiting.

All of them are invented. The first two holders and the first ledger have the ids that printed examples use.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.holders.party import AddressDetails, CompanyDetails, PersonDetails
from app.kernel.magic_values import KEY
from app.ledgers.status import AssetOwner, LedgerType, LedgerUse

PERSON_ID = UUID("753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3")
COMPANY_ID = UUID("c91b339e-57d7-41ea-a805-8966ce8fe4ed")
CURRENT_ACCOUNT_ID = UUID("0197a3c2-5b6e-7c11-8f00-c1a12e000001")


@dataclass(frozen=True, slots=True)
class DemoHolder:
    """A holder to create. Ledgers name it by `ref`, which is also part of its idempotency key."""

    ref: str
    party: PersonDetails | CompanyDetails
    email: str
    address: AddressDetails
    metadata: dict[str, Any] = field(default_factory=dict)
    given_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DemoLedger:
    """A ledger to issue. `holder` is a `ref`, `THE_CUSTOMER`, or None for an unassigned one."""

    ref: str
    holder: str | None
    asset: str
    uses: tuple[LedgerUse, ...] = (LedgerUse.PAYMENTS,)
    owner: AssetOwner = AssetOwner.OTHER
    jurisdiction: str = "GB"
    type: LedgerType = LedgerType.SINGLE_USER
    metadata: dict[str, Any] = field(default_factory=dict)
    asks_for_iban: bool = False
    given_id: UUID | None = None


THE_CUSTOMER = "the customer"

HOLDERS = (
    DemoHolder(
        "clarke",
        PersonDetails("Imogen Clarke", "1987-04-01"),
        "imogen.clarke@example.com",
        AddressDetails("14 Canonbury Lane", None, "London", "Greater London", "N1 2AS", "GB"),
        {"crm": "C-1001"},
        PERSON_ID,
    ),
    DemoHolder(
        "thornbury",
        CompanyDetails("Thornbury Bullion Ltd", "09284671"),
        "treasury@thornbury-bullion.example",
        AddressDetails("3 Assay Yard", "Jewellery Quarter", "Birmingham", "West Midlands", "B18 6LE", "GB"),
        {"crm": "C-1002"},
        COMPANY_ID,
    ),
    DemoHolder(
        "brandt",
        PersonDetails("Lukas Brandt", "1979-11-23"),
        "lukas.brandt@example.com",
        AddressDetails("Kastanienallee 82", None, "Berlin", None, "10435", "DE"),
        {"crm": "C-1003"},
    ),
    DemoHolder(
        "perrault",
        CompanyDetails("Maison Perrault SAS", "812 345 678"),
        "compta@maison-perrault.example",
        AddressDetails("27 rue des Teinturiers", None, "Avignon", None, "84000", "FR"),
        {"crm": "C-1004"},
    ),
    DemoHolder(
        "saltire",
        CompanyDetails("Saltire Casks Ltd", "SC604417"),
        "stock@saltire-casks.example",
        AddressDetails("Unit 6, Bonnington Bond", None, "Edinburgh", None, "EH6 5NP", "GB"),
        {"crm": "C-1005"},
    ),
    # Without a date of birth: MISSING_DATA, until updateHolder brings it.
    DemoHolder(
        "adeyemi",
        PersonDetails("Grace Adeyemi"),
        "grace.adeyemi@example.com",
        AddressDetails("9 Ashley Down Road", None, "Bristol", None, "BS7 9JN", "GB"),
        {"crm": "C-1006"},
    ),
    # QUARANTINE, until reviewHolder decides.
    DemoHolder(
        "northern-quay",
        CompanyDetails("Northern Quay Trading Ltd", "11630425"),
        "accounts@northern-quay.example",
        AddressDetails("41 Quayside", None, "Newcastle upon Tyne", None, "NE1 3DX", "GB"),
        {"crm": "C-1007", KEY: "quarantine"},
    ),
    DemoHolder(
        "hale",
        PersonDetails("Viktor Hale", "1964-02-29"),
        "viktor.hale@example.com",
        AddressDetails("5 Harbour Terrace", None, "Dover", "Kent", "CT17 9BU", "GB"),
        {"crm": "C-1008", KEY: "decline"},
    ),
)

LEDGERS = (
    DemoLedger("clarke-current", "clarke", "GBP", metadata={"purpose": "current account"}, given_id=CURRENT_ACCOUNT_ID),
    # The example of the API's documentation. It stays without an IBAN until assignIban asks for one.
    DemoLedger(
        "clarke-euros",
        "clarke",
        "EUR",
        (LedgerUse.PAYMENTS, LedgerUse.FEES),
        AssetOwner.ME,
        "US",
        metadata={"foo": "bar"},
    ),
    DemoLedger("thornbury-gold", "thornbury", "GOLD", metadata={"vault": "Birmingham"}),
    DemoLedger("thornbury-operating", "thornbury", "GBP", (LedgerUse.SETTLEMENT, LedgerUse.FLOAT)),
    DemoLedger("brandt-euros", "brandt", "EUR", jurisdiction="DE", asks_for_iban=True),
    DemoLedger(
        "perrault-euros",
        "perrault",
        "EUR",
        jurisdiction="FR",
        metadata={KEY: "unable-to-advance"},
        asks_for_iban=True,
    ),
    DemoLedger("saltire-whisky", "saltire", "WHISKY", metadata={"warehouse": "Leith"}),
    DemoLedger("adeyemi-savings", "adeyemi", "GBP", (LedgerUse.DEPOSIT,)),
    DemoLedger("northern-quay-payments", "northern-quay", "GBP"),
    DemoLedger("hale-payments", "hale", "GBP"),
    # Two ways to be DECLINED: by the bank, and for the jurisdiction.
    DemoLedger("brandt-escrow", "brandt", "GBP", (LedgerUse.ESCROW,), metadata={KEY: "decline"}),
    DemoLedger("saltire-brazil", "saltire", "GBP", (LedgerUse.INVESTMENT,), jurisdiction="BR"),
    DemoLedger("client-money", THE_CUSTOMER, "GBP", (LedgerUse.SETTLEMENT,), AssetOwner.OTHER, type=LedgerType.OMNIBUS),
    DemoLedger("vaulted-gold", THE_CUSTOMER, "GOLDBLOC", owner=AssetOwner.ME, type=LedgerType.OMNIBUS),
    # Without a holder, for assignLedger.
    DemoLedger("spare", None, "GBP", metadata={"purpose": "spare"}),
    DemoLedger("unsold-cask", None, "WHISKY", metadata={"cask": "1184"}),
)


def demo_key(ref: str) -> str:
    """The idempotency key of the demo object `ref`."""
    return f"demo-data:{ref}"
