"""A client made from `/openapi.json`: it issues a ledger of gold, reads it, and opens an account with two wallets.

    pip install openapi-python-client
    openapi-python-client generate --url http://127.0.0.1:8000/openapi.json --meta none --output-path quaestor_client
    QUAESTOR_URL=http://127.0.0.1:8000 QUAESTOR_API_KEY=$(cat .quaestor/api-key) python rest_client.py

Run it twice: the second time the same keys and references answer with what was opened the first time.
"""

import os
from typing import TypeVar

from quaestor_client import AuthenticatedClient
from quaestor_client.api.accounts_and_wallets import create_account
from quaestor_client.api.ledgers import fetch_ledger, issue_virtual_ledger
from quaestor_client.models import (
    AccountAnswer,
    CreateAccountBody,
    CreateAccountBodyAccountType,
    IssueVirtualLedgerBody,
    IssueVirtualLedgerBodyAssetClass,
    LedgerAnswer,
    LedgerIdAnswer,
    NewWalletBody,
    NewWalletBodyAccountingType,
    Refusal,
)

Expected = TypeVar("Expected")


def done(answer: object, expected: type[Expected]) -> Expected:
    """The answer, or an end of the program with the codes of the refusal."""
    if isinstance(answer, Refusal):
        raise SystemExit("; ".join(f"{fault.code}: {fault.message}" for fault in answer.errors))
    if not isinstance(answer, expected):
        raise SystemExit(f"unexpected answer: {answer}")
    return answer


def open_gold(client: AuthenticatedClient) -> LedgerAnswer:
    """Issue a ledger of gold, and read it."""
    wanted = IssueVirtualLedgerBody(asset_class=IssueVirtualLedgerBodyAssetClass.COMMODITY, asset_type="gold")
    issued = done(
        issue_virtual_ledger.sync(client=client, body=wanted, idempotency_key="python-gold-1"), LedgerIdAnswer
    )
    return done(fetch_ledger.sync(issued.ledger_id, client=client), LedgerAnswer)


def open_account(client: AuthenticatedClient) -> AccountAnswer:
    """Open an account with two wallets in dollars."""
    wallets = [
        NewWalletBody(name, "USD", NewWalletBodyAccountingType.LIABILITY, decimal_places=2)
        for name in ("default", "savings")
    ]
    wanted = CreateAccountBody(CreateAccountBodyAccountType.GROUP, "python-customer-1", wallets=wallets)
    return done(create_account.sync(client=client, body=wanted), AccountAnswer)


def main() -> None:
    """Print what was opened."""
    url, key = os.environ["QUAESTOR_URL"], os.environ["QUAESTOR_API_KEY"]
    with AuthenticatedClient(url, token=key, prefix="API-Key") as client:
        ledger = open_gold(client)
        print(f"ledger {ledger.ledger_id} of {ledger.asset_type} is {ledger.ledger_status}")
        account = open_account(client)
        print(f"account {account.account_reference} has {', '.join(one.wallet_name for one in account.wallets)}")


if __name__ == "__main__":
    main()
