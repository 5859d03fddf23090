"""Whoever moves money through the API of a running `quaestor dev`, for tests of what is then told of it."""

import httpx

from app.db.identifiers import new_id

HOLDER = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"
PAYEE = {"name": "Harbour Lettings", "ukBankAccount": {"sortCode": "200353", "accountNumber": "73061842"}}
INPUT_TYPES = {"simulateIncomingPayment": "SimulatePaymentInput"}


class Bank:
    """Moves money through the API."""

    def __init__(self, dev):
        self._dev = dev

    def ask(self, document, **variables):
        headers = {"Authorization": f"API-Key {self._dev.api_key}"}
        body = {"query": document, "variables": variables}
        with httpx.Client(trust_env=False, timeout=60) as client:
            answer = client.post(f"{self._dev.url}/graphql", json=body, headers=headers).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def change(self, mutation, selection, **sent):
        input_type = INPUT_TYPES.get(mutation, f"{mutation[0].upper()}{mutation[1:]}Input")
        document = (
            f"mutation ($input: {input_type}!)"
            f" {{ {mutation}(input: $input) {{ __typename ...on Error {{ message }} {selection} }} }}"
        )
        changed = self.ask(document, input=sent)[mutation]
        assert "message" not in changed, changed
        return changed

    def issue(self):
        """A ledger in pounds: its id and IBAN."""
        issued = self.change(
            "issueLedger",
            "... on LedgerSuccess { ledger { id } }",
            holderId=HOLDER,
            partnerProduct="PayrNet-GBP-1",
            asset="GBP",
            primaryUses=["PAYMENTS"],
            assetsOwnedBy="OTHER",
            jurisdiction="GB",
        )
        ready = "query ($id: ID!) { ledger(by: {id: $id}, wait: true) { id iban status } }"
        ledger = self.ask(ready, id=issued["ledger"]["id"])["ledger"]
        assert ledger["status"] == "OK"
        return ledger["id"], ledger["iban"]

    def receive(self, ledger_id, amount):
        received = self.change(
            "simulateIncomingPayment",
            "... on PaymentSuccess { payment { transfer { id postedAt debit { ... on SystemAccount { id } } } } }",
            idempotencyKey=str(new_id()),
            ledgerId=ledger_id,
            amount={"value": amount, "asset": "GBP"},
            counterparty=PAYEE,
        )
        return received["payment"]["transfer"]

    def transfer(self, debit_id, credit_id, amount, reference=None):
        posted = self.change(
            "postTransfer",
            "... on TransferSuccess { transfer { id postedAt } }",
            idempotencyKey=str(new_id()),
            debitId=debit_id,
            creditId=credit_id,
            amount={"value": amount, "asset": "GBP"},
            reference=reference,
        )
        return posted["transfer"]
