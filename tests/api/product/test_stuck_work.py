"""Why a ledger is in ERROR, where a payment is, what a receiver answered, and trying it again: over HTTP."""

from uuid import UUID

import pytest

from app.db.connection import pool
from app.partners.adapters.simulator import Simulator
from app.partners.port import PartnerUnavailable
from tests.bookkeeping import fund

STUCK = """query ($kinds: [StuckKind!]) { stuckWork(kinds: $kinds) {
    items { kind title reason advice since node { __typename id }
        work { workId kind task resourceId status attemptCount nextAttemptAt lastError } }
    counts { kind count hasMore } notSearched { resourceType } } }"""
RETRY = """mutation ($input: RetryWorkInput!) { retryWork(input: $input) { __typename
    ... on WorkSuccess { work { workId status attemptCount } replayed } ... on Error { code message path } } }"""


async def stuck(client, *kinds):
    return (await client.data(STUCK, kinds=list(kinds) or None))["stuckWork"]


@pytest.fixture
async def quarantined(customer, work):
    holder_id = await customer.create_holder(metadata={"simulate": "quarantine"})
    await work()
    return holder_id


async def test_says_why_a_ledger_is_in_error_until_its_holder_is_reviewed(customer, work, quarantined):
    ledger_id = await customer.issue_ledger(holderId=quarantined)
    await work()
    found = await stuck(customer, "LEDGER", "HOLDER")
    ledger, holder = found["items"]
    assert (ledger["kind"], ledger["node"]) == ("LEDGER", {"__typename": "Ledger", "id": ledger_id})
    assert ledger["reason"].startswith("The holder is QUARANTINE.")
    assert "reviewHolder" in ledger["advice"]
    assert (holder["node"]["id"], holder["title"]) == (quarantined, "Ada Lovelace")
    assert {one["kind"]: one["count"] for one in found["counts"]} == {"LEDGER": 1, "HOLDER": 1}
    await customer.data(
        """mutation ($id: ID!) { reviewHolder(input: { holderId: $id, decision: APPROVE, reason: "Known to us." }) {
            __typename } }""",
        id=quarantined,
    )
    await work()
    assert (await stuck(customer))["items"] == []


async def test_finds_nothing_with_an_empty_list(customer, quarantined):
    assert (await customer.data(STUCK))["stuckWork"]["items"] != []
    assert (await customer.data(STUCK, kinds=[]))["stuckWork"]["items"] == []


async def test_says_what_data_is_missing(customer, work):
    holder_id = await customer.create_holder(address=None)
    await work()
    ledger_id = await customer.issue_ledger(holderId=holder_id)
    await work()
    ledger, holder = (await stuck(customer))["items"]
    assert ledger["node"]["id"] == ledger_id
    assert ledger["reason"] == "The holder is MISSING_DATA. It lacks: country."
    assert holder["reason"] == "It lacks: country."
    assert "updateHolder" in holder["advice"]


async def test_says_where_a_payment_is_and_sends_it_when_the_bank_is_back(customer, work, monkeypatch):
    ledger_id = await customer.issue_ledger()
    await work()
    await fund(UUID(customer.customer_id), UUID(ledger_id), 1_000)

    async def away(*_):
        raise PartnerUnavailable("The bank does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(Simulator, "send_payment", away)
        sent = await customer.data(
            """mutation ($id: ID!) { sendPayment(input: { idempotencyKey: "k", ledgerId: $id,
                amount: { value: "5.00", asset: "GBP" }, reference: "Rent",
                counterparty: { name: "Grace Hopper", iban: "GB33BUKB20201555555555" } }) {
                ... on PaymentSuccess { payment { id } } ... on Error { message } } }""",
            id=ledger_id,
        )
        payment_id = sent["sendPayment"]["payment"]["id"]
        for _ in range(2):
            await work()
            await pool().execute("UPDATE outbox_messages SET next_attempt_at = now()")
        await work()
    assert (await stuck(customer, "PAYMENT"))["items"] == []  # It does not wait for long yet.
    await pool().execute("UPDATE payments SET created_at = created_at - interval '1 hour'")
    payment, failing = (await stuck(customer, "PAYMENT", "WORK"))["items"]
    assert payment["node"] == failing["node"] == {"__typename": "Payment", "id": payment_id}
    assert payment["title"] == "5.00 GBP to Grace Hopper"
    assert payment["reason"] == "Send the payment through its bank: PartnerUnavailable: The bank does not answer."
    assert payment["work"] == failing["work"]
    assert (payment["work"]["kind"], payment["work"]["attemptCount"]) == ("send_payment", 3)
    assert payment["work"]["lastError"] == "PartnerUnavailable: The bank does not answer."

    wanted = {"workId": payment["work"]["workId"], "idempotencyKey": "again"}
    retried = (await customer.data(RETRY, input=wanted))["retryWork"]
    assert retried["work"] == {"workId": payment["work"]["workId"], "status": "PENDING", "attemptCount": 0}
    assert retried["replayed"] is False
    await work()
    assert (await stuck(customer, "PAYMENT", "WORK"))["items"] == []
    shown = await customer.data("query ($id: ID!) { payment(id: $id) { status } }", id=payment_id)
    assert shown["payment"]["status"] == "ACCEPTED"
    again = (await customer.data(RETRY, input=wanted))["retryWork"]
    assert (again["work"], again["replayed"]) == (None, True)
    missing = (await customer.data(RETRY, input={"workId": payment["work"]["workId"]}))["retryWork"]
    assert (missing["__typename"], missing["path"]) == ("NotFoundError", ["input", "workId"])


async def test_tells_who_had_work_retried_in_the_audit_trail(customer, quarantined):
    await pool().execute(
        """
        INSERT INTO outbox_messages (customer_id, id, kind, resource_id, status, attempt_count, last_error, created_at)
        VALUES ($1, $2, 'screen_holder', $2, 'DEAD', 59, 'TimeoutError: no answer', now())
        """,
        UUID(customer.customer_id),
        UUID(quarantined),
    )
    await customer.data(RETRY, input={"workId": quarantined})
    answer = await customer.data(
        "query { events(last: 1) { nodes { type via actor apiKey { name } data } } viewer { apiKey { id name } } }"
    )
    [event] = answer["events"]["nodes"]
    key = answer["viewer"]["apiKey"]
    assert (event["type"], event["via"], event["actor"]) == ("work.retried", "graphql", f"api_key:{key['id']}")
    assert event["apiKey"] == {"name": key["name"]}
    assert (event["data"]["kind"], event["data"]["retry_count"]) == ("screen_holder", 1)


async def test_says_what_a_receiver_answered_at_last_and_which_endpoint_is_off(customer):
    made = await customer.data(
        """mutation { createWebhookEndpoint(input: { url: "http://127.0.0.1:9/hooks" }) {
            ... on WebhookSecretSuccess { endpoint { id } } } }"""
    )
    endpoint_id = made["createWebhookEndpoint"]["endpoint"]["id"]
    pinged = await customer.data(
        """mutation ($id: ID!) { pingWebhookEndpoint(endpointId: $id) {
            ... on WebhookDeliverySuccess { delivery { id } } } }""",
        id=endpoint_id,
    )
    delivery_id = pinged["pingWebhookEndpoint"]["delivery"]["id"]
    await pool().execute(
        "UPDATE webhook_deliveries SET status = 'EXHAUSTED', attempt_count = 2, next_attempt_at = NULL WHERE id = $1",
        UUID(delivery_id),
    )
    await pool().executemany(
        """
        INSERT INTO webhook_attempts (customer_id, delivery_id, number, started_at, duration_ms, response_status, error)
        VALUES ($1, $2, $3, now(), 5, $4, $5)
        """,
        [
            (UUID(customer.customer_id), UUID(delivery_id), 1, None, "connect: refused"),
            (UUID(customer.customer_id), UUID(delivery_id), 2, 503, None),
        ],
    )
    await customer.data(
        """mutation ($id: ID!) { updateWebhookEndpoint(input: { endpointId: $id, enabled: false }) { __typename } }""",
        id=endpoint_id,
    )
    delivery, endpoint = (await stuck(customer))["items"]
    assert (delivery["node"]["id"], endpoint["node"]["id"]) == (delivery_id, endpoint_id)
    assert delivery["reason"] == "webhook.ping failed at every attempt; the last one: it answered 503."
    assert "redeliverWebhook" in delivery["advice"]
    assert "Enable it" in endpoint["advice"]


async def test_may_be_asked_for_with_all_that_it_has(customer):
    document = STUCK.replace("stuckWork(kinds: $kinds)", "stuckWork(kinds: $kinds, first: 100)")
    assert (await customer.data(document, kinds=None))["stuckWork"]["items"] == []
