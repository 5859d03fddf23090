"""Two hundred ledgers at once, over two APIs and two workers."""

import asyncio

import pytest
from schwifty import BIC, IBAN

from tests.faults.client import Client
from tests.faults.processes import product
from tests.faults.receiver import receiver
from tests.faults.story import GBP, ISSUED, new_customer

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

COUNT = 200
READY_SECONDS_MAX = 120

LEDGER = """query($id: ID!) { ledger(by: {id: $id}, wait: true) {
    id status iban bic ibanStatus ukBankAccount { sortCode accountNumber }
} }"""
LISTED = "{ ledgers(first: 1, filter: {status: [OK]}) { totalCount } }"
ATTEMPTED = """query($after: String) { webhookDeliveries(first: 100, after: $after) {
    nodes { status attempts { number } } pageInfo { hasNextPage endCursor }
} }"""


async def test_opens_each_of_200_ledgers_once_and_tells_of_it_once(tmp_path):
    async with product(tmp_path) as running:
        for _ in range(2):
            running.start_api()
            running.start_worker(QUAESTOR_WORK_LEASE_SECONDS="30")
        await running.until_ready()
        client = Client(running.addresses, await new_customer(running.database_url))
        try:
            async with receiver() as receiving:
                full = await _subscribe(client, receiving, "FULL", ["ledger.status.ok"])
                notified = await _subscribe(client, receiving, "NOTIFICATION", ["ledger.*"])
                ledgers = await asyncio.gather(*(_issue(client, number) for number in range(COUNT)))
                _prove_ledgers(ledgers)
                assert (await client.ask(LISTED))["ledgers"]["totalCount"] == COUNT
                await _prove_deliveries(full, notified, {ledger["id"] for ledger in ledgers})
                await _prove_attempts(client)
                assert client.failures == []
        finally:
            await client.close()


async def _subscribe(client, receiving, payload, event_types):
    inbox = receiving.inbox(payload)
    made = await client.mutate(
        "createWebhookEndpoint",
        "... on WebhookSecretSuccess { secret }",
        url=inbox.url,
        payload=payload,
        eventTypes=event_types,
    )
    inbox.secret = made["secret"]
    return inbox


async def _issue(client, number):
    issued = await client.mutate("issueLedger", ISSUED, **GBP, metadata={"number": number})
    ledger = {"status": "PENDING"}
    while ledger["status"] == "PENDING":  # A wait may end before the bank has served all of these.
        ledger = (await client.ask(LEDGER, id=issued["ledger"]["id"]))["ledger"]
    return ledger


def _prove_ledgers(ledgers):
    assert {(ledger["status"], ledger["ibanStatus"]) for ledger in ledgers} == {("OK", "OK")}
    ibans = [IBAN(ledger["iban"], validate_bban=True) for ledger in ledgers]
    assert len(set(ibans)) == COUNT
    accounts = [(it["ukBankAccount"]["sortCode"], it["ukBankAccount"]["accountNumber"]) for it in ledgers]
    assert len(set(accounts)) == COUNT
    assert [(iban.branch_code, iban.account_code) for iban in ibans] == accounts
    assert {BIC(ledger["bic"]).country_code for ledger in ledgers} == {"GB"}


async def _prove_deliveries(full, notified, ids):
    async with asyncio.timeout(READY_SECONDS_MAX):
        while min(len(full.ids), len(notified.ids)) < COUNT:
            await asyncio.sleep(0.05)
    assert full.faults + notified.faults == []
    assert full.ids == notified.ids
    assert {body["type"] for body in full.bodies.values()} == {"ledger.status.ok"}
    assert {body["resource"]["id"] for body in full.bodies.values()} == ids
    assert {body["type"] for body in notified.bodies.values()} == {"entity-ready-to-use"}
    assert {body["ledger_id"] for body in notified.bodies.values()} == ids
    assert (len(full.ids), full.repeats, notified.repeats) == (COUNT, 0, 0)


async def _prove_attempts(client):
    """Each delivery is recorded as made by one request: none will come again."""
    async with asyncio.timeout(READY_SECONDS_MAX):
        while (found := await _deliveries(client)) != [("DELIVERED", [1])] * (2 * COUNT):
            assert {status for status, _ in found} <= {"DELIVERED", "PENDING"}
            await asyncio.sleep(0.1)


async def _deliveries(client):
    found, page = [], {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        answer = (await client.ask(ATTEMPTED, after=page["endCursor"]))["webhookDeliveries"]
        found += [(node["status"], [attempt["number"] for attempt in node["attempts"]]) for node in answer["nodes"]]
        page = answer["pageInfo"]
    return found
