"""Turn a message into a command. Bodies are those of the guide "Automating Account and Wallet Creation"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.accounts.orders import CreateAccount, CreateWallet, NewWallet
from app.kernel.checks import TEXT_CHARACTERS_MAX
from app.kernel.errors import ErrorCode, FieldFault
from workers.kafka.fields import Fields
from workers.kafka.json_text import NotJson, decode_json

CREATE_ACCOUNT, CREATE_WALLET = "create_account", "create_wallet"
OPERATIONS = (CREATE_ACCOUNT, CREATE_WALLET)
IDEMPOTENCY_KEY = "idempotency-key"
"""The header that may carry an idempotency key, in upper or lower case."""

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A message as far as it could be read. If it is no command, `command` is None and `faults` say why.

    `account_reference` is None if it could not be an account's, so that it never makes an answer large.
    """

    operation: str | None
    account_reference: str | None
    command: CreateAccount | CreateWallet | None
    faults: Sequence[FieldFault] = ()


NOTHING = Asked(None, None, None)
"""A message of which nothing is known."""


def read_command(value: bytes | None, headers: Headers) -> Asked:
    """The command in a message's value."""
    if not value:
        return _unreadable("The message is empty: send a command as a JSON object.")
    try:
        body = decode_json(value)
    except NotJson as problem:
        return _unreadable(str(problem))
    if isinstance(body, list):
        return _unreadable("This is a list: send each command as a message of its own.")
    if not isinstance(body, dict):
        return _unreadable('A command is a JSON object, like {"operation": "create_account", …}.')
    faults: list[FieldFault] = []
    fields = Fields(body, (), faults)
    operation = fields.text("operation")
    key = _idempotency_key(headers, faults)
    command: CreateAccount | CreateWallet | None = None
    if operation == CREATE_ACCOUNT:
        command = _create_account(fields, key, faults)
    elif operation == CREATE_WALLET:
        command = _create_wallet(fields, key)
    elif not faults:
        message = f"There is no such operation: give one of {', '.join(OPERATIONS)}."
        faults.append(FieldFault(("operation",), ErrorCode.VALIDATION.value, message))
    if command is not None:
        fields.end()
    return Asked(
        operation if operation in OPERATIONS else None,
        _told_reference(body.get("account_reference")),
        None if faults else command,
        faults,
    )


def _told_reference(sent: Any) -> str | None:
    """The reference as the verb takes it; None if it is none."""
    if not isinstance(sent, str):
        return None
    reference = sent.strip()
    return reference if 0 < len(reference) <= TEXT_CHARACTERS_MAX else None


def _create_account(fields: Fields, key: str | None, faults: list[FieldFault]) -> CreateAccount:
    return CreateAccount(
        type=fields.text("account_type").upper(),
        reference=fields.text("account_reference"),
        holder_id=fields.optional_text("holder_id"),
        backing_ledger_id=fields.optional_text("backing_ledger_id"),
        metadata=fields.anything("metadata"),
        wallets=tuple(_listed_wallet(Fields(it, path, faults)) for it, path in fields.objects("wallets")),
        idempotency_key=key,
    )


def _create_wallet(fields: Fields, key: str | None) -> CreateWallet:
    return CreateWallet(fields.text("account_reference"), _wallet(fields), idempotency_key=key)


def _listed_wallet(fields: Fields) -> NewWallet:
    wallet = _wallet(fields)
    fields.end()
    return wallet


def _wallet(fields: Fields) -> NewWallet:
    return NewWallet(
        name=fields.text("wallet_name"),
        currency=fields.text("currency"),
        accounting_type=fields.text("accounting_type").upper(),
        decimal_places=fields.whole_number("decimal_places"),
        allow_negative=fields.flag("allow_negative"),
        metadata=fields.anything("metadata"),
        overdraft_limit=fields.amount("overdraft_limit"),
    )


def _idempotency_key(headers: Headers, faults: list[FieldFault]) -> str | None:
    """The key; the same one may be there twice."""
    keys = {value for name, value in headers if name.lower() == IDEMPOTENCY_KEY and value is not None}
    if not keys:
        return None
    try:
        [key] = {value.decode() for value in keys}
    except UnicodeDecodeError:
        message = "The header idempotency-key is not text in UTF-8."
    except ValueError:
        message = "The header idempotency-key is there twice with different values: give it once."
    else:
        return key
    faults.append(FieldFault((IDEMPOTENCY_KEY,), ErrorCode.VALIDATION.value, message))
    return None


def _unreadable(message: str) -> Asked:
    return Asked(None, None, None, [FieldFault((), ErrorCode.VALIDATION.value, message)])


def told_body_path(path: Sequence[Any]) -> list[str]:
    """The path in the message for the path of a verb's error."""
    return [_NAMES.get(name, name) for name in path if name not in _NOT_IN_MESSAGES]


_NOT_IN_MESSAGES = {"input", "wallet"}
_NAMES = {
    "type": "account_type",
    "reference": "account_reference",
    "name": "wallet_name",
    "accountReference": "account_reference",
    "accountingType": "accounting_type",
    "decimalPlaces": "decimal_places",
    "allowNegative": "allow_negative",
    "overdraftLimit": "overdraft_limit",
    "holderId": "holder_id",
    "backingLedgerId": "backing_ledger_id",
    "idempotencyKey": IDEMPOTENCY_KEY,
    "idempotency_key": IDEMPOTENCY_KEY,
}
