"""The rules for the content of a line that need no database: dates, country codes, amounts, sizes."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from app.accounts.orders import CreateAccount, NewWallet, Order, check_order
from app.cli.import_kinds import ACCOUNTS, HOLDERS, LEDGERS, TRANSFERS, Kind, Value
from app.db.identifiers import parse_id
from app.holders.party import AddressDetails, CompanyDetails, PersonDetails, address_columns, party_columns
from app.idempotency.key import check_key
from app.journal.amounts import AmountText
from app.journal.post_transfer import PostTransfer, posting_of
from app.kernel.actor import Actor, Via
from app.kernel.checks import check_country, check_email, check_metadata, refuse
from app.kernel.clock import utc_now
from app.kernel.errors import DomainError

NOBODY = Actor(UUID(int=0), frozenset({"*"}), Via.CLI, "import")
"""For checks that look at a command's content alone."""


def check_content(value: Value, kind: Kind) -> None:
    """Check an input that fits its mutation's input type.

    :raises Invalid: the path is in the names of the verb.
    """
    if value.get("idempotencyKey") is not None:
        check_key(value["idempotencyKey"], ("idempotency_key",))
    _CHECKS[kind.name](value)


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
        refuse("A transfer takes effect by now: give an earlier value date, or leave it out.", ("effective_at",))


def _check_metadata(value: Value) -> None:
    if value.get("metadata") is not None:
        check_metadata(value["metadata"], ("metadata",))


_CHECKS: Mapping[str, Callable[[Value], None]] = {
    HOLDERS.name: _check_holder,
    LEDGERS.name: _check_ledger,
    ACCOUNTS.name: _check_account,
    TRANSFERS.name: _check_transfer,
}
