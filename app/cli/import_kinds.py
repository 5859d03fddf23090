"""What can be imported: for each kind, its mutation and its columns."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts.orders import CreateAccount, NewWallet, Order, check_order
from app.cli.import_lines import Columns, Line, columns_of
from app.cli.import_wallets import PARTS, SIDES, address_of
from app.db.identifiers import parse_id
from app.holders.party import AddressDetails, CompanyDetails, PersonDetails, address_columns, party_columns
from app.journal.amounts import AmountText
from app.journal.post_transfer import PostTransfer, posting_of
from app.kernel.actor import Actor, Via
from app.kernel.checks import check_country, check_email, check_metadata, refuse
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
    """One kind of import. `mutation_of` chooses by the line, and `input_of` makes its input of it; `check` raises
    `Invalid` for faults in the content of an input that fits the mutation's input type.
    """

    name: str
    columns: Columns
    mutation_of: Callable[[Value], Mutation]
    check: Callable[[Value], None]
    input_of: Callable[[Line], Value] = lambda line: line.value or {}


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


def _check_transfer(value: Value) -> None:
    """A transfer, as the verb would check it before it looks into the books."""
    texts: dict[tuple[str, ...], Any] = {(field,): value.get(field) for field in ("debitId", "creditId", "effectiveAt")}
    texts["amount", "value"] = value["amount"]["value"]
    for path, text in texts.items():
        if text is not None and not isinstance(text, str):
            refuse("This is a text: write it in quotes.", path)
    amount = AmountText(value["amount"]["value"], value["amount"]["asset"])
    command = PostTransfer(
        debit_id=value["debitId"],
        credit_id=value["creditId"],
        amount=amount,
        idempotency_key=value["idempotencyKey"],
        reference=value.get("reference"),
        metadata=value.get("metadata"),
        effective_at=value.get("effectiveAt"),
    )
    posting = posting_of(NOBODY, command, ())
    if posting.effective_at is not None and posting.effective_at > utc_now():
        refuse("A transfer takes effect by now: give an earlier `effectiveAt`, or leave it out.", ("effective_at",))


def transfer_input_of(line: Line) -> Value:
    """What a line asks for: with a key of its content unless it has its own, and a date as the first instant of it."""
    value = {"idempotencyKey": f"import:{line.digest}", **(line.value or {})}
    date = value.get("effectiveAt")
    if isinstance(date, str) and _DATE.fullmatch(date):
        value["effectiveAt"] = f"{date}T00:00:00Z"
    return value


def _transfer_with_ids_of(line: Line) -> Value:
    """The same, with some id in place of each whole address: which wallet it names is not looked up."""
    value = transfer_input_of(line)
    for number, (side, field) in enumerate(SIDES.items()):
        if field not in value and address_of(value.get(side)) is not None:
            del value[side]
            value[field] = str(UUID(int=number))
    return value


def _check_metadata(value: Value) -> None:
    if value.get("metadata") is not None:
        check_metadata(value["metadata"], ("metadata",))


_ADDRESS: Mapping[str, str] = {
    f"address.{part}": "text" for part in ("line1", "line2", "city", "region", "postalCode", "country")
}
_CREATE_HOLDER = Mutation("createHolder", "CreateHolderInput", "HolderSuccess", "holder")
_ISSUE_LEDGER = Mutation("issueLedger", "IssueLedgerInput", "LedgerSuccess", "ledger")
_ISSUE_VIRTUAL_LEDGER = Mutation("issueVirtualLedger", "IssueVirtualLedgerInput", "LedgerSuccess", "ledger")

_POST_TRANSFER = Mutation("postTransfer", "PostTransferInput", "TransferSuccess", "transfer")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
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
TRANSFERS = Kind(
    "transfers",
    columns_of(
        {
            "debitId": "text",
            "creditId": "text",
            **{f"{side}.{part}": "text" for side in SIDES for part in PARTS},
            "amount.value": "text",
            "amount.asset": "text",
            "effectiveAt": "text",
            "reference": "text",
            "idempotencyKey": "text",
        }
    ),
    lambda _: _POST_TRANSFER,
    _check_transfer,
    _transfer_with_ids_of,
)
