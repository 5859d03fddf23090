"""One line for each request over REST, and nothing in it of what was sent or answered."""

import json
import re

import pytest

from app.kernel.request_log import request_log
from tests.api.rest.conftest import GBP_LEDGER

PATH = "/v1/customer/ledgers"
HIDDEN = "a word that nobody else may read"


@pytest.fixture
def lines(rest):
    """What was told so far, as it was written and as it reads."""
    written = []
    request_log.switch_on(as_json=True, write=written.append)

    def told():
        request_log.flush()
        return [json.loads(line) for line in "".join(written).splitlines()]

    told.text = lambda: "".join(written)
    yield told
    request_log.switch_off()


def seen(line):
    """What a line tells of a request, without what differs each time."""
    return line["method"], line["path"], line["operation"], line["status"]


async def test_tells_whose_request_it_was_how_it_ended_and_nothing_of_what_was_sent(rest, lines):
    body = {**GBP_LEDGER, "ledger_meta": {"note": HIDDEN}}
    answer = await rest.call("POST", PATH, body, headers={"X-Request-Id": "request-117"})
    [line] = lines()
    assert answer.status_code == 201
    assert seen(line) == ("POST", PATH, "issueLedger", 201)
    assert (line["request_id"], line["customer_id"]) == ("request-117", rest.customer_id)
    assert answer.headers["x-request-id"] == "request-117"
    assert (line["level"], line["logger"]) == ("info", "quaestor.requests")
    assert line["ms"] > 0
    assert set(line) == {
        *("at", "level", "logger", "message"),
        *("method", "path", "operation", "status", "ms", "request_id", "customer_id"),
    }
    for hidden in (HIDDEN, rest.api_key, answer.json()["ledger_id"], "PayrNet"):
        assert hidden not in lines.text()


async def test_tells_of_each_request_once_however_it_ends(rest, lines):
    wrong = {"Authorization": "API-Key wrong"}
    nobody = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"
    answers = [
        await rest.call("GET", PATH, params={"items_per_page": "1"}),
        await rest.call("GET", PATH, params={"items_per_page": HIDDEN}),
        await rest.call("GET", f"{PATH}/{nobody}"),
        await rest.call("POST", PATH, content=f'{{"{HIDDEN}'),
        await rest.call("POST", PATH, {"note": HIDDEN}),
        await rest.call("GET", PATH, headers=wrong),
        await rest.call("DELETE", PATH),
        await rest.call("GET", "/v1/nowhere"),
        await rest.call("HEAD", PATH),
        await rest.call("OPTIONS", PATH),
    ]
    told = lines()
    assert [seen(line) for line in told] == [
        ("GET", PATH, "listLedgers", 200),
        ("GET", PATH, "listLedgers", 422),
        ("GET", f"{PATH}/{nobody}", "fetchLedger", 404),
        ("POST", PATH, "issueLedger", 400),
        ("POST", PATH, "issueLedger", 422),
        ("GET", PATH, None, 401),
        ("DELETE", PATH, None, 405),
        ("GET", "/v1/nowhere", None, 404),
        ("HEAD", PATH, "listLedgers", 200),
        ("OPTIONS", PATH, None, 204),
    ]
    assert [line["status"] for line in told] == [answer.status_code for answer in answers]
    assert [line["request_id"] for line in told] == [answer.headers["x-request-id"] for answer in answers]
    unknown = [line["path"] for line in told if line["customer_id"] is None]
    assert unknown == [PATH, PATH]  # Without a right key, and a browser's question before a request.
    assert {line["customer_id"] for line in told} == {rest.customer_id, None}
    assert not re.search(rf"{HIDDEN}|{rest.api_key}|items_per_page", lines.text())


async def test_tells_of_a_client_that_went_away(rest, lines):
    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        pytest.fail(f"nobody waits for {message}")

    headers = [(b"authorization", f"API-Key {rest.api_key}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": PATH, "query_string": b"", "headers": headers}
    await rest.application({**scope, "http_version": "1.1", "client": ("127.0.0.1", 1), "app": None}, receive, send)
    [line] = lines()
    assert seen(line) == ("POST", PATH, "issueLedger", 499)
    assert line["customer_id"] == rest.customer_id
