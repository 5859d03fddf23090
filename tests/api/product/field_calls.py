"""An example call of every field that takes a scope of its own, and of every subscription: see calls.py."""

from tests.api.product.call import Call, Example, query

FIELDS = {
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
}
"""Those of other types."""
SUBSCRIPTIONS = {
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
