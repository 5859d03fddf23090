"""The story with gql, which checks each document against the schema before it is sent. See docs/clients.md."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

from gql import Client, GraphQLRequest, gql
from gql.transport.httpx import HTTPXTransport
from graphql import DocumentNode, OperationDefinitionNode

HERE = Path(__file__).parent
# gql takes one operation at a time, so that each is cut out of the file.
DOCUMENTS = {
    one.name.value: DocumentNode(definitions=(one,))
    for one in gql((HERE.parent / "story.graphql").read_text("utf-8")).document.definitions
    if isinstance(one, OperationDefinitionNode) and one.name is not None
}


def connected() -> Client:
    return Client(
        transport=HTTPXTransport(
            url=f"{os.environ['QUAESTOR_URL']}/graphql",
            headers={"Authorization": f"API-Key {os.environ['QUAESTOR_API_KEY']}"},
            timeout=60,
        ),
        schema=(HERE.parent / "schema" / "schema.graphql").read_text("utf-8"),
        execute_timeout=None,
    )


def asked(client: Client, operation: str, **variables: Any) -> dict[str, Any]:
    answer = client.execute(GraphQLRequest(DOCUMENTS[operation], variable_values=variables))
    assert isinstance(answer, dict)
    return answer


def gold(value: str) -> dict[str, str]:
    return {"value": value, "asset": "GOLD"}


def create_holder(client: Client, name: str) -> str:
    given = {"party": {"person": {"name": name}}, "idempotencyKey": "holder"}
    answer = asked(client, "CreateHolder", input=given)["createHolder"]
    assert answer["__typename"] == "HolderSuccess", answer
    print(f"holder: {answer['holder']['name']}")
    return str(answer["holder"]["id"])


def issue_ledger(client: Client, holder_id: str, key: str) -> dict[str, str]:
    given = {"asset": "GOLD", "holderId": holder_id, "idempotencyKey": key}
    answer = asked(client, "IssueVirtualLedger", input=given)["issueVirtualLedger"]
    assert answer["__typename"] == "LedgerSuccess", answer
    return dict(answer["ledger"])


def credit(client: Client, ledger_id: str) -> None:
    given = {"ledgerId": ledger_id, "amount": gold("10"), "idempotencyKey": "credit"}
    answer = asked(client, "CreditVirtualLedger", input=given)["creditVirtualLedger"]
    assert answer["__typename"] == "TransferSuccess", answer


def transfer(client: Client, debit_id: str, credit_id: str, value: str) -> None:
    given = {"debitId": debit_id, "creditId": credit_id, "amount": gold(value), "idempotencyKey": f"pay {value}"}
    answer = asked(client, "PostTransfer", input=given)["postTransfer"]
    match answer["__typename"]:
        case "TransferSuccess":
            amount = Decimal(answer["transfer"]["amount"]["value"])
            print(f"transfer: {amount}, replayed: {str(answer['replayed']).lower()}")
        case "InsufficientFundsError":
            print(f"refused: {answer['code']}, {answer['available']['value']} available")
        case _:
            raise AssertionError(answer)


def read_entries(client: Client, ledger_id: str) -> None:
    after: str | None = None
    number = 1
    while True:
        entries = asked(client, "Entries", ledgerId=ledger_id, first=2, after=after)["ledger"]["entries"]
        nodes = [edge["node"] for edge in entries["edges"]]
        told = [f"#{node['sequence']} {node['direction']} {node['amount']['value']}" for node in nodes]
        print(f"page {number}: {', '.join(told)}")
        if not entries["pageInfo"]["hasNextPage"]:
            return
        after, number = entries["pageInfo"]["endCursor"], number + 1


def main() -> None:
    client = connected()
    holder_id = create_holder(client, "Ada Lovelace")
    payer = issue_ledger(client, holder_id, "payer")
    print(f"ledger: {payer['asset']} {payer['status']}")
    payee = issue_ledger(client, holder_id, "payee")
    credit(client, payer["id"])
    for value in ("1", "1", "1000", "2"):
        transfer(client, payer["id"], payee["id"], value)
    read_entries(client, payer["id"])


if __name__ == "__main__":
    main()
