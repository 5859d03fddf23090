"""The requests to other ledgers, against servers that answer as those do, byte by byte, and keep what they got.

The answers' shapes are those of Formance Ledger 2.4.12 and Blnk 0.15.2.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks import others, peers
from benchmarks.others import FUNDS
from benchmarks.peers import PER_REQUEST, measure, open_peer

pytestmark = pytest.mark.thorough

ACCOUNTS = 100
GO_BUFFER = 2048
"""A longer answer of a Go server has no length: it comes in chunks."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.got.append((self.path, dict(self.headers), body))
            status, answer = self.server.ledger.answer(self.path, body)
        text = json.dumps(answer, separators=(",", ":")).encode() if answer is not None else b""
        self.send_response(status)
        if len(text) > GO_BUFFER:
            self.send_header("Transfer-Encoding", "chunked")
            parts = [text[start : start + GO_BUFFER] for start in range(0, len(text), GO_BUFFER)]
            text = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])
        elif status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *arguments):
        pass


class _Formance:
    """Refuses from `refuses_from` on, of a bulk what is left."""

    def __init__(self, refuses_from=10**9):
        self.refuses_from, self.input, self.posted = refuses_from, 0, 0

    def answer(self, path, body):
        if path.endswith("/transactions"):
            if self.posted >= self.refuses_from:
                return 400, {"errorCode": "INSUFFICIENT_FUND", "errorMessage": "account(s) had/have insufficient funds"}
            return 200, {"data": self._post(body["postings"])}
        if "/_bulk" in path:
            entries = [self._entry(one) for one in body]
            return 400 if entries[-1]["responseType"] == "ERROR" else 200, {"data": entries}
        if "/volumes?groupBy=1" in path:
            assert body == {"$match": {"account": "users:"}}
            volumes = {"account": "users", "asset": "GBP/2", "input": self.input, "output": 0, "balance": self.input}
            return 200, {"cursor": {"pageSize": 15, "hasMore": False, "data": [volumes]}}
        return 204, None

    def _entry(self, asked):
        if self.posted >= self.refuses_from:
            return {"errorCode": "INSUFFICIENT_FUND", "errorDescription": "…", "responseType": "ERROR", "logID": 0}
        return {"data": self._post(asked["data"]["postings"]), "responseType": "CREATE_TRANSACTION", "logID": 3}

    def _post(self, postings):
        self.posted += postings[0]["source"] != "world"
        self.input += sum(one["amount"] for one in postings)
        return {"postings": postings, "metadata": {}, "id": self.posted, "postCommitVolumes": {}, "reverted": False}


class _Blnk:
    """Applies what is queued when the balances are asked for, up to three quarters of it."""

    def __init__(self, refuses_from=10**9):
        self.refuses_from, self.balances, self.queue, self.moved = refuses_from, {}, [], 0

    def answer(self, path, body):
        if path == "/ledgers":
            return 201, {"ledger_id": "ldg_1", "name": body["name"], "meta_data": None}
        if path == "/balances":
            self.balances[f"bln_{len(self.balances)}"] = 0
            return 201, {"balance": 0, "ledger_id": "ldg_1", "balance_id": [*self.balances][-1], "currency": "GBP"}
        if path == "/balances/filter":
            return 200, self._page(body)
        if path == "/transactions/bulk":
            for one in body["transactions"]:
                self._take({**one, "skip_queue": body["skip_queue"]})
            count = len(body["transactions"])
            return 201, {"batch_id": "bulk_1", "status": "applied", "transaction_count": count}
        self.moved += not body["source"].startswith("@world")
        if self.moved > self.refuses_from:
            message = "failed to apply transaction to balances: insufficient funds in source balance"
            detail = {"code": "TXN_INSUFFICIENT_FUNDS", "message": message}
            return 400, {"error": message, "error_detail": detail}
        return 201, {**body, "transaction_id": "txn_1", "status": self._take(body), "hash": "dcefc28d"}

    def _take(self, transaction):
        if not transaction["skip_queue"]:
            self.queue.append(transaction)
            return "QUEUED"
        self.balances[transaction["destination"]] += transaction["precise_amount"]
        return "APPLIED"

    def _page(self, asked):
        assert asked["filters"] == [{"field": "ledger_id", "operator": "eq", "value": "ldg_1"}]
        if asked["offset"] == 0:
            for _ in range(len(self.queue) * 3 // 4 + 1):
                if self.queue:
                    self._take({**self.queue.pop(), "skip_queue": True})
        ids = [*self.balances][asked["offset"] : asked["offset"] + asked["limit"]]
        return [{"balance_id": one, "credit_balance": self.balances[one]} for one in ids] or None


@pytest.fixture
def serving(monkeypatch):
    monkeypatch.setattr(others, "ACCOUNTS", ACCOUNTS)
    monkeypatch.setattr(peers, "CLIENTS", (2,))
    monkeypatch.setattr(peers, "QUEUE_LOOK_SECONDS", 0.01)
    servers = []

    def start(ledger):
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.ledger, server.got, server.lock = ledger, [], threading.Lock()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server, f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def measured(name, address):
    """The table's last column, and how many transfers were answered as posted and received."""
    with open_peer(name, address) as side:
        *table, _, last = measure([side], seconds=0.1, rounds=1)
    answered, received = re.fullmatch(rf"{name}: ([\d,]+) answered as posted, ([\d,]+) received", last).groups()
    assert int(answered.replace(",", "")) > 0
    return {line.rstrip(" |").rsplit("|", 1)[1].strip() for line in table[2:]}, answered, received


def test_posts_to_formance_as_its_api_says(serving):
    server, address = serving(_Formance())
    refused, answered, received = measured("formance", address)
    assert refused == {"0"}
    assert answered == received
    (ledger, _, opening), *rest = server.got
    assert re.fullmatch("/v2/benchmark-[0-9a-f]{8}", ledger)
    assert opening == {}
    singles = [(headers, body) for path, headers, body in rest if path == f"{ledger}/transactions"]
    posted = [(headers, posting) for headers, body in singles for posting in body["postings"]]
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


def test_asks_formance_for_no_features_and_for_bulks_in_parallel(serving, monkeypatch):
    monkeypatch.setattr(peers, "CLIENTS", ())
    server, address = serving(_Formance())
    assert measured("formance-plain", address)[0] == {"0"}
    assert {path.rsplit("/", 1)[1] for path, _, body in server.got if isinstance(body, list)} == {"_bulk?parallel=true"}
    assert server.got[0][2] == {
        "features": {
            "MOVES_HISTORY": "OFF",
            "MOVES_HISTORY_POST_COMMIT_EFFECTIVE_VOLUMES": "DISABLED",
            "HASH_LOGS": "DISABLED",
            "ACCOUNT_METADATA_HISTORY": "DISABLED",
            "TRANSACTION_METADATA_HISTORY": "DISABLED",
        }
    }


def test_counts_the_posted_part_of_a_refused_bulk(serving, monkeypatch):
    monkeypatch.setattr(peers, "CLIENTS", ())
    _, address = serving(_Formance(refuses_from=PER_REQUEST // 2))
    refused, answered, received = measured("formance", address)
    assert (answered, received) == ("50", "50")
    assert "0" not in refused


def test_posts_to_blnk_as_its_api_says(serving):
    server, address = serving(_Blnk())
    refused, answered, received = measured("blnk", address)
    assert refused == {"0"}
    assert answered == received
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
    assert bulk["skip_queue"] is True


def test_waits_until_what_was_queued_has_arrived(serving):
    server, address = serving(_Blnk())
    refused, answered, received = measured("blnk-queued", address)
    assert refused == {"0"}
    assert answered == received
    assert server.ledger.queue == []
    moved = [body for path, _, body in server.got if path == "/transactions" and not body["source"].startswith("@")]
    assert {body["skip_queue"] for body in moved} == {False}
    assert {body["skip_queue"] for path, _, body in server.got if path == "/transactions/bulk"} == {False}


def test_counts_what_was_refused(serving):
    _, address = serving(_Blnk(refuses_from=1))
    refused, answered, received = measured("blnk", address)
    assert refused != {"0"}
    assert answered == received
