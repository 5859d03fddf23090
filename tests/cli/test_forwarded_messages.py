"""What `quaestor listen --forward-to` sends is, octet for octet, what an endpoint gets, signed with another secret."""

import base64
import json
import re
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

from app.api_client import api_client
from app.cli.follow_events import Followed
from app.cli.listen import ANYWHERE, Printer
from app.demo.triggers.steps import A_POUND, Steps
from app.webhooks.deliveries.send_request import Sender
from app.webhooks.egress import VettedResolver
from tests.cli.test_listen import CREATE_ENDPOINT, DELETE_ENDPOINT, ask, listening
from tests.webhooks.raw_receiver import RawReceiver

SECONDS_MAX = 120
ODD = {
    "Zoë": "東京 🐌 e\u0301",
    "one": 1.0,
    "seventeen digits": 12345678901234567,
    "largest": 2**63 - 1,
    "least": 1 - 2**63,
    "fractions": [0.1, 1e-7, 5e-324, 9.2e18, 1e16, 1e17, -0.5, 12345678.123456789],
    "escapes": "a\"b\\c/d\be\ff\ng\rh\ti\u001fj\u007fk\u2028l<m>&'\ufeff",
    "nothing": [None, True, False, {}, [], "", {"b": 1, "a": 2, "": 3}],
}
OF_TYPES = [
    *("holder.created", "holder.updated", "ledger.created", "ledger.updated", "ledger.status.ok"),
    *("account.created", "wallet.created", "transfer.posted", "wallet.balance_changed", "ledger.balance_changed"),
    *("hold.status.placed", "payment.status.accepted"),
]


ODD_TYPES = [
    *("holder.created", "holder.updated", "ledger.updated", "transfer.posted", "hold.status.placed"),
    "payment.status.accepted",
]


class _Handler(BaseHTTPRequestHandler):
    """Keeps each request by the last part of its path and its message id."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received[self.path.strip("/"), self.headers["webhook-id"]] = (body, self.headers.items())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.received = {}
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def subscribed(dev, url, types):
    made = ask(dev, CREATE_ENDPOINT, input={"url": url, "eventTypes": types, "payload": "FULL"})
    try:
        yield made["createWebhookEndpoint"]["secret"]
    finally:
        ask(dev, DELETE_ENDPOINT, id=made["createWebhookEndpoint"]["endpoint"]["id"])


async def make_events(dev):
    """Something of each type, with whatever JSON and texts can hold."""
    async with api_client(dev.url, dev.api_key) as client:
        steps = Steps(client)
        holder_id = await steps.done(
            "createHolder", "holder", party={"person": {"name": "Zoë Çelik"}}, address={"country": "GB"}, metadata=ODD
        )
        await steps.done("updateHolder", "holder", holderId=holder_id, metadata={"more": ODD})
        payer, payee = await steps.funded_ledger(), await steps.settled_ledger()
        await steps.done("updateLedger", "ledger", ledgerId=payer, metadata=ODD)
        _, [debit_id, credit_id] = await steps.account(wallets=2, allow_negative=True)
        for one, other in ((payer, payee), (debit_id, credit_id)):
            sides = {"debitId": one, "creditId": other, "amount": A_POUND}
            await steps.done("postTransfer", "transfer", **sides, reference='Zoë "\\/" 東京 🐌 <&>', metadata=ODD)
        await steps.done("placeHold", "hold", debitId=payer, creditId=payee, amount=A_POUND, metadata=ODD)
        grace = {"name": "Gräce Hopper", "iban": "GB33BUKB20201555555555"}
        await steps.done(
            "sendPayment", "payment", ledgerId=payer, amount=A_POUND, counterparty=grace, reference="R 1", metadata=ODD
        )


def both(receiver):
    """What was delivered and what was forwarded, by message id, once that is so for all types."""
    until = time.monotonic() + SECONDS_MAX
    while time.monotonic() < until:
        received = dict(receiver.received)
        delivered = {message_id: told for (path, message_id), told in received.items() if path == "endpoint"}
        forwarded = {message_id: told for (path, message_id), told in received.items() if path == "listen"}
        types = {dict(headers)["x-quaestor-event-type"] for _, headers in delivered.values()}
        odd = {
            dict(headers)["x-quaestor-event-type"] for body, headers in delivered.values() if "東京".encode() in body
        }
        # The listener began first, and may have heard of the demo's events before there was an endpoint.
        if types == set(OF_TYPES) and odd >= set(ODD_TYPES) and delivered.keys() <= forwarded.keys():
            return delivered, forwarded
        time.sleep(0.2)
    raise AssertionError(f"delivered: {len(delivered)} of {types}, {odd}; forwarded: {len(forwarded)}")


def check_with(public_key, body, headers):
    signature = base64.b64decode(headers["webhook-signature"].split("v1a,")[1])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)


def unsigned(headers):
    """Names and values in the order in which they came, without the values that differ with the secret and instant."""
    return [(name, "…" if name in {"webhook-timestamp", "webhook-signature"} else value) for name, value in headers]


async def test_have_the_very_octets_and_headers_of_deliveries(dev, receiver):
    arguments = ("--json", "--types", ",".join(OF_TYPES), "--forward-to", f"{receiver.url}/listen")
    with listening(dev, *arguments) as listener:
        begun = json.loads(listener.line())
        with subscribed(dev, f"{receiver.url}/endpoint", OF_TYPES) as secret:
            await make_events(dev)
            delivered, forwarded = both(receiver)
    public_key = base64.b64decode(begun["public_key"].removeprefix("whpk_"))
    for message_id, (body, headers) in delivered.items():
        other_body, other_headers = forwarded[message_id]
        assert other_body == body
        assert unsigned(other_headers) == unsigned(headers)
        for signed in (headers, other_headers):
            assert re.fullmatch(r"v1,[A-Za-z0-9+/]{43}= v1a,[A-Za-z0-9+/]{86}==", dict(signed)["webhook-signature"])
            assert re.fullmatch(r"[0-9]{10}", dict(signed)["webhook-timestamp"])
        Webhook(secret).verify(body, dict(headers))
        Webhook(begun["secret"]).verify(body, dict(other_headers))
        check_with(public_key, other_body, dict(other_headers))
    whole = b"".join(body for body, _ in delivered.values())
    for written in ('"one":1.0', "12345678901234567", "東京 🐌", "5e-324", r"\u001f", r"\"b\\c/d\be", "k\u2028l"):
        assert written.encode() in whole


EVENT = {
    "id": "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84",
    "type": "holder.created",
    "resourceType": "holder",
    "resourceId": "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a88",
    "resourceVersion": 1,
    "occurredAt": "2026-11-20T08:31:02.123456Z",
    "data": {},
    "previous": None,
    "via": "graphql",
    "requestId": None,
}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", "204"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope", "200"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: br, zstd, none\r\ncontent-length: 4\r\n\r\nnope", "200"),
        (b"HTTP/1.1 302 Found\r\nlocation: mailto:x\r\ncontent-length: 0\r\n\r\n", "302"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://[::1\r\ncontent-length: 0\r\n\r\n", "302"),
        (b"HTTP/1.1 307 \r\nlocation: //:x\r\ncontent-length: 0\r\n\r\n", "307"),
        (b"HTTP/1.1 500 Oh\r\nset-cookie: \xff\r\ncontent-length: 0\r\n\r\n", "500"),
        (b"HTTP/1.1 500 Oh\r\ncontent-length: 9\r\n\r\n", "500"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "nothing (status: what came back is no HTTP answer)"),
        (b"", "nothing (status: the receiver closed the connection without an answer)"),
    ],
)
async def test_are_answered_as_deliveries_are(capsys, answer, told):
    receiver = RawReceiver(answer)
    async with receiver.listening():
        printer = Printer(forward_to=receiver.url, types=None, as_json=True)
        sender = Sender(ANYWHERE)
        await printer.tell(Followed("c1", EVENT), sender)
        await sender.close()
    assert json.loads(capsys.readouterr().out)["answer"] == told
    assert len(receiver.requests) == 1


async def test_that_are_not_answered_in_time_say_so(capsys):
    receiver = RawReceiver(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nslow", closes=False)
    async with receiver.listening():
        printer = Printer(forward_to=receiver.url, types=None, as_json=False)
        sender = Sender(ANYWHERE, deadline_seconds=0.3)
        await printer.tell(Followed("c1", EVENT), sender)
        await sender.close()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"  {receiver.url} answered: 200 (timeout: no complete answer within 0.3 s)"


async def test_that_no_name_server_can_tell_the_way_of_are_answered_by_nothing(capsys, monkeypatch):
    async def look_up(host, port):
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr("app.webhooks.egress._ask_name_server", look_up)
    monkeypatch.setattr(VettedResolver, "_answered_at", -1000.0)
    sender = Sender(ANYWHERE)
    await Printer(forward_to="http://a.example/", types=None, as_json=True).tell(Followed("c1", EVENT), sender)
    await sender.close()
    assert json.loads(capsys.readouterr().out)["answer"] == "nothing (no name server answered for a.example)"
