"""What can be imported: for each kind, its mutation and its columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts.orders import CreateAccount, NewWallet, Order, check_order
from app.cli.import_lines import Columns, columns_of
from app.db.identifiers import parse_id
from app.holders.party import AddressDetails, CompanyDetails, PersonDetails, address_columns, party_columns
from app.kernel.actor import Actor, Via
from app.kernel.checks import check_country, check_email, check_metadata
from app.kernel.clock import utc_now
from app.kernel.errors import DomainError

Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation that takes one line as its input, and the place of the new object in its success."""

    field: str
    input_type: str
    success: str
    object: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of import. `mutation_of` chooses by the line; `check` raises `Invalid` for faults in the content of a
    line that fits the mutation's input type.
    """

    name: str
    columns: Columns
    mutation_of: Callable[[Value], Mutation]
    check: Callable[[Value], None]


def _check_holder(value: Value) -> None:
    party, address = value["party"], value.get("address") or {}
    person, company = party.get("person"), party.get("company")
    details = (
        CompanyDetails(company["name"], company.get("registrationNumber"))
        if company
        else PersonDetails(person["name"], person.get("dateOfBirth"))
    )
    party_columns(details, ("party",), today=utc_now().date())
    parts = {**address, "postal_code": address.get("postalCode")}
    parts.pop("postalCode", None)
    address_columns(AddressDetails(**parts), ("address",))
    if value.get("email") is not None:
        check_email(value["email"], ("email",))
    _check_metadata(value)


def _check_ledger(value: Value) -> None:
    if value.get("jurisdiction") is not None:
        check_country(value["jurisdiction"], ("jurisdiction",))
    if value.get("holderId") is not None:
        parse_id(value["holderId"], ("holderId",))
    _check_metadata(value)


def _check_account(value: Value) -> None:
    """An account with its wallets, as the verb would check it before it looks into the database."""
    wallets = tuple(
        NewWallet(
            wallet["name"],
            wallet["currency"],
            wallet["accountingType"],
            wallet["decimalPlaces"],
            bool(wallet.get("allowNegative")),
            wallet.get("metadata"),
            wallet.get("overdraftLimit"),
        )
        for wallet in value.get("wallets") or ()
    )
    command = CreateAccount(
        value["type"],
        value["reference"],
        value.get("holderId"),
        value.get("backingLedgerId"),
        value.get("metadata"),
        wallets,
        value.get("idempotencyKey"),
    )
    checked = check_order(Order(NOBODY, command, path=()))
    if isinstance(checked, DomainError):
        raise checked


def _check_metadata(value: Value) -> None:
    if value.get("metadata") is not None:
        check_metadata(value["metadata"], ("metadata",))


_ADDRESS: Mapping[str, str] = {
    f"address.{part}": "text" for part in ("line1", "line2", "city", "region", "postalCode", "country")
}
_CREATE_HOLDER = Mutation("createHolder", "CreateHolderInput", "HolderSuccess", "holder")
_ISSUE_LEDGER = Mutation("issueLedger", "IssueLedgerInput", "LedgerSuccess", "ledger")
_ISSUE_VIRTUAL_LEDGER = Mutation("issueVirtualLedger", "IssueVirtualLedgerInput", "LedgerSuccess", "ledger")

_CREATE_ACCOUNT = Mutation("createAccount", "CreateAccountInput", "AccountSuccess", "account")
NOBODY = Actor(UUID(int=0), frozenset({"*"}), Via.CLI, "import")
"""For checks that look at a command's content alone."""

HOLDERS = Kind(
    "holders",
    columns_of(
        {
            "party.person.name": "text",
            "party.person.dateOfBirth": "text",
            "party.company.name": "text",
            "party.company.registrationNumber": "text",
            "email": "text",
            "idempotencyKey": "text",
            **_ADDRESS,
        }
    ),
    lambda _: _CREATE_HOLDER,
    _check_holder,
)
LEDGERS = Kind(
    "ledgers",
    columns_of(
        {
            "partnerProduct": "text",
            "asset": "text",
            "assetClass": "text",
            "primaryUses": "list",
            "assetsOwnedBy": "text",
            "jurisdiction": "text",
            "holderId": "text",
            "type": "text",
            "idempotencyKey": "text",
        }
    ),
    lambda value: _ISSUE_LEDGER if "partnerProduct" in value else _ISSUE_VIRTUAL_LEDGER,
    _check_ledger,
)
ACCOUNTS = Kind(
    "accounts",
    columns_of(
        {
            "type": "text",
            "reference": "text",
            "holderId": "text",
            "backingLedgerId": "text",
            "idempotencyKey": "text",
            "wallets.#.name": "text",
            "wallets.#.currency": "text",
            "wallets.#.accountingType": "text",
            "wallets.#.decimalPlaces": "number",
            "wallets.#.allowNegative": "flag",
            "wallets.#.overdraftLimit": "text",
        },
        open_below=("metadata.", "wallets.#.metadata."),
    ),
    lambda _: _CREATE_ACCOUNT,
    _check_account,
)
