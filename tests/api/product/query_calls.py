"""An example call of every query: see calls.py."""

from tests.api.product.call import FOUND_NOTHING, Example, query

LEDGER_FILTER = "($filter: LedgerFilter)"
LEDGERS = "ledgers(filter: $filter) { nodes { id } edges { node { id } } totalCount }"
NO_NODES = {"iban", "uk", "group", "reference", "key", "work", "own_holder", "own_unassigned", "own_wallet"}
"""What `node` does not find by."""

QUERIES = {
    "Query.viewer": Example(None, [query("", "viewer { customerId apiKey { id } }")]),
    "Query.node": Example(
        None,
        [
            query("($id: ID!)", "node(id: $id) { id __typename }", lambda ids, name=name: {"id": ids[name]}, None)
            for name in (
                *("holder", "ledger", "unassigned", "transfer", "hold", "entry", "payment"),
                *("endpoint", "delivery", "replay", "event", "api_key", "access_token", "account", "wallet"),
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
    "Query.find": Example(
        None,
        [
            query(
                "($text: String!)",
                "find(text: $text) { objects { type title by node { id } } hasMore }",
                lambda ids, name=name: {"text": ids[name]},
                FOUND_NOTHING,
            )
            for name in (
                *("holder", "ledger", "transfer", "hold", "entry", "payment", "endpoint", "delivery", "replay"),
                *("event", "api_key", "access_token", "account", "wallet", "iban", "reference", "key"),
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
    "Query.statement": Example(
        "transfers:read",
        [
            query(
                "($id: ID!)",
                'statement(id: $id, from: "2020-01-01T00:00:00Z") { closing { value } entries { nodes { id } } }',
                lambda ids, name=name: {"id": ids[name]},
                None,
            )
            for name in ("ledger", "wallet")
        ],
    ),
    "Query.safeguarding": Example(
        "accounts:read",
        [
            query(
                "($id: ID!)",
                "safeguarding(ledgerId: $id) { balance { value } wallets { value } walletCount }",
                lambda ids: {"id": ids["ledger"]},
                None,
            )
        ],
    ),
    "Query.balances": Example(
        None,
        [
            query("", "balances { asset posted { value } count }"),
            query(
                "($holderId: ID)",
                "balances(holderId: $holderId) { posted { value } }",
                lambda ids: {"holderId": ids["holder"]},
            ),
            query(
                "($reference: String)",
                "balances(accountReference: $reference) { posted { value } }",
                lambda ids: {"reference": ids["reference"]},
            ),
        ],
    ),
    "Query.transferCounts": Example(
        "transfers:read", [query("", 'transferCounts(from: "2025-01-01T00:00:00Z", interval: MONTH) { count }')]
    ),
    "Query.paymentCounts": Example("payments:read", [query("", "paymentCounts { status count }")]),
    "Query.stuckWork": Example(
        None, [query("", "stuckWork { items { node { id } work { workId resourceId } reason } counts { count } }")]
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
    "Query.trialBalance": Example("transfers:read", [query("", "trialBalance { lines { debits } balanced }")]),
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
    "Query.accessTokens": Example(
        "keys:write", [query("($id: ID!)", "accessTokens(holderId: $id) { id }", lambda ids: {"id": ids["holder"]})]
    ),
    "Query.apiKeys": Example("keys:write", [query("", "apiKeys { id name }")]),
}
