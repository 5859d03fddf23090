"""The answers to messages, as JSON with the field names of the guide's bodies."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from app.accounts.models import Account, Wallet
from app.accounts.open_accounts import Opened
from app.accounts.status import AccountType
from app.api.rest.refusals import Fault, add_details
from app.api.rest.told_accounts import told_account, told_wallet
from app.kernel.clock import rfc3339, utc_now
from app.kernel.errors import DomainError, ErrorCode, FieldFault, Invalid
from workers.kafka.read_command import Asked, told_body_path

INTERNAL = "INTERNAL"
INTERNAL_MESSAGE = (
    "This message could not be carried out, by a fault of ours. Nothing was done; it is in the dead letters."
)
SHORTENED_CHARACTERS_MAX = 500
NO_SUCH_ACCOUNT_TYPE = f"There is no such value: give one of {', '.join(one.value.lower() for one in AccountType)}."


@dataclass(frozen=True, slots=True)
class Request:
    """The message that is answered."""

    topic: str
    partition: int
    offset: int


def success(request: Request, asked: Asked, opened: Opened, now: datetime) -> bytes:
    """The answer to a command that is in effect."""
    return _answer(
        request,
        asked,
        now,
        status="success",
        replayed=opened.replayed,
        account=None if opened.account is None else describe_account(opened.account),
        wallets=[describe_wallet(wallet) for wallet in opened.wallets],
    )


def refusal(request: Request, asked: Asked, error: DomainError, now: datetime) -> bytes:
    """The answer to a command that was refused: nothing happened."""
    if isinstance(error, Invalid):
        return _answer(request, asked, now, status="error", errors=[_told(_as_sent(fault)) for fault in error.fields])
    told = _told(FieldFault(error.path, error.code.value, error.message))
    add_details(told, error)
    return _answer(request, asked, now, status="error", errors=[told])


def no_command(request: Request, asked: Asked, now: datetime) -> bytes:
    """The answer to a message that is no command."""
    return _refused(request, asked, asked.faults, now)


def failure(request: Request, asked: Asked, now: datetime) -> bytes:
    """The answer to a command that failed through a fault of ours."""
    return _refused(request, asked, [FieldFault((), INTERNAL, INTERNAL_MESSAGE)], now)


def bare_failure(request: Request) -> bytes:
    """The answer when no other can be built: it has nothing of the message but its place."""
    told = {"topic": request.topic, "partition": request.partition, "offset": request.offset}
    errors = [{"code": INTERNAL, "message": INTERNAL_MESSAGE, "path": []}]
    return json.dumps(
        {
            "request": told,
            "operation": None,
            "account_reference": None,
            "status": "error",
            "replayed": False,
            "account": None,
            "wallets": [],
            "errors": errors,
            "occurred_at": rfc3339(utc_now()),
        }
    ).encode()


def shortened(body: bytes) -> bytes:
    """The same answer with only the ids of the new objects, and the first error, for brokers that refuse a larger
    one.
    """
    answer = orjson.loads(body)
    account = answer["account"]
    answer["account"] = account and {name: account[name] for name in ("account_id", "account_reference")}
    answer["wallets"] = [{name: wallet[name] for name in ("wallet_id", "wallet_name")} for wallet in answer["wallets"]]
    answer["errors"] = [
        {**error, "message": error["message"][:SHORTENED_CHARACTERS_MAX]} for error in answer["errors"][:1]
    ]
    answer["shortened"] = True
    return orjson.dumps(answer)


def shortest(body: bytes) -> bytes:
    """The shortened answer without wallets: what they are can be asked."""
    return orjson.dumps({**orjson.loads(body), "wallets": []})


def describe_account(account: Account) -> dict[str, Any]:
    """An account, as REST shows it, but without its wallets."""
    return _with_instants_as_text(told_account(account))


def describe_wallet(wallet: Wallet) -> dict[str, Any]:
    """A wallet, as REST shows it, but without the number of its entries."""
    told = told_wallet(wallet)
    del told["balance"]["sequence"]
    if "freeze" in told:
        told["freeze"] = _with_instants_as_text(told["freeze"])
    return _with_instants_as_text(told)


def _with_instants_as_text(told: dict[str, Any]) -> dict[str, Any]:
    """Instants always have six digits of a second here."""
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in told.items()}


def _refused(request: Request, asked: Asked, faults: Sequence[FieldFault], now: datetime) -> bytes:
    return _answer(request, asked, now, status="error", errors=[_told(fault) for fault in faults])


def _told(fault: FieldFault) -> Fault:
    return {"code": fault.code, "message": fault.message, "path": told_body_path(fault.path)}


def _as_sent(fault: FieldFault) -> FieldFault:
    """The same, in the words of the guide: a verb knows other ones for the types of accounts."""
    is_type = fault.path[-1:] == ("type",) and fault.code == ErrorCode.VALIDATION
    return replace(fault, message=NO_SUCH_ACCOUNT_TYPE) if is_type else fault


def _answer(
    request: Request,
    asked: Asked,
    now: datetime,
    *,
    status: str,
    replayed: bool = False,
    account: dict[str, Any] | None = None,
    wallets: Sequence[dict[str, Any]] = (),
    errors: Sequence[Fault] = (),
) -> bytes:
    return orjson.dumps(
        {
            "request": {"topic": request.topic, "partition": request.partition, "offset": request.offset},
            "operation": asked.operation,
            "account_reference": asked.account_reference,
            "status": status,
            "replayed": replayed,
            "account": account,
            "wallets": wallets,
            "errors": errors,
            "occurred_at": rfc3339(now),
        }
    )
