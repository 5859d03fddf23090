"""An example call of every field of the product's schema that takes arguments or starts a query.

A new field without an example here fails `test_other_customers.py`: say how it is called, what it may reach, and which
scope it needs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.access.authenticate import authenticate
from app.db.connection import fetchval
from app.journal.records import entry_id
from app.journal.status import EntryDirection
from app.kernel.actor import Via

REFUSAL = "__typename ... on Error { code message path } ... on ForbiddenError { requiredScope }"


@dataclass(frozen=True)
class Call:
    """One way to call a field. `document` has the field under the alias `answer`; `variables` come from somebody's ids.

    `missing` is what a caller gets who has none of these objects: None, [] (an empty page), `NotFoundError`,
    `VALIDATION` (within an object of its own they cannot be meant), or `...` where the field reaches nobody's objects
    by an id.
    """

    document: str
    variables: Callable[[Any], dict] = lambda ids: {}
    missing: Any = ...


@dataclass(frozen=True)
class Example:
    """How a field is called; `scope` is None where it needs none of its own."""

    scope: str | None
    calls: list[Call] = field(default_factory=list)


def query(signature, text, variables=lambda ids: {}, missing=...):
    return Call(f"query {signature} {{ answer: {text} }}", variables, missing)


def mutation(signature, text, variables, missing="NotFoundError"):
    return Call(f"mutation {signature} {{ answer: {text} {{ {REFUSAL} }} }}", variables, missing)


def by_input(name, type_name=None, /, **variables):
    """A mutation of one `input`, whose values are taken from the ids where they are names of them."""
    type_name = type_name or name[0].upper() + name[1:] + "Input"

    def filled(ids):
        return {"input": {key: value(ids) if callable(value) else value for key, value in variables.items()}}

    takes_ids = any(callable(value) for value in variables.values())
    return mutation(f"($input: {type_name}!)", f"{name}(input: $input)", filled, "NotFoundError" if takes_ids else ...)


A_POUND = {"value": "1.00", "asset": "GBP"}
POST_TRANSFERS = Call(
    f"""mutation ($input: PostTransfersInput!) {{ answer: postTransfers(input: $input) {{
        {REFUSAL} ... on BatchRefusedError {{ cause {{ __typename code message path }} }} }} }}""",
    lambda ids: {
        "input": {
            "atomic": True,
            "transfers": [
                {
                    "idempotencyKey": "within a batch",
                    "debitId": ids["ledger"],
                    "creditId": ids["own_unassigned"],
                    "amount": A_POUND,
                }
            ],
        }
    },
    "NotFoundError",
)
PLACE_HOLDS = Call(
    f"""mutation ($input: PlaceHoldsInput!) {{ answer: placeHolds(input: $input) {{
        {REFUSAL} ... on BatchRefusedError {{ cause {{ __typename code message path }} }} }} }}""",
    lambda ids: {"input": {"atomic": True, "holds": POST_TRANSFERS.variables(ids)["input"]["transfers"]}},
    "NotFoundError",
)
LEDGER_FILTER = "($filter: LedgerFilter)"
LEDGERS = "ledgers(filter: $filter) { nodes { id } edges { node { id } } totalCount }"

A_WALLET = {"name": "spare", "currency": "EUR", "accountingType": "LIABILITY", "decimalPlaces": 2}
NO_NODES = {"iban", "uk", "group", "reference", "key", "own_holder", "own_unassigned", "own_wallet"}
"""What `node` does not find by."""

EXAMPLES = {
    "Query.viewer": Example(None, [query("", "viewer { customerId apiKey { id } }")]),
    "Query.node": Example(
        None,
        [
            query("($id: ID!)", "node(id: $id) { id __typename }", lambda ids, name=name: {"id": ids[name]}, None)
            for name in (
                *("holder", "ledger", "unassigned", "transfer", "hold", "entry", "payment"),
                *("endpoint", "delivery", "replay", "event", "api_key", "account", "wallet"),
            )
        ],
    ),
    "Query.nodes": Example(
        None,
        [
            query(
                "($ids: [ID!]!)",
                "nodes(ids: $ids) { id }",
                lambda ids: {"ids": [value for name, value in ids.items() if name not in NO_NODES]},
                "nulls",
            )
        ],
    ),
    "Query.holder": Example(
        "holders:read", [query("($id: ID!)", "holder(id: $id) { id name }", lambda ids: {"id": ids["holder"]}, None)]
    ),
    "Query.holders": Example(
        "holders:read",
        [query("", 'holders(filter: { metadata: { whose: "theirs" } }) { nodes { id } totalCount }', missing=[])],
    ),
    "Query.ledger": Example(
        "ledgers:read",
        [
            query("($by: LedgerKey!)", "ledger(by: $by) { id }", lambda ids: {"by": {"id": ids["ledger"]}}, None),
            query("($by: LedgerKey!)", "ledger(by: $by) { id }", lambda ids: {"by": {"iban": ids["iban"]}}, None),
            query(
                "($by: LedgerKey!)", "ledger(by: $by) { id }", lambda ids: {"by": {"ukBankAccount": ids["uk"]}}, None
            ),
            query(
                "($by: LedgerKey!)",
                "ledger(by: $by, wait: true, timeoutMs: 50000) { id }",
                lambda ids: {"by": {"id": ids["ledger"]}},
                None,
            ),
        ],
    ),
    "Query.ledgers": Example(
        "ledgers:read",
        [
            query(LEDGER_FILTER, LEDGERS, wanted, [])
            for wanted in (
                lambda ids: {"filter": {"ids": [ids["ledger"], ids["unassigned"]]}},
                lambda ids: {"filter": {"holderId": ids["holder"]}},
                lambda ids: {"filter": {"byIban": ids["iban"]}},
                lambda ids: {"filter": {"byUkBankAccount": ids["uk"]}},
                lambda ids: {"filter": {"metadata": {"whose": "theirs"}}},
            )
        ],
    ),
    "Query.ledgerChanges": Example("ledgers:read", [query("", "ledgerChanges { nodes { cursor ledger { id } } }")]),
    "Query.account": Example(
        "accounts:read",
        [
            query("($id: ID!)", "account(id: $id) { id reference }", lambda ids: {"id": ids["account"]}, None),
            query(
                "($reference: String!)",
                "account(reference: $reference) { id wallets { nodes { id } } balances { unit { count } } }",
                lambda ids: {"reference": ids["reference"]},
                None,
            ),
            query("($by: AccountKey!)", "account(by: $by) { id }", lambda ids: {"by": {"id": ids["account"]}}, None),
            query(
                "($by: AccountKey!)",
                "account(by: $by) { id }",
                lambda ids: {"by": {"reference": ids["reference"]}},
                None,
            ),
        ],
    ),
    "Query.accounts": Example(
        "accounts:read",
        [
            query(
                "($filter: AccountFilter)",
                "accounts(filter: $filter) { nodes { id } edges { node { id } } totalCount }",
                wanted,
                [],
            )
            for wanted in (
                lambda ids: {"filter": {"references": [ids["reference"]]}},
                lambda ids: {"filter": {"holderId": ids["holder"]}},
                lambda ids: {"filter": {"metadata": {"whose": "theirs"}}},
            )
        ],
    ),
    "Query.wallet": Example(
        "accounts:read",
        [
            query(
                "($id: ID!)",
                "wallet(id: $id) { id account { id } balance { posted { value } } }",
                lambda ids: {"id": ids["wallet"]},
                None,
            ),
            query("($by: WalletKey!)", "wallet(by: $by) { id }", lambda ids: {"by": {"id": ids["wallet"]}}, None),
            query(
                "($by: WalletKey!)",
                "wallet(by: $by) { id }",
                lambda ids: {
                    "by": {"address": {"accountReference": ids["reference"], "name": "default", "currency": "USD"}}
                },
                None,
            ),
        ],
    ),
    "Query.wallets": Example(
        "accounts:read",
        [
            query(
                "($filter: WalletFilter)",
                "wallets(filter: $filter) { nodes { id } edges { node { id } } totalCount }",
                wanted,
                [],
            )
            for wanted in (
                lambda ids: {"filter": {"accountReference": ids["reference"]}},
                lambda ids: {"filter": {"holderId": ids["holder"]}},
                lambda ids: {"filter": {"metadata": {"whose": "theirs"}}},
            )
        ],
    ),
    "Query.walletChanges": Example("accounts:read", [query("", "walletChanges { nodes { cursor wallet { id } } }")]),
    "Query.accountingReport": Example(
        "accounts:read", [query("", "accountingReport { lines { unit { posted { value } } } balanced }")]
    ),
    "Wallet.entries": Example(
        "transfers:read",
        [
            query(
                "($own: ID!, $filter: EntryFilter)",
                "wallet(id: $own) { entries(filter: $filter) { nodes { id } } }",
                lambda ids, argument=argument, name=name: {"own": ids["own_wallet"], "filter": {argument: ids[name]}},
                missing,
            )
            for argument, name, missing in (
                ("transferId", "transfer", ...),
                ("ledgerId", "gold", ...),
                ("holderId", "holder", ...),
                ("walletId", "wallet", "VALIDATION"),
            )
        ],
    ),
    "Query.transfer": Example(
        "transfers:read",
        [
            query(
                "($id: ID!)",
                "transfer(id: $id) { id amount { value } debit { __typename } entries { id } }",
                lambda ids: {"id": ids["transfer"]},
                None,
            ),
            query(
                "($key: KeyOfOperation!)",
                "transfer(key: $key) { id amount { value } }",
                lambda ids: {"key": {"operation": "creditVirtualLedger", "key": ids["key"]}},
                None,
            ),
        ],
    ),
    "Query.transfers": Example(
        "transfers:read",
        [
            query("", "transfers { nodes { id } }"),
            query(
                "($id: ID!)",
                "transfers(filter: { ledgerId: $id }) { nodes { id } edges { node { id } } }",
                lambda ids: {"id": ids["gold"]},
                [],
            ),
            query(
                "($id: ID!)", "transfers(filter: { walletId: $id }) { nodes { id } }", lambda ids: {"id": ids["gold"]}
            ),
            query(
                "($id: ID!)",
                "transfers(filter: { groupId: $id }) { nodes { id } }",
                lambda ids: {"id": ids["group"]},
                [],
            ),
        ],
    ),
    "Query.hold": Example(
        "transfers:read",
        [
            query("($id: ID!)", "hold(id: $id) { id amount { value } }", lambda ids: {"id": ids["hold"]}, None),
            query(
                "($key: KeyOfOperation!)",
                "hold(key: $key) { id amount { value } }",
                lambda ids: {"key": {"operation": "placeHold", "key": ids["key"]}},
                None,
            ),
        ],
    ),
    "Query.holds": Example(
        "transfers:read",
        [
            query("", "holds { nodes { id } }"),
            query(
                "($id: ID!)",
                "holds(filter: { ledgerId: $id }) { nodes { id } edges { node { id } } }",
                lambda ids: {"id": ids["gold"]},
                [],
            ),
            query("($id: ID!)", "holds(filter: { walletId: $id }) { nodes { id } }", lambda ids: {"id": ids["gold"]}),
        ],
    ),
    "Query.entries": Example(
        "transfers:read",
        [
            query("", "entries { nodes { id transfer { id } } }"),
            *(
                query(
                    "($filter: EntryFilter)",
                    "entries(filter: $filter) { nodes { id } edges { node { id } } }",
                    lambda ids, argument=argument, name=name: {"filter": {argument: ids[name]}},
                    missing,
                )
                for argument, name, missing in (
                    ("ledgerId", "gold", []),
                    ("transferId", "transfer", []),
                    ("walletId", "gold", ...),
                    ("holderId", "holder", ...),
                )
            ),
        ],
    ),
    "Query.settledUntil": Example("transfers:read", [query("", "settledUntil")]),
    "Query.booksClosedThrough": Example("transfers:read", [query("", "booksClosedThrough")]),
    "Mutation.closeBooks": Example("books:write", [by_input("closeBooks", through="2020-01-01T00:00:00Z")]),
    "Query.trialBalance": Example("transfers:read", [query("", "trialBalance { lines { debits } balanced }")]),
    "Ledger.entries": Example(
        "transfers:read",
        [
            query(
                "($own: ID!, $filter: EntryFilter)",
                "ledger(by: { id: $own }) { entries(filter: $filter) { nodes { id } } }",
                lambda ids, argument=argument, name=name: {
                    "own": ids["own_unassigned"],
                    "filter": {argument: ids[name]},
                },
                missing,
            )
            for argument, name, missing in (
                ("transferId", "transfer", ...),
                ("walletId", "gold", ...),
                ("holderId", "holder", ...),
                ("ledgerId", "unassigned", "VALIDATION"),
            )
        ],
    ),
    "Query.payment": Example(
        "payments:read",
        [
            query("($id: ID!)", "payment(id: $id) { id amount { value } }", lambda ids: {"id": ids["payment"]}, None),
            query(
                "($key: KeyOfOperation!)",
                "payment(key: $key) { id amount { value } }",
                lambda ids: {"key": {"operation": "simulateIncomingPayment", "key": ids["key"]}},
                None,
            ),
        ],
    ),
    "Query.payments": Example(
        "payments:read",
        [
            query(
                "($id: ID!)",
                "payments(filter: { ledgerId: $id }) { nodes { id } edges { node { id } } }",
                lambda ids: {"id": ids["unassigned"]},
                [],
            ),
            query("", 'payments(filter: { reference: "theirs" }) { nodes { id } }', missing=[]),
        ],
    ),
    "Query.partnerProducts": Example("ledgers:read", [query("", "partnerProducts { name }")]),
    "Query.assets": Example("ledgers:read", [query("", "assets { code }")]),
    "Query.events": Example(
        None,
        [
            query("", "events { nodes { id resourceId data } }"),
            query(
                "($id: ID!)",
                "events(filter: { resourceId: $id }) { nodes { id } }",
                lambda ids: {"id": ids["ledger"]},
                [],
            ),
        ],
    ),
    "Query.feedEnd": Example(None, [query("", "feedEnd")]),
    "Query.eventTypes": Example(None, [query("", "eventTypes")]),
    "Query.webhookEndpoint": Example(
        "webhooks:read",
        [query("($id: ID!)", "webhookEndpoint(id: $id) { id url }", lambda ids: {"id": ids["endpoint"]}, None)],
    ),
    "Query.webhookEndpoints": Example("webhooks:read", [query("", "webhookEndpoints { id url }")]),
    "Query.webhookDelivery": Example(
        "webhooks:read",
        [query("($id: ID!)", "webhookDelivery(id: $id) { id }", lambda ids: {"id": ids["delivery"]}, None)],
    ),
    "Query.webhookDeliveries": Example(
        "webhooks:read",
        [
            query("", "webhookDeliveries { nodes { id } }"),
            query(
                "($id: ID!)",
                "webhookDeliveries(filter: { endpointId: $id }) { nodes { id } }",
                lambda ids: {"id": ids["endpoint"]},
                [],
            ),
            query(
                "($id: ID!)",
                "webhookDeliveries(filter: { resourceId: $id }) { nodes { id } }",
                lambda ids: {"id": ids["endpoint"]},
                [],
            ),
        ],
    ),
    "Query.apiKeys": Example("keys:write", [query("", "apiKeys { id name }")]),
    "Mutation.createHolder": Example(
        "holders:write", [by_input("createHolder", party={"person": {"name": "Ada Lovelace"}})]
    ),
    "Mutation.updateHolder": Example(
        "holders:write", [by_input("updateHolder", holderId=lambda ids: ids["holder"], email="new@example.com")]
    ),
    "Mutation.reviewHolder": Example(
        "holders:review",
        [by_input("reviewHolder", holderId=lambda ids: ids["quarantined"], decision="APPROVE", reason="Known to us.")],
    ),
    "Mutation.issueLedger": Example(
        "ledgers:write",
        [
            by_input(
                "issueLedger",
                holderId=lambda ids: ids["holder"],
                partnerProduct="PayrNet-EUR-1",
                asset="EUR",
                primaryUses=["PAYMENTS"],
                assetsOwnedBy="ME",
                jurisdiction="GB",
            )
        ],
    ),
    "Mutation.issueVirtualLedger": Example(
        "ledgers:write", [by_input("issueVirtualLedger", holderId=lambda ids: ids["holder"], asset="GOLD")]
    ),
    "Mutation.assignLedger": Example(
        "ledgers:write",
        [
            by_input("assignLedger", ledgerId=lambda ids: ids["unassigned"], holderId=lambda ids: ids["own_holder"]),
            by_input("assignLedger", ledgerId=lambda ids: ids["own_unassigned"], holderId=lambda ids: ids["holder"]),
        ],
    ),
    "Mutation.assignIban": Example("ledgers:write", [by_input("assignIban", ledgerId=lambda ids: ids["euro"])]),
    "Mutation.updateLedger": Example(
        "ledgers:write", [by_input("updateLedger", ledgerId=lambda ids: ids["ledger"], metadata={"hacked": True})]
    ),
    "Mutation.closeLedger": Example("ledgers:write", [by_input("closeLedger", ledgerId=lambda ids: ids["ledger"])]),
    "Mutation.createAccount": Example(
        "accounts:write",
        [
            by_input("createAccount", type="GROUP", reference="of another's", holderId=lambda ids: ids["holder"]),
            by_input(
                "createAccount", type="GROUP", reference="on another's", backingLedgerId=lambda ids: ids["ledger"]
            ),
        ],
    ),
    "Mutation.updateAccount": Example(
        "accounts:write",
        [
            by_input(
                "updateAccount",
                accountId=lambda ids: ids["account"],
                holderId=lambda ids: ids["quarantined"],
                backingLedgerId=lambda ids: ids["ledger"],
            )
        ],
    ),
    "Mutation.createWallet": Example(
        "accounts:write",
        [by_input("createWallet", accountReference=lambda ids: ids["reference"], wallet=A_WALLET)],
    ),
    "Mutation.createWallets": Example(
        "accounts:write",
        [
            by_input(
                "createWallets",
                wallets=lambda ids: [{"accountReference": ids["reference"], "wallet": {**A_WALLET, "name": "more"}}],
            )
        ],
    ),
    "Mutation.updateWallet": Example(
        "accounts:write", [by_input("updateWallet", walletId=lambda ids: ids["wallet"], metadata={"hacked": True})]
    ),
    "Mutation.closeWallet": Example("accounts:write", [by_input("closeWallet", walletId=lambda ids: ids["wallet"])]),
    **{
        f"Mutation.{name}": Example(
            "ledgers:freeze",
            [
                by_input(name, id=lambda ids: ids["ledger"], **more),
                by_input(name, id=lambda ids: ids["wallet"], **more),
            ],
        )
        for name, more in (
            ("freeze", {"reason": "Court order."}),
            ("unfreeze", {}),
            ("setOverdraftLimit", {"limit": {"value": "1.00", "asset": "GBP"}}),
        )
    },
    "Mutation.closeAccount": Example(
        "accounts:write", [by_input("closeAccount", accountId=lambda ids: ids["account"])]
    ),
    **{
        f"Mutation.{name}": Example(
            "transfers:write",
            [
                # The amount is checked against the ledgers', so what is another's is looked for before it.
                by_input(name, idempotencyKey="from another's", debitId=theirs, creditId=own, amount=A_POUND),
                by_input(name, idempotencyKey="to another's", debitId=own, creditId=theirs, amount=A_POUND),
            ],
        )
        for name in ("postTransfer", "placeHold")
        for theirs, own in [(lambda ids: ids["ledger"], lambda ids: ids["own_unassigned"])]
    },
    "Mutation.postTransfers": Example("transfers:write", [POST_TRANSFERS]),
    "Mutation.placeHolds": Example("transfers:write", [PLACE_HOLDS]),
    "Mutation.adjustHold": Example(
        "transfers:write",
        [by_input("adjustHold", idempotencyKey="a key", holdId=lambda ids: ids["hold"], amount=A_POUND)],
    ),
    "Mutation.reverseGroup": Example(
        "transfers:write",
        [by_input("reverseGroup", idempotencyKey="a key", groupId=lambda ids: ids["group"])],
    ),
    "Mutation.reverseTransfer": Example(
        "transfers:write",
        [by_input("reverseTransfer", idempotencyKey="a key", transferId=lambda ids: ids["transfer"])],
    ),
    **{
        f"Mutation.{name}": Example(
            "transfers:write",
            [
                by_input(
                    name,
                    "VirtualMovementInput",
                    idempotencyKey="a key",
                    ledgerId=lambda ids: ids["gold"],
                    amount={"value": "1", "asset": "GOLD"},
                )
            ],
        )
        for name in ("creditVirtualLedger", "debitVirtualLedger")
    },
    **{
        f"Mutation.{name}": Example(
            "transfers:write", [by_input(name, idempotencyKey="a key", holdId=lambda ids: ids["hold"])]
        )
        for name in ("captureHold", "releaseHold")
    },
    "Mutation.sendPayment": Example(
        "payments:write",
        [
            by_input(
                "sendPayment",
                idempotencyKey="a key",
                ledgerId=lambda ids: ids["ledger"],
                amount=A_POUND,
                counterparty={"name": "Grace Hopper", "iban": "GB33BUKB20201555555555"},
            )
        ],
    ),
    "Mutation.simulateIncomingPayment": Example(
        "payments:write",
        [
            by_input(
                "simulateIncomingPayment",
                "SimulatePaymentInput",
                idempotencyKey="a key",
                ledgerId=lambda ids: ids["unassigned"],
                amount=A_POUND,
            )
        ],
    ),
    "Mutation.createWebhookEndpoint": Example(
        "webhooks:write",
        [
            by_input("createWebhookEndpoint", url="http://127.0.0.1:9/hooks"),
            by_input("createWebhookEndpoint", url="http://127.0.0.1:9/hooks", holderId=lambda ids: ids["holder"]),
        ],
    ),
    "Mutation.updateWebhookEndpoint": Example(
        "webhooks:write",
        [
            by_input(
                "updateWebhookEndpoint",
                endpointId=lambda ids: ids["endpoint"],
                holderId=lambda ids: ids["holder"],
                enabled=False,
            )
        ],
    ),
    "Mutation.deleteWebhookEndpoint": Example(
        "webhooks:write",
        [mutation("($id: ID!)", "deleteWebhookEndpoint(endpointId: $id)", lambda ids: {"id": ids["endpoint"]})],
    ),
    "Mutation.rotateWebhookSecret": Example(
        "webhooks:write",
        [
            mutation(
                "($id: ID!)",
                "rotateWebhookSecret(endpointId: $id, overlapHours: 0)",
                lambda ids: {"id": ids["endpoint"]},
            )
        ],
    ),
    "Mutation.pingWebhookEndpoint": Example(
        "webhooks:write",
        [mutation("($id: ID!)", "pingWebhookEndpoint(endpointId: $id)", lambda ids: {"id": ids["endpoint"]})],
    ),
    "Mutation.redeliverWebhook": Example(
        "webhooks:write",
        [mutation("($id: ID!)", "redeliverWebhook(deliveryId: $id)", lambda ids: {"id": ids["delivery"]})],
    ),
    "Mutation.replayWebhooks": Example(
        "webhooks:write",
        [
            by_input("replayWebhooks", endpointId=lambda ids: ids["endpoint"], since="2026-11-20T12:00:00Z"),
            by_input(
                "replayWebhooks",
                endpointId=lambda ids: ids["endpoint"],
                since="2026-11-20T12:00:00Z",
                resourceId=lambda ids: ids["ledger"],
            ),
        ],
    ),
    "Mutation.createApiKey": Example("keys:write", [by_input("createApiKey", name="new", scopes=["keys:write"])]),
    "Mutation.revokeApiKey": Example(
        "keys:write",
        [mutation("($id: ID!)", "revokeApiKey(apiKeyId: $id)", lambda ids: {"id": ids["api_key"]})],
    ),
    "Holder.ledgers": Example(
        "ledgers:read",
        [
            query(
                "($own: ID!, $ids: [ID!])",
                "holder(id: $own) { ledgers(filter: { ids: $ids }) { nodes { id } } }",
                lambda ids: {"own": ids["own_holder"], "ids": [ids["ledger"]]},
            ),
            query(
                "($own: ID!, $other: ID!)",
                "holder(id: $own) { ledgers(filter: { holderId: $other }) { nodes { id } } }",
                lambda ids: {"own": ids["own_holder"], "other": ids["holder"]},
                "VALIDATION",
            ),
        ],
    ),
    "WebhookEndpoint.deliveries": Example(
        "webhooks:read",
        [
            query(
                "($id: ID!)",
                "webhookEndpoints { deliveries(filter: { endpointId: $id }) { nodes { id } } }",
                lambda ids: {"id": ids["endpoint"]},
                "VALIDATION",
            ),
            query(
                "($id: ID!)",
                "webhookEndpoints { deliveries(filter: { resourceId: $id }) { nodes { id } } }",
                lambda ids: {"id": ids["endpoint"]},
            ),
        ],
    ),
    "Subscription.ledgerChanged": Example(
        "ledgers:read",
        [
            Call(
                "subscription ($id: ID) { answer: ledgerChanged(ledgerId: $id, after: null) { cursor } }",
                lambda ids: {"id": ids["ledger"]},
                "NOT_FOUND",
            )
        ],
    ),
    "Subscription.events": Example(None, [Call("subscription { answer: events { cursor } }")]),
}


async def objects_of(client, work, *, whose="theirs"):
    """One object of each kind of a customer, by name: their ids, an IBAN and a UK bank account."""
    metadata = {"whose": whose}
    ids = {
        "holder": await client.create_holder(metadata=metadata),
        "quarantined": await client.create_holder(metadata={"simulate": "quarantine", **metadata}),
        "unassigned": await client.issue_ledger(metadata=metadata),
    }
    await work()
    ids["ledger"] = await client.issue_ledger(holderId=ids["holder"], metadata=metadata)
    ids["euro"] = await client.issue_ledger(
        holderId=ids["holder"], partnerProduct="PayrNet-EUR-1", asset="EUR", metadata=metadata
    )
    ids |= await _money_of(client, whose)
    ids |= await _account_of(client, ids["holder"], whose)
    ids["payment"] = await _payment_to(client, ids["unassigned"], reference=whose)
    made = await client.data(
        """mutation {
            endpoint: createWebhookEndpoint(input: { url: "http://127.0.0.1:9/hooks" }) {
                ... on WebhookSecretSuccess { endpoint { id } } }
            key: createApiKey(input: { name: "spare", scopes: ["*"] }) { ... on ApiKeySuccess { apiKey { id } } }
        }"""
    )
    ids["endpoint"] = made["endpoint"]["endpoint"]["id"]
    ids["api_key"] = made["key"]["apiKey"]["id"]
    pinged = await client.data(
        """mutation ($id: ID!) { pingWebhookEndpoint(endpointId: $id) {
            ... on WebhookDeliverySuccess { delivery { id eventId } } } }""",
        id=ids["endpoint"],
    )
    ids["delivery"] = pinged["pingWebhookEndpoint"]["delivery"]["id"]
    replayed = await client.data(
        """mutation ($id: ID!) { replayWebhooks(input: { endpointId: $id, since: "2020-01-01T00:00:00Z" }) {
            ... on WebhookReplaySuccess { replay { id } } } }""",
        id=ids["endpoint"],
    )
    ids["replay"] = replayed["replayWebhooks"]["replay"]["id"]
    await work()
    ids["event"] = str(
        await fetchval("SELECT id FROM events WHERE resource_id = $1 AND type = 'ledger.created'", ids["ledger"])
    )
    account = await client.data(
        "query ($id: ID!) { ledger(by: { id: $id }) { status iban ukBankAccount { sortCode accountNumber } } }",
        id=ids["ledger"],
    )
    assert account["ledger"]["status"] == "OK"
    return {**ids, "iban": account["ledger"]["iban"], "uk": account["ledger"]["ukBankAccount"]}


async def _money_of(client, whose):
    """Gold of nobody's, a transfer of some of it, and a hold."""
    made = await client.data(
        """mutation {
            gold: issueVirtualLedger(input: { asset: "GOLD" }) { ... on LedgerSuccess { ledger { id } } }
            more: issueVirtualLedger(input: { asset: "GOLD" }) { ... on LedgerSuccess { ledger { id } } }
        }"""
    )
    gold_id, more_id = (made[name]["ledger"]["id"] for name in ("gold", "more"))
    amount = {"value": "1.5", "asset": "GOLD"}
    moved = await client.data(
        """mutation ($credit: VirtualMovementInput!, $hold: PlaceHoldInput!) {
            credit: creditVirtualLedger(input: $credit) { ... on TransferSuccess { transfer { id } } }
            hold: placeHold(input: $hold) { ... on HoldSuccess { hold { id } } }
        }""",
        credit={"idempotencyKey": f"found by {whose}", "ledgerId": gold_id, "amount": amount},
        hold={"idempotencyKey": f"found by {whose}", "debitId": gold_id, "creditId": more_id, "amount": amount},
    )
    transfer_id = moved["credit"]["transfer"]["id"]
    grouped = await client.data(
        """mutation ($credit: VirtualMovementInput!, $group: PostTransfersInput!) {
            creditVirtualLedger(input: $credit) { __typename }
            group: postTransfers(input: $group) { ... on TransfersSuccess { groupId } }
        }""",
        credit={"idempotencyKey": "more found", "ledgerId": more_id, "amount": amount},
        group={
            "atomic": True,
            "transfers": [
                {"idempotencyKey": "in a group", "debitId": more_id, "creditId": gold_id, "amount": amount},
                {"idempotencyKey": "and back", "debitId": gold_id, "creditId": more_id, "amount": amount},
            ],
        },
    )
    return {
        "group": grouped["group"]["groupId"],
        "gold": gold_id,
        "key": f"found by {whose}",
        "transfer": transfer_id,
        "hold": moved["hold"]["hold"]["id"],
        "entry": str(entry_id(UUID(transfer_id), EntryDirection.CREDIT)),
    }


async def _account_of(client, holder_id, whose):
    """An account of a holder with one wallet."""
    made = await client.data(
        """mutation ($input: CreateAccountInput!) { createAccount(input: $input) {
            ... on AccountSuccess { account { id reference wallets { nodes { id } } } } } }""",
        input={
            "type": "GROUP",
            "reference": f"account of {whose}",
            "holderId": holder_id,
            "metadata": {"whose": whose},
            "wallets": [{**A_WALLET, "name": "default", "currency": "USD", "metadata": {"whose": whose}}],
        },
    )
    account = made["createAccount"]["account"]
    [wallet] = account["wallets"]["nodes"]
    return {"account": account["id"], "wallet": wallet["id"], "reference": account["reference"]}


async def _payment_to(client, ledger_id, *, reference):
    """A pound from outside for a ledger; answers the payment's id."""
    asked = {
        "idempotencyKey": f"found by {reference}",
        "ledgerId": ledger_id,
        "amount": A_POUND,
        "reference": reference,
    }
    answer = await client.data(
        """mutation ($input: SimulatePaymentInput!) { simulateIncomingPayment(input: $input) {
            ... on PaymentSuccess { payment { id } } } }""",
        input=asked,
    )
    return answer["simulateIncomingPayment"]["payment"]["id"]


async def actor_of(client):
    """Who asks with a client's key."""
    return await authenticate(f"API-Key {client.api_key}", Via.GRAPHQL)
