"""The story with the client that ariadne-codegen makes. docs/clients.md says how to run it."""

import os
from decimal import Decimal

from quaestor_client import Client
from quaestor_client.create_holder import CreateHolderCreateHolderHolderSuccess
from quaestor_client.credit_virtual_ledger import CreditVirtualLedgerCreditVirtualLedgerTransferSuccess
from quaestor_client.input_types import (
    CreateHolderInput,
    HolderPartyInput,
    IssueVirtualLedgerInput,
    MoneyInput,
    PersonInput,
    PostTransferInput,
    VirtualMovementInput,
)
from quaestor_client.issue_virtual_ledger import (
    IssueVirtualLedgerIssueVirtualLedgerLedgerSuccess,
    IssueVirtualLedgerIssueVirtualLedgerLedgerSuccessLedger,
)
from quaestor_client.post_transfer import (
    PostTransferPostTransferInsufficientFundsError,
    PostTransferPostTransferTransferSuccess,
)


def create_holder(client: Client, name: str) -> str:
    party = HolderPartyInput(person=PersonInput(name=name))
    answer = client.create_holder(CreateHolderInput(party=party, idempotency_key="holder")).create_holder
    assert isinstance(answer, CreateHolderCreateHolderHolderSuccess), answer
    print(f"holder: {answer.holder.name}")
    return answer.holder.id


def issue_ledger(client: Client, holder_id: str, key: str) -> IssueVirtualLedgerIssueVirtualLedgerLedgerSuccessLedger:
    asked = IssueVirtualLedgerInput(asset="GOLD", holder_id=holder_id, idempotency_key=key)
    answer = client.issue_virtual_ledger(asked).issue_virtual_ledger
    assert isinstance(answer, IssueVirtualLedgerIssueVirtualLedgerLedgerSuccess), answer
    return answer.ledger


def credit(client: Client, ledger_id: str) -> None:
    amount = MoneyInput(value=Decimal(10), asset="GOLD")
    asked = VirtualMovementInput(ledger_id=ledger_id, amount=amount, idempotency_key="credit")
    answer = client.credit_virtual_ledger(asked).credit_virtual_ledger
    assert isinstance(answer, CreditVirtualLedgerCreditVirtualLedgerTransferSuccess), answer


def transfer(client: Client, debit_id: str, credit_id: str, value: str) -> None:
    amount = MoneyInput(value=Decimal(value), asset="GOLD")
    asked = PostTransferInput(debit_id=debit_id, credit_id=credit_id, amount=amount, idempotency_key=f"pay {value}")
    match client.post_transfer(asked).post_transfer:
        case PostTransferPostTransferTransferSuccess() as answer:
            print(f"transfer: {answer.transfer.amount.value}, replayed: {str(answer.replayed).lower()}")
        case PostTransferPostTransferInsufficientFundsError() as answer:
            print(f"refused: {answer.code.value}, {answer.available.value} available")
        case other:
            raise AssertionError(other)


def read_entries(client: Client, ledger_id: str) -> None:
    after: str | None = None
    number = 1
    while True:
        ledger = client.entries(ledger_id=ledger_id, first=2, after=after).ledger
        assert ledger is not None
        nodes = [edge.node for edge in ledger.entries.edges]
        told = [f"#{node.sequence} {node.direction.value} {node.amount.value}" for node in nodes]
        print(f"page {number}: {', '.join(told)}")
        if not ledger.entries.page_info.has_next_page:
            return
        after, number = ledger.entries.page_info.end_cursor, number + 1


def main() -> None:
    headers = {"Authorization": f"API-Key {os.environ['QUAESTOR_API_KEY']}"}
    with Client(f"{os.environ['QUAESTOR_URL']}/graphql", headers) as client:
        holder_id = create_holder(client, "Ada Lovelace")
        payer = issue_ledger(client, holder_id, "payer")
        print(f"ledger: {payer.asset} {payer.status.value}")
        payee = issue_ledger(client, holder_id, "payee")
        credit(client, payer.id)
        for value in ("1", "1", "1000", "2"):
            transfer(client, payer.id, payee.id, value)
        read_entries(client, payer.id)


if __name__ == "__main__":
    main()
