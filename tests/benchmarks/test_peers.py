"""The requests to other ledgers, against servers that answer as their documentation says and keep what they got."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks import peers
from benchmarks.peers import FUNDS, PER_REQUEST, measure, open_peer

ACCOUNTS = 30


class _Ledger(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((self.path, dict(self.headers), body))
        status, answer = self.server.answer(self.path, body, len(self.server.got))
        text = json.dumps(answer).encode() if answer is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def serving(monkeypatch):
    monkeypatch.setattr(peers, "ACCOUNTS", ACCOUNTS)
    monkeypatch.setattr(peers, "CLIENTS", (2,))
    servers = []

    def start(answer):
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Ledger)
        server.answer, server.got = answer, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server, f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def refusals(lines):
    """The last column of the table."""
    return {line.rstrip(" |").rsplit("|", 1)[1].strip() for line in lines[2:]}


def test_posts_to_formance_as_its_api_says(serving):
    def answer(path, body, _):
        if path.endswith("/transactions"):
            return 200, {"data": {"postings": body["postings"], "id": 1, "reverted": False}}
        if path.endswith("/_bulk"):
            return 200, {"data": [{"responseType": one["action"], "data": one["data"]} for one in body]}
        return 204, None

    server, address = serving(answer)
    assert refusals(list(measure([open_peer("formance", address)], seconds=0.1, rounds=1))) == {"0"}
    (ledger, _, opening), *rest = server.got
    assert re.fullmatch("/v2/benchmark-[0-9a-f]{8}", ledger)
    assert opening == {}
    posted = [(headers, posting) for path, headers, body in rest if "_bulk" not in path for posting in body["postings"]]
    funded = {posting["destination"] for _, posting in posted if posting["source"] == "world"}
    assert len(funded) == ACCOUNTS
    moved = [(headers["Idempotency-Key"], posting) for headers, posting in posted if posting["source"] != "world"]
    assert len({key for key, _ in moved}) == len(moved) > 0
    for _, posting in moved:
        assert posting["source"] != posting["destination"]
        assert {posting["source"], posting["destination"]} <= funded
        assert (posting["amount"], posting["asset"]) == (1, "GBP/2")
    bulk = next(body for path, _, body in rest if path == f"{ledger}/_bulk")
    assert len(bulk) == PER_REQUEST
    assert bulk[0].keys() == {"action", "ik", "data"}


def test_posts_to_blnk_as_its_api_says(serving):
    def answer(path, body, number):
        if path == "/ledgers":
            return 201, {"ledger_id": "ldg_1"}
        if path == "/balances":
            return 201, {"balance_id": f"bln_{number}"}
        if path == "/transactions/bulk":
            return 201, {"batch_id": "b", "status": "applied", "transaction_count": len(body["transactions"])}
        return 201, {"transaction_id": f"txn_{number}", "status": "APPLIED"}

    server, address = serving(answer)
    assert refusals(list(measure([open_peer("blnk", address)], seconds=0.1, rounds=1))) == {"0"}
    opened = [body for path, _, body in server.got if path == "/balances"]
    assert opened == [{"ledger_id": "ldg_1", "currency": "GBP"}] * ACCOUNTS
    singles = [body for path, _, body in server.got if path == "/transactions"]
    assert all(body["skip_queue"] and body["currency"] == "GBP" and body["precision"] == 100 for body in singles)
    assert len({body["reference"] for body in singles}) == len(singles)
    funding = [body for body in singles if body["source"].startswith("@world")]
    assert [(body["precise_amount"], body["allow_overdraft"]) for body in funding] == [(FUNDS, True)] * ACCOUNTS
    moved = [body for body in singles if body not in funding]
    assert {body["precise_amount"] for body in moved} == {1}
    assert all(body["source"] != body["destination"] for body in moved)
    bulk = next(body for path, _, body in server.got if path == "/transactions/bulk")
    assert len(bulk["transactions"]) == PER_REQUEST


def test_counts_what_was_refused(serving):
    def answer(path, _, number):
        if path == "/ledgers":
            return 201, {"ledger_id": "ldg_1"}
        if path == "/balances" or number <= 1 + 2 * ACCOUNTS:
            return 201, {"balance_id": f"bln_{number}"}
        return 400, {"error": "insufficient funds"}

    _, address = serving(answer)
    assert "0" not in refusals(list(measure([open_peer("blnk", address)], seconds=0.1, rounds=1)))
