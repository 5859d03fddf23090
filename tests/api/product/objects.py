"""One object of each kind of a customer, for calls that reach it."""

from uuid import UUID

from app.access.authenticate import authenticate
from app.db.connection import fetchval, pool
from app.db.identifiers import new_id
from app.journal.records import entry_id
from app.journal.status import EntryDirection
from app.kernel.actor import Via
from tests.api.product.call import A_POUND, A_WALLET


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
    ids["access_token"] = await _token_of(client, ids["holder"])
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
    ids["work"] = await _stuck_work(client.customer_id, ids["holder"])
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


async def _token_of(client, holder_id):
    """An access token of a holder; answers its id."""
    made = await client.data(
        """mutation ($id: ID!) { createAccessToken(input: { holderId: $id, scopes: ["*"] }) {
            ... on AccessTokenSuccess { accessToken { id } } } }""",
        id=holder_id,
    )
    return made["createAccessToken"]["accessToken"]["id"]


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


async def _stuck_work(customer_id, holder_id):
    """Work for a holder that is out of retries; answers its id."""
    work_id = new_id()
    await pool().execute(
        """
        INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, attempt_count, last_error, created_at)
        VALUES ($1, $2, 'resubmit_ledgers', $3, 'DEAD', 59, 'TimeoutError: no answer', now())
        """,
        UUID(customer_id),
        work_id,
        UUID(holder_id),
    )
    return str(work_id)


async def actor_of(client):
    """Who asks with a client's key."""
    return await authenticate(f"API-Key {client.api_key}", Via.GRAPHQL)
