"""`quaestor trigger` makes each type of event happen, in each environment that is not LIVE."""

import asyncio
import json

import httpx
import pytest
from jsonschema import Draft7Validator, FormatChecker
from typer.testing import CliRunner

from app.api.event_catalog.message_schemas import full_schema
from app.api_client import api_client
from app.cli import trigger as module
from app.cli.exits import WrongUsage
from app.cli.main import application
from app.cli.running_server import Server
from app.demo.triggers.table import REFUSED, TRIGGERS
from app.events.event_types import DERIVED_TYPES, EVENT_TYPES
from app.events.record import API_VERSION
from app.kernel.errors import Refused
from app.settings import Settings
from tests.cli.running_dev import running_dev

EVENT = """
query ($id: ID!) {
  node(id: $id) {
    ... on Event { type resourceType resourceId resourceVersion data previous via requestId occurredAt }
  }
}"""
A_WHILE = 300


@pytest.fixture(scope="module", params=["PLAY", "PLAYLIVE"])
def server(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    quick = {"QUAESTOR_SIMULATOR_DELAY_SECONDS": "0.05", "QUAESTOR_WEBHOOK_PAUSE_AFTER_SECONDS": "1"}
    with running_dev(folder, QUAESTOR_ENVIRONMENT=request.param, **quick) as running:
        yield running


def settings_of(server):
    return Settings(QUAESTOR_URL=server.url, QUAESTOR_API_KEY=server.api_key)


@pytest.mark.thorough
@pytest.mark.timeout(A_WHILE)
async def test_makes_every_type_happen_as_its_schema_says(server):
    async with api_client(server.url, server.api_key) as client:
        await _make_endpoint(client)
        limit = asyncio.Semaphore(8)

        async def one(event_type):
            async with limit:
                return event_type, await module._trigger(settings_of(server), event_type)

        for event_type, told in await asyncio.gather(*(one(event_type) for event_type in TRIGGERS)):
            assert {event["type"] for event in told} == {event_type}
            assert len(told) == (2 if event_type in DERIVED_TYPES else 1)
            if event_type not in DERIVED_TYPES:
                await _check(client, event_type, told[0]["event_id"])


async def _make_endpoint(client):
    """For the ping: nobody listens there."""
    await client.change(
        'mutation { createWebhookEndpoint(input: {url: "http://127.0.0.1:9/hooks", eventTypes: ["books.reopened"]}) {'
        " ... on WebhookSecretSuccess { endpoint { id } } ... on Error { code message } } }"
    )


async def _check(client, event_type, event_id):
    event = (await client.ask(EVENT, id=event_id))["node"]
    assert event["type"] == event_type
    message = {
        "id": event_id,
        "type": event_type,
        "timestamp": event["occurredAt"],
        "api_version": API_VERSION,
        "resource": {"type": event["resourceType"], "id": event["resourceId"], "version": event["resourceVersion"]},
        "previous": event["previous"],
        "data": event["data"],
        "cause": {"via": event["via"], "request_id": event["requestId"]},
    }
    faults = list(Draft7Validator(full_schema(event_type), format_checker=FormatChecker()).iter_errors(message))
    assert faults == [], (event_type, faults[0].message, list(faults[0].path))


def run(server, monkeypatch, *arguments):
    monkeypatch.setenv("QUAESTOR_URL", server.url)
    monkeypatch.setenv("QUAESTOR_API_KEY", server.api_key)
    return CliRunner().invoke(application, ["trigger", *arguments])


def test_prints_the_event_for_people_and_for_scripts(dev, monkeypatch):
    shown = run(dev, monkeypatch, "account.created")
    assert shown.exit_code == 0, shown.exception
    header, line = shown.output.splitlines()
    assert header.split() == ["type", "event_id", "resource_type", "resource_id"]
    assert line.startswith("account.created")
    [told] = json.loads(run(dev, monkeypatch, "wallet.created", "--json").output)
    assert (told["type"], told["resource_type"]) == ("wallet.created", "wallet")


@pytest.mark.thorough
def test_an_endpoint_is_paused_after_a_minute_and_leaves_nothing(dev, monkeypatch):
    [told] = json.loads(run(dev, monkeypatch, "webhook_endpoint.status.paused", "--json").output)

    async def look():
        async with api_client(dev.url, dev.api_key) as client:
            event = (await client.ask(EVENT, id=told["event_id"]))["node"]
            return event, (await client.ask("{ webhookEndpoints { id } }"))["webhookEndpoints"]

    event, endpoints = asyncio.run(look())
    assert (event["data"]["status"], event["previous"]["status"]) == ("PAUSED", "ENABLED")
    assert told["resource_id"] not in {endpoint["id"] for endpoint in endpoints}


@pytest.mark.thorough
def test_an_endpoint_is_not_paused_where_webhooks_may_not_go_to_loopback(monkeypatch, tmp_path):
    with running_dev(tmp_path, QUAESTOR_WEBHOOK_ALLOWED_NETWORKS="10.1.0.0/16") as strict:
        result = run(strict, monkeypatch, "webhook_endpoint.status.paused")
    assert isinstance(result.exception, Refused)
    assert "127.0.0.1 is not a public address" in str(result.exception)


def test_lists_every_type(monkeypatch):
    listed = json.loads(CliRunner().invoke(application, ["trigger", "--list", "--json"]).output)
    assert [one["type"] for one in listed] == list(EVENT_TYPES)
    assert {one["type"] for one in listed if one["is_refused"]} == REFUSED.keys()
    assert all(one["what"] for one in listed)


@pytest.mark.parametrize("event_type", sorted(REFUSED))
def test_says_why_a_type_is_refused(event_type):
    result = CliRunner().invoke(application, ["trigger", event_type])
    assert isinstance(result.exception, Refused)
    assert str(result.exception) == f"{event_type} cannot be triggered. {REFUSED[event_type]}"


@pytest.mark.parametrize("arguments", [[], ["ledger.exploded"], ["ledger.*"]])
def test_names_what_can_be_triggered(arguments):
    result = CliRunner().invoke(application, ["trigger", *arguments])
    assert isinstance(result.exception, WrongUsage)
    assert "--list" in str(result.exception)


def test_makes_nothing_happen_in_live(monkeypatch):
    def answer(request):
        assert b"mutation" not in request.content
        return httpx.Response(200, json={"data": {"feedEnd": "c", "viewer": {"environment": "LIVE"}}})

    original = httpx.AsyncClient

    def mocked(**options):
        return original(**options, transport=httpx.MockTransport(answer))

    async def found(_settings):
        return Server("http://quaestor", "key")

    monkeypatch.setattr(module, "running_server", found)
    monkeypatch.setattr("app.api_client.httpx.AsyncClient", mocked)
    with pytest.raises(Refused, match="This server is LIVE"):
        asyncio.run(module._trigger(Settings(), "holder.created"))


@pytest.mark.thorough
def test_says_that_there_is_nothing_to_ping(monkeypatch, tmp_path):
    with running_dev(tmp_path) as fresh:
        result = run(fresh, monkeypatch, "webhook.ping")
    assert isinstance(result.exception, Refused)
    assert "There is no endpoint to ping" in str(result.exception)
