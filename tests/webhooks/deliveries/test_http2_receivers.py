"""A receiver that speaks HTTP/2 only, or refuses the handshake by an alert, costs an attempt, told by its stage."""

import asyncio

import pytest

from app.webhooks.client_tls import ClientTls
from app.webhooks.deliveries.send_request import Sender
from app.webhooks.queries import attempts_of_deliveries
from app.webhooks.status import DeliveryStatus
from tests.webhooks.certificates import Authority
from tests.webhooks.conftest import EGRESS
from tests.webhooks.deliveries.steps import deliveries, drain
from tests.webhooks.deliveries.test_connection import LOOPS
from tests.webhooks.deliveries.test_send_request import resolving_to
from tests.webhooks.threaded_receiver import end, taking

NAME = "hooks.example.com"
SETTINGS = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x64"
GO_AWAY = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + b"\x00\x00\x00\x00" + b"\x00\x00\x00\x01"
NO_ANSWER = "status: what came back is no HTTP answer"
FATAL = b"\x15\x03\x03\x00\x02\x02"
HANDSHAKE_FAILURE, PROTOCOL_VERSION, INTERNAL_ERROR, UNRECOGNIZED_NAME = 40, 70, 80, 112
UNKNOWN_PSK_IDENTITY, NO_APPLICATION_PROTOCOL = 115, 120


@pytest.fixture
def authority():
    return Authority()


@pytest.fixture
def http2(authority, tmp_path, monkeypatch):
    """A function that makes a talk of HTTP/2 only over TLS; it is `NAME`."""
    resolving_to(monkeypatch, "127.0.0.1")
    context = authority.server(NAME, tmp_path)
    context.set_alpn_protocols(["h2"])

    def over_tls(talk):
        def secured(connection):
            with context.wrap_socket(connection, server_side=True) as stream:
                talk(stream)
                end(stream)

        return secured

    return over_tls


def speaks_first(stream):
    """As servers of HTTP/2 do, who need not wait for the client's preface."""
    stream.sendall(SETTINGS)


def answers(stream):
    stream.recv(65_536)
    stream.sendall(SETTINGS + GO_AWAY)


def says_nothing(stream):
    stream.recv(65_536)


def refuses(alert):
    def talk(connection):
        connection.recv(65_536)
        connection.sendall(FATAL + bytes([alert]))
        end(connection)

    return talk


def send(run, port, authority, *, ready=None):
    async def once():
        sender = Sender(EGRESS, deadline_seconds=60)
        url, tls = f"https://{NAME}:{port}/", ClientTls(authority.pem)
        answer = await sender.send("e", url, {}, b"{}", tls=tls, ready=ready)
        await sender.close()
        return answer

    return run(once())


@LOOPS
@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (speaks_first, NO_ANSWER),
        (answers, NO_ANSWER),
        (says_nothing, "status: the receiver closed the connection without an answer"),
    ],
)
def test_fails_by_its_status(http2, authority, run, talk, error):
    with taking(http2(talk)) as port:
        answer = send(run, port, authority)
    assert (answer.status, answer.error) == (None, error)


@LOOPS
def test_fails_by_its_status_if_it_speaks_before_it_is_asked(http2, authority, run):
    async def ready():
        await asyncio.sleep(0.3)  # Its first frame comes meanwhile.

    with taking(http2(speaks_first), connections=2) as port:
        answer = send(run, port, authority, ready=ready)
    assert (answer.status, answer.error) == (None, NO_ANSWER)


@LOOPS
@pytest.mark.parametrize(
    ("alert", "error"),
    [
        (HANDSHAKE_FAILURE, "tls: the receiver refused the handshake"),
        (PROTOCOL_VERSION, "tls: the receiver and we have no version of TLS in common"),
        (UNRECOGNIZED_NAME, "tls: the receiver has no certificate for this name"),
        (NO_APPLICATION_PROTOCOL, "tls: the receiver does not speak HTTP/1.1"),
        (INTERNAL_ERROR, "tls: the handshake failed (TLSV1_ALERT_INTERNAL_ERROR)"),
        (UNKNOWN_PSK_IDENTITY, "tls: the handshake failed (TLSV1_ALERT_UNKNOWN_PSK_IDENTITY)"),
    ],
)
def test_that_refuses_by_an_alert_fails_by_its_tls(authority, monkeypatch, run, alert, error):
    resolving_to(monkeypatch, "127.0.0.1")
    with taking(refuses(alert)) as port:
        answer = send(run, port, authority)
    assert (answer.status, answer.error) == (None, error)


async def test_costs_one_recorded_attempt(actor, subscribe, happen, pipelines, http2, authority):
    talks = {
        "ledger.frozen": http2(speaks_first),
        "ledger.unfrozen": http2(answers),
        "ledger.updated": refuses(NO_APPLICATION_PROTOCOL),
    }
    errors = {}
    for event_type, talk in talks.items():
        with taking(talk) as port:
            url = f"https://{NAME}:{port}/"
            endpoint, _ = await subscribe(url, event_types=[event_type], tls=ClientTls(authority.pem))
            await happen(event_type)
            await drain(pipelines(waits=(1000.0,)))
        [delivery] = await deliveries(actor, endpoint_id=endpoint.id)
        [attempts] = (await attempts_of_deliveries(actor, [delivery.id])).values()
        assert (delivery.status, delivery.attempt_count) == (DeliveryStatus.RETRYING, 1)
        errors[event_type] = [(attempt.response_status, attempt.error) for attempt in attempts]
    assert errors == {
        "ledger.frozen": [(None, NO_ANSWER)],
        "ledger.unfrozen": [(None, NO_ANSWER)],
        "ledger.updated": [(None, "tls: the receiver does not speak HTTP/1.1")],
    }
