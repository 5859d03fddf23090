"""An endpoint's own headers and certificates go out with its messages, and with nobody else's."""

import asyncio
import ssl

import orjson
import pytest
from aiohttp import web

from app.db.connection import fetch, fetchval, pool
from app.db.pages import Page
from app.kernel.errors import Invalid
from app.webhooks.client_tls import ClientTls
from app.webhooks.endpoints.update_webhook_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from app.webhooks.own_headers import OwnHeader
from app.webhooks.queries import DeliveryFilter, attempts_of_deliveries, read_webhook_deliveries
from app.webhooks.status import EndpointField
from tests.webhooks.certificates import Authority
from tests.webhooks.conftest import EGRESS, VAULT
from tests.webhooks.deliveries.test_send_request import resolving_to

HEADERS = (OwnHeader("Authorization", "Bearer hush-hush"), OwnHeader("X-Api-Key", "a7e1c3"))
NAME = "hooks.example.com"


@pytest.fixture
def drain(pipelines):
    async def run():
        async with asyncio.timeout(60):
            await pipelines(waits=(1000.0,)).drain(budget_seconds=60)

    return run


@pytest.fixture
def update(actor):
    async def run(endpoint, **wanted):
        command = UpdateWebhookEndpoint(str(endpoint.id), **wanted)
        return await update_webhook_endpoint(actor, command, vault=VAULT, egress=EGRESS)

    return run


async def errors(actor):
    deliveries = await read_webhook_deliveries(actor, DeliveryFilter(), Page(10))
    found = await attempts_of_deliveries(actor, [delivery.id for delivery in deliveries])
    return [attempt.error for attempts in found.values() for attempt in attempts]


class TestHeaders:
    async def test_are_sent_with_first_attempts_and_with_retries(self, subscribe, receiver, happen, drain):
        await subscribe(receiver.url, event_types=["ledger.*"], headers=HEADERS)
        receiver.answer = 500
        await happen()
        await drain()
        await pool().execute("UPDATE webhook_deliveries SET next_attempt_at = now()")
        await drain()
        assert len(receiver.received) == 2
        for received in receiver.received:
            assert received.headers["authorization"] == "Bearer hush-hush"
            assert received.headers["x-api-key"] == "a7e1c3"
            assert received.headers["webhook-signature"].startswith("v1,")

    async def test_are_sent_to_nobody_else(self, subscribe, receivers, happen, drain):
        first, second = await receivers(), await receivers()
        await subscribe(first.url, event_types=["ledger.*"], headers=HEADERS)
        await subscribe(second.url, event_types=["ledger.*"])
        await happen()
        await drain()
        assert "x-api-key" in first.received[0].headers
        assert not {"x-api-key", "authorization"} & set(second.received[0].headers)

    async def test_are_shown_by_their_names_only(self, subscribe, receiver):
        endpoint, _ = await subscribe(receiver.url, headers=HEADERS)
        assert endpoint.header_names == ("Authorization", "X-Api-Key")
        dump = await fetchval(
            "SELECT string_agg(row::text, '') FROM (SELECT to_jsonb(e) AS row FROM events AS e UNION ALL"
            " SELECT to_jsonb(w) FROM webhook_endpoints AS w) AS every"
        )
        assert "hush" not in dump
        assert "a7e1c3" not in dump
        [event] = await fetch("SELECT body FROM events WHERE type = 'webhook_endpoint.created'")
        assert orjson.loads(event["body"])["data"]["header_names"] == ["Authorization", "X-Api-Key"]

    async def test_are_replaced_all_together_and_emptied(self, subscribe, receiver, update, happen, drain):
        endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"], headers=HEADERS)
        assert (await update(endpoint, headers=None, description="x")).header_names == ("Authorization", "X-Api-Key")
        assert (await update(endpoint, headers=[OwnHeader("X-Other", "b")])).header_names == ("X-Other",)
        await happen()
        await drain()
        assert receiver.received[0].headers["x-other"] == "b"
        assert "x-api-key" not in receiver.received[0].headers
        assert (await update(endpoint, headers=[])).header_names == ()
        await update(endpoint, headers=HEADERS)
        assert (await update(endpoint, clear=[EndpointField.HEADERS])).header_names == ()
        await happen()
        await drain()
        assert not {"x-api-key", "authorization", "x-other"} & set(receiver.received[1].headers)

    async def test_that_are_the_same_change_nothing(self, subscribe, receiver, update):
        endpoint, _ = await subscribe(receiver.url, headers=HEADERS)
        assert (await update(endpoint, headers=list(HEADERS))).version == endpoint.version
        changed = await update(endpoint, headers=[HEADERS[0], OwnHeader("X-Api-Key", "another")])
        assert changed.version == endpoint.version + 1

    async def test_are_checked_by_an_update_too(self, subscribe, receiver, update):
        endpoint, _ = await subscribe(receiver.url, headers=HEADERS)
        with pytest.raises(Invalid):
            await update(endpoint, headers=[OwnHeader("Host", "internal")])

    async def test_do_not_follow_the_url_to_another_server(self, subscribe, receivers, update, happen, drain):
        first, second = await receivers(), await receivers()
        endpoint, _ = await subscribe(first.url, event_types=["ledger.*"], headers=HEADERS)
        assert (await update(endpoint, url=first.url + "/elsewhere?a=b")).header_names
        for url in (second.url, first.url.replace("http:", "https:"), first.url.replace("127.0.0.1", "127.0.0.2")):
            with pytest.raises(Invalid, match="would get the headers of this endpoint") as refused:
                await update(endpoint, url=url)
            assert refused.value.path == ("url",)
        assert (await update(endpoint, url=second.url, clear=[EndpointField.HEADERS])).header_names == ()
        await update(endpoint, url=first.url, headers=[OwnHeader("X-First", "a")])
        await happen()
        await drain()
        assert second.received == []
        assert first.received[0].headers["x-first"] == "a"

    async def test_of_another_vault_put_a_message_off_and_lose_nothing(self, actor, subscribe, receiver, happen, drain):
        await subscribe(receiver.url, event_types=["ledger.*"], headers=HEADERS)
        await pool().execute("UPDATE webhook_endpoints SET sealed_headers = $1", b"x" * 64)
        await happen()
        await drain()
        assert receiver.received == []
        assert await fetchval("SELECT attempt_count FROM webhook_deliveries") == 0


class TestCertificates:
    """The receiver has a certificate of a private authority; the client's may be asked for."""

    @pytest.fixture
    def authority(self):
        return Authority()

    @pytest.fixture
    def https(self, receivers, authority, tmp_path, monkeypatch):
        """A function that starts a receiver; it is `NAME`."""
        resolving_to(monkeypatch, "127.0.0.1")

        async def start(*, trusts=None):
            receiver = await receivers(ssl_context=authority.server(NAME, tmp_path, trusts=trusts))
            receiver.url = receiver.url.replace("127.0.0.1", NAME)
            return receiver

        return start

    async def test_of_a_private_authority_are_trusted_by_its_endpoint_alone(
        self, actor, subscribe, https, authority, happen, drain
    ):
        receiver = await https()
        await subscribe(receiver.url, event_types=["ledger.*"], tls=ClientTls(authority.pem))
        await subscribe(receiver.url, event_types=["ledger.*"])
        await subscribe(receiver.url, event_types=["ledger.*"], tls=ClientTls(Authority().pem))
        await happen()
        await drain()
        assert len(receiver.received) == 1
        said = sorted(await errors(actor), key=str)
        assert said[0] is None
        assert all(error.startswith("tls: the certificate of the receiver is not valid") for error in said[1:])

    async def test_of_a_private_authority_must_still_be_for_the_name(
        self, actor, subscribe, https, authority, happen, drain
    ):
        receiver = await https()
        url = receiver.url.replace(NAME, "other.example.com")
        await subscribe(url, event_types=["ledger.*"], tls=ClientTls(authority.pem))
        await happen()
        await drain()
        [error] = await errors(actor)
        assert "Hostname mismatch" in error

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    async def test_of_the_client_are_shown_to_a_receiver_that_wants_one(
        self, actor, subscribe, receivers, authority, tmp_path, monkeypatch, happen, drain, version
    ):
        clients = Authority("clients")
        server = authority.server(NAME, tmp_path, trusts=clients)
        server.minimum_version = server.maximum_version = version
        resolving_to(monkeypatch, "127.0.0.1")
        receiver = await receivers(ssl_context=server)
        url = receiver.url.replace("127.0.0.1", NAME)
        names = []

        async def who(request):
            certificate = request.transport.get_extra_info("peercert")
            names.append(dict(pair for part in certificate["subject"] for pair in part)["commonName"])
            return web.Response()

        receiver.answer = who
        await subscribe(url, event_types=["ledger.*"], tls=ClientTls(authority.pem, *clients.certify("us")))
        await subscribe(url, event_types=["ledger.*"], tls=ClientTls(authority.pem, *Authority().certify("strangers")))
        await subscribe(url, event_types=["ledger.*"], tls=ClientTls(authority.pem))
        await happen()
        await drain()
        assert names == ["us"]
        said = await errors(actor)
        assert sorted(error is None for error in said) == [False, False, True]
        # With TLS 1.3 the receivers of asyncio drop the alert: test_connection.py shows what others say.
        assert all(error is None or error.startswith(("tls: ", "status: the receiver closed")) for error in said)

    async def test_are_replaced_one_by_one_and_emptied(self, subscribe, https, authority, update, happen, drain):
        clients = Authority("clients")
        receiver = await https(trusts=clients)
        endpoint, _ = await subscribe(
            receiver.url, event_types=["ledger.*"], tls=ClientTls(Authority().pem, *Authority().certify("no"))
        )
        await update(endpoint, tls=ClientTls(authority.pem))
        changed = await update(endpoint, tls=ClientTls(None, *clients.certify("us")))
        assert (changed.tls.ca_certificate, changed.version) == (authority.pem, 3)
        await happen()
        await drain()
        assert len(receiver.received) == 1
        emptied = await update(endpoint, clear=[EndpointField.CLIENT_CERTIFICATE])
        assert (emptied.tls.client_certificate, emptied.tls.sealed_client_key) == (None, None)
        assert (await update(endpoint, clear=[EndpointField.CA_CERTIFICATE])).tls is None
        with pytest.raises(Invalid, match="CA_CERTIFICATE is given and to be emptied at once"):
            await update(endpoint, tls=ClientTls(authority.pem), clear=[EndpointField.CA_CERTIFICATE])
        with pytest.raises(Invalid, match="goes with its private key"):
            await update(endpoint, tls=ClientTls(None, clients.pem))

    async def test_take_effect_on_connections_that_are_open(
        self, actor, subscribe, https, authority, update, happen, pipeline
    ):
        """A kept connection was made with the certificates of before."""
        receiver = await https()
        endpoint, _ = await subscribe(receiver.url, event_types=["ledger.*"], tls=ClientTls(authority.pem))
        await happen()
        await pipeline.drain(budget_seconds=60)
        assert len(receiver.received) == 1
        await update(endpoint, tls=ClientTls(Authority("another").pem))
        await happen()
        await pipeline.drain(budget_seconds=60)
        assert len(receiver.received) == 1

    async def test_are_told_by_their_fingerprints_and_the_key_by_nothing(self, subscribe, receiver, authority, update):
        certificate, key = authority.certify("us")
        url = receiver.url.replace("http:", "https:")
        endpoint, _ = await subscribe(url, tls=ClientTls(authority.pem, certificate, key))
        dump = await fetchval(
            "SELECT string_agg(row::text, '') FROM (SELECT to_jsonb(e) AS row FROM events AS e UNION ALL"
            " SELECT to_jsonb(w) FROM webhook_endpoints AS w) AS every"
        )
        assert "PRIVATE KEY" not in dump
        await update(endpoint, clear=[EndpointField.CLIENT_CERTIFICATE])
        [event] = await fetch("SELECT body FROM events WHERE type = 'webhook_endpoint.updated'")
        told = orjson.loads(event["body"])
        assert set(told["previous"]) == {"client_certificate_sha256"}
        assert told["data"]["client_certificate_sha256"] is None
        assert len(told["data"]["ca_certificate_sha256"]) == 64
