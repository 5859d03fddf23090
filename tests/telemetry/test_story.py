"""A rich story through all doors, as the collector sees it: one trace from a request to its webhook, and no secrets."""

import re
from datetime import timedelta

import pytest
from aiohttp import web

from app.access.note_last_use import finish_noting_last_use
from app.access.open_customer import open_customer
from app.db.connection import fetch, fetchval
from app.main import create_app
from app.settings import LOOPBACK_NETWORKS, load_settings
from app.webhooks.deliveries.attempt_deliveries import DeliveryPipeline
from app.webhooks.deliveries.claimed import Lease
from app.webhooks.deliveries.send_request import Sender
from app.webhooks.egress import EgressRules
from app.webhooks.retry_schedule import RetrySchedule
from app.webhooks.vault import Vault
from tests.api.product.conftest import Client
from tests.api.rest.conftest import GBP_LEDGER, RestClient
from tests.empty_tables import empty_all_tables
from tests.promised_work import PromisedWork
from tests.webhooks.conftest import Receiver, listening
from tests.workers.kafka.one_partition import Door

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
SECRET_KEY = "a key of the settings for the tests"
MARKED = {
    *("Lovelace", "Hopper", "marked-street", "marked-metadata", "marked-description", "marked-reference"),
    *(
        "marked-header",
        "marked-account",
        "marked-key",
        "marked-answer",
        "marked-variable",
        "Traced",
        "GB33BUKB20201555555555",
    ),
    SECRET_KEY,
}
CREATE_ENDPOINT = """mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
    ... on WebhookSecretSuccess { secret endpoint { id } } ... on Error { message } } }"""
POST = """mutation Traced($input: PostTransferInput!) { postTransfer(input: $input) {
    __typename ... on TransferSuccess { transfer { id } } } }"""
SEND = """mutation ($input: SendPaymentInput!) { sendPayment(input: $input) {
    __typename ... on PaymentSuccess { payment { id } } ... on Error { message } } }"""
ASSIGN_IBAN = "mutation ($id: ID!) { assignIban(input: { ledgerId: $id }) { __typename } }"
CREDIT = """mutation ($input: SimulatePaymentInput!) { simulateIncomingPayment(input: $input) {
    __typename ... on Error { message } } }"""


@pytest.fixture
def settings(migrated_url, collector):
    return load_settings(
        database_url=migrated_url,
        database_pool_size=20,
        secret_key=SECRET_KEY,
        simulator_delay_seconds=0,
        webhook_allow_http=True,
        webhook_allowed_networks=LOOPBACK_NETWORKS,
        telemetry=True,
        telemetry_traces_per_second_max=1_000_000,
        otlp_endpoint=collector.url,
    )


@pytest.fixture
async def receiver():
    async with listening(Receiver()) as made:
        yield made


@pytest.fixture
async def pipeline(settings):
    made = DeliveryPipeline(
        sender=Sender(EgressRules.of(settings)),
        vault=Vault(SECRET_KEY),
        schedule=RetrySchedule((0.0,)),
        lease=Lease(timedelta(minutes=10), timedelta(minutes=1)),
    )
    yield made
    await made.stop(grace_seconds=0)


class Story:
    """One customer through every door, whose traces all arrive at the collector when the API has stopped."""

    def __init__(self, application, opened, settings):
        self.api_key = opened.api_key
        self.graphql = Client(application, opened.api_key, opened.customer_id)
        self.rest = RestClient(application, opened.api_key, opened.customer_id)
        self.kafka = Door(opened.customer_id)
        self.work = PromisedWork(settings)

    async def traced(self, query, **variables):
        response = await self.graphql.post(json={"query": query, "variables": variables}, headers=CALLER)
        return response.json()["data"]


@pytest.fixture
def tell(settings, collector):
    """A function that runs a story with the API, and answers the spans that the collector has when it has stopped."""

    async def run(story):
        application = create_app(settings)
        async with application.app.router.lifespan_context(application):
            await empty_all_tables()
            await story(Story(application, await open_customer("Example Ltd"), settings))
            await finish_noting_last_use()
        return collector.spans

    return run


def amount(value):
    return {"value": value, "asset": "GBP"}


async def funded(story, **wanted):
    """Two ledgers of a holder, with a hundred pounds in the first."""
    holder_id = await story.graphql.create_holder(
        address={"country": "GB", "line1": "marked-street 1"}, metadata={"note": "marked-metadata"}
    )
    await story.work()
    ledgers = [await story.graphql.issue_ledger(holderId=holder_id, **wanted) for _ in range(2)]
    await story.work()
    told = await story.graphql.data(
        CREDIT,
        input={
            "ledgerId": ledgers[0],
            "amount": amount("100.00"),
            "idempotencyKey": "marked-key-1",
            "counterparty": {"name": "Grace Hopper", "iban": "GB33BUKB20201555555555"},
        },
    )
    assert told["simulateIncomingPayment"]["__typename"] == "PaymentSuccess", told
    await story.work()
    return ledgers


async def test_runs_from_the_request_through_verb_statements_and_commit_to_the_webhook(tell, receiver, pipeline):
    async def story(told):
        ledgers = await funded(told)
        await told.graphql.data(CREATE_ENDPOINT, input={"url": receiver.url, "eventTypes": ["transfer.*"]})
        command = {"debitId": ledgers[0], "creditId": ledgers[1], "amount": amount("1.00"), "idempotencyKey": "key"}
        posted = await told.traced(POST, input=command)
        assert posted["postTransfer"]["__typename"] == "TransferSuccess"
        while not receiver.received:
            await pipeline.drain(budget_seconds=60)
        await pipeline.finish(60)

    spans = await tell(story)
    request = spans.one("mutation postTransfer")
    assert (request.trace_id, request.parent_id, request.kind) == (TRACE, SPAN, "server")
    assert request.values["http.response.status_code"] == 200
    assert request.values["quaestor.customer_id"]
    verb = next(one for one in spans if one.name == "post_transfer" and one.parent_id == request.id)
    written = next(one for one in spans if one.name == "post_round" and one.parent_id == verb.id)
    statements = [one for one in spans if one.parent_id == written.id and "INSERT transfers" in one.name]
    attempt = spans.one("webhook attempt")
    assert len(statements) == 1
    assert {one.trace_id for one in (verb, written, *statements, attempt)} == {TRACE}
    assert attempt.parent_id == request.id
    [received] = receiver.received
    assert received.headers["traceparent"] == f"00-{TRACE}-{attempt.id}-01"
    assert {one.resource["service.name"] for one in spans} == {"quaestor-api"}


async def test_runs_through_promised_work_and_the_bank(tell):
    async def story(told):
        issue = """mutation ($input: IssueLedgerInput!) { issueLedger(input: $input) { __typename } }"""
        wanted = {"partnerProduct": "PayrNet-GBP-1", "asset": "GBP", "primaryUses": ["PAYMENTS"]}
        await told.traced(issue, input={**wanted, "assetsOwnedBy": "ME", "jurisdiction": "GB"})
        await told.work()

    spans = await tell(story)
    request, work = spans.one("mutation issueLedger"), spans.one("provision_ledger")
    assert (work.trace_id, work.parent_id, work.kind) == (TRACE, request.id, "consumer")
    verb = spans.one("issue_ledger")
    assert verb.parent_id == request.id
    assert [name for name in spans.below(verb) if name in {"BEGIN", "COMMIT"}] == ["BEGIN", "COMMIT"]
    bank = spans.one("partner simulator open_account")
    assert (bank.parent_id, bank.kind) == (work.id, "client")
    assert spans.below(work)[-1] == "COMMIT"


async def test_runs_from_rest_and_names_the_path_of_the_document(tell):
    async def story(told):
        made = await told.rest.call("POST", "/v1/customer/ledgers", GBP_LEDGER, headers=CALLER)
        assert made.status_code == 201, made.text
        ledger_id = made.json()["ledger_id"]
        await told.rest.call("GET", f"/v1/customer/ledgers/{ledger_id}", headers=CALLER)
        await told.rest.call("GET", "/v1/marked-reference", headers=CALLER)

    spans = await tell(story)
    doors = [one for one in spans if one.kind == "server"]
    assert [one.name for one in doors] == ["POST /v1/customer/ledgers", "GET /v1/customer/ledgers/{ledger_id}", "GET"]
    assert [one.values["http.response.status_code"] for one in doors] == [201, 200, 404]
    assert {one.trace_id for one in doors} == {TRACE}
    [verb] = [one for one in spans if one.parent_id == doors[0].id and one.kind == "internal"]
    assert "COMMIT" in spans.below(verb)


@pytest.mark.parametrize(
    "sent",
    [
        [("traceparent", "00-" + "0" * 32 + "-00f067aa0ba902b7-01")],
        [("traceparent", "a" * 4_000)],
        [("traceparent", f"00-{TRACE}-{SPAN}-01\x00")],
        [("traceparent", CALLER["traceparent"]), ("traceparent", CALLER["traceparent"])],
        [("traceparent", CALLER["traceparent"].upper())],
        [("traceparent", "\u00e9" * 55)],
    ],
    ids=["zeros", "long", "nul", "twice", "upper case", "not ASCII"],
)
async def test_answers_as_ever_whatever_a_hostile_caller_sends(tell, sent):
    async def story(told):
        headers = [
            (name, value.encode("latin-1")) for name, value in [*sent, ("authorization", f"API-Key {told.api_key}")]
        ]
        body = {"query": "{ viewer { customerName } }"}
        response = await told.graphql._client.post("/graphql", headers=headers, json=body)
        assert response.status_code == 200
        assert response.json()["data"]["viewer"]["customerName"] == "Example Ltd"

    spans = await tell(story)
    request = spans.one("query viewer")
    assert (request.parent_id, request.trace_id != TRACE) == (None, True)


async def test_gives_nobody_a_right_or_anothers_objects_by_its_trace(tell):
    async def story(told):
        query = {"query": "{ viewer { customerName } }"}
        refused = await told.graphql._client.post("/graphql", headers=CALLER, json=query)
        assert refused.status_code == 401

    spans = await tell(story)
    [request] = spans
    assert (request.name, request.values["http.response.status_code"]) == ("POST /graphql", 401)
    assert "quaestor.customer_id" not in request.values


async def test_sends_no_secret_no_name_and_nothing_that_was_sent_or_answered(tell, receiver, pipeline, collector):
    forbidden = set(MARKED)

    async def story(told):
        receiver.answer = answer_once_badly()
        endpoint = {
            "url": f"{receiver.url}?token=marked-answer",
            "description": "marked-description",
            "headers": [{"name": "Authorization", "value": "marked-header"}],
        }
        made = await told.graphql.data(CREATE_ENDPOINT, input=endpoint)
        forbidden.update({made["createWebhookEndpoint"]["secret"], told.api_key})
        ledgers = await funded(told, metadata={"note": "marked-metadata"})
        await told.graphql.data(ASSIGN_IBAN, id=ledgers[0])
        await told.work()
        payment = {
            "ledgerId": ledgers[0],
            "amount": amount("7.77"),
            "idempotencyKey": "marked-key-3",
            "counterparty": {"name": "Grace Hopper", "iban": "GB33BUKB20201555555555"},
            "reference": "marked-reference",
        }
        sent = await told.graphql.data(SEND, input=payment)
        assert sent["sendPayment"]["__typename"] == "PaymentSuccess", sent
        await told.work()
        command = {"debitId": ledgers[0], "creditId": ledgers[1], "idempotencyKey": "marked-key-4"}
        for value in ("1.00", "1000000.00", "marked-variable"):
            await told.graphql.post(
                json={"query": POST, "variables": {"input": {**command, "amount": amount(value)}}}, headers=CALLER
            )
        await told.graphql.post(json={"query": '{ holders(filter: { search: "Lovelace" }) { nodes { id } } }'})
        await told.graphql.post(json={"query": "query Lovelace { marked_variable }"})
        account = {"account_reference": "marked-account", "account_type": "group", "metadata": {"a": "marked-metadata"}}
        await told.rest.call("POST", "/api/v1/account", account, key="marked-key-5", headers=CALLER)
        await told.rest.call("GET", "/v1/accounts/marked-account?marked-variable=1")
        await told.kafka.carry_out(
            {"operation": "create_account", **account}, b"marked-variable", headers=list_of(CALLER)
        )
        while not receiver.received:
            await pipeline.drain(budget_seconds=60)
        await pipeline.finish(60)
        forbidden.update(await bank_identifiers())

    spans = await tell(story)
    assert spans.named("webhook attempt")
    assert {one.name.split(" ")[0] for one in spans if one.kind == "server"} >= {"mutation", "query", "POST"}
    assert spans.named("kafka create_account")
    exported = b"\n".join(collector.bodies).decode("latin-1").lower()
    # An account number has eight digits, and so may an id: it must not stand by itself.
    assert [one for one in forbidden if one.lower() in exported and not one.isdecimal()] == []
    decoded = repr(spans).lower()
    assert [one for one in forbidden if re.search(rf"(?<![0-9a-f]){re.escape(one.lower())}(?![0-9a-f])", decoded)] == []
    assert SECRET_KEY in forbidden
    assert any(one.isdecimal() for one in forbidden)


def list_of(headers):
    return [(name, value.encode()) for name, value in headers.items()]


def answer_once_badly():
    statuses = iter([500])

    async def answer(_request):
        return web.Response(status=next(statuses, 200), text="marked-answer")

    return answer


async def bank_identifiers():
    """Every IBAN, account number and secret that the database has in plain text."""
    rows = await fetch("SELECT iban, account_number FROM ledgers")
    found = {value for row in rows for value in row if value}
    assert any(re.fullmatch(r"GB\d{2}[A-Z]{4}\d{14}", one) for one in found)
    assert await fetchval("SELECT count(*) FROM payments") == 2
    return found
