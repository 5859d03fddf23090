"""What can be imported: for each kind, its mutation and its columns."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from app.cli.import_lines import Columns, Fault
from app.cli.import_wallets import PARTS, SIDES, address_of, side_fault

Value: TypeAlias = dict[str, Any]
KEY = "idempotencyKey"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation that takes one line as its input, and the place of the new object in its success."""

    field: str
    input_type: str
    success: str
    object: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of import. `mutation_of` chooses by what a line says, and `input_of` makes the mutation's input of it.
    `known_by` is the field that identifies a line in any file, so that it is done once. `own_fault_of` finds faults in
    what is not a field of the mutation.
    """

    name: str
    columns: Columns
    mutation_of: Callable[[Value], Mutation]
    known_by: str = KEY
    input_of: Callable[[Value], Value] = lambda value: value
    own_fault_of: Callable[[Value], Fault | None] = lambda _: None


def transfer_input_of(value: Value) -> Value:
    """What a line asks for, with a date as the first instant of it."""
    date = value.get("effectiveAt")
    if isinstance(date, str) and _DATE.fullmatch(date):
        return {**value, "effectiveAt": f"{date}T00:00:00Z"}
    return value


def _transfer_with_ids_of(given: Value) -> Value:
    """The same, with some id in place of each whole address: which wallet it names is not looked up."""
    value = dict(transfer_input_of(given))
    for number, (side, field) in enumerate(SIDES.items()):
        if field not in value and address_of(value.get(side)) is not None:
            del value[side]
            value[field] = str(UUID(int=number))
    return value


_ADDRESS: Mapping[str, str] = {
    f"address.{part}": "text" for part in ("line1", "line2", "city", "region", "postalCode", "country")
}
_CREATE_HOLDER = Mutation("createHolder", "CreateHolderInput", "HolderSuccess", "holder")
_ISSUE_LEDGER = Mutation("issueLedger", "IssueLedgerInput", "LedgerSuccess", "ledger")
_ISSUE_VIRTUAL_LEDGER = Mutation("issueVirtualLedger", "IssueVirtualLedgerInput", "LedgerSuccess", "ledger")

_POST_TRANSFER = Mutation("postTransfer", "PostTransferInput", "TransferSuccess", "transfer")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CREATE_ACCOUNT = Mutation("createAccount", "CreateAccountInput", "AccountSuccess", "account")
HOLDERS = Kind(
    "holders",
    Columns(
        {
            "party.person.name": "text",
            "party.person.dateOfBirth": "text",
            "party.company.name": "text",
            "party.company.registrationNumber": "text",
            "email": "text",
            KEY: "text",
            **_ADDRESS,
        }
    ),
    lambda _: _CREATE_HOLDER,
)
LEDGERS = Kind(
    "ledgers",
    Columns(
        {
            "partnerProduct": "text",
            "asset": "text",
            "assetClass": "text",
            "primaryUses": "list",
            "assetsOwnedBy": "text",
            "jurisdiction": "text",
            "holderId": "text",
            "type": "text",
            KEY: "text",
        }
    ),
    lambda value: _ISSUE_LEDGER if "partnerProduct" in value else _ISSUE_VIRTUAL_LEDGER,
)
ACCOUNTS = Kind(
    "accounts",
    Columns(
        {
            "type": "text",
            "reference": "text",
            "holderId": "text",
            "backingLedgerId": "text",
            KEY: "text",
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
    known_by="reference",
)
TRANSFERS = Kind(
    "transfers",
    Columns(
        {
            "debitId": "text",
            "creditId": "text",
            **{f"{side}.{part}": "text" for side in SIDES for part in PARTS},
            "amount.value": "text",
            "amount.asset": "text",
            "effectiveAt": "text",
            "reference": "text",
            KEY: "text",
        }
    ),
    lambda _: _POST_TRANSFER,
    input_of=_transfer_with_ids_of,
    own_fault_of=side_fault,
)
