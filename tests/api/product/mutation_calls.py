"""An example call of every mutation: see calls.py."""

from tests.api.product.call import A_POUND, A_WALLET, REFUSAL, Call, Example, by_input, mutation

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

MUTATIONS = {
    "Mutation.closeBooks": Example("books:write", [by_input("closeBooks", through="2020-01-01T00:00:00Z")]),
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
    "Mutation.createAccessToken": Example(
        "keys:write",
        [by_input("createAccessToken", holderId=lambda ids: ids["holder"], scopes=["ledgers:read"])],
    ),
    "Mutation.revokeAccessToken": Example(
        "keys:write",
        [mutation("($id: ID!)", "revokeAccessToken(accessTokenId: $id)", lambda ids: {"id": ids["access_token"]})],
    ),
    "Mutation.retryWork": Example("work:write", [by_input("retryWork", workId=lambda ids: ids["work"])]),
    "Mutation.createApiKey": Example("keys:write", [by_input("createApiKey", name="new", scopes=["keys:write"])]),
    "Mutation.revokeApiKey": Example(
        "keys:write",
        [mutation("($id: ID!)", "revokeApiKey(apiKeyId: $id)", lambda ids: {"id": ids["api_key"]})],
    ),
}
