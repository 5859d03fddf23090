"""Whatever process a request reaches: what one of them did, all of them know."""

import itertools
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from app.access.sign_in_tokens import make_sign_in_token
from app.kernel.clock import utc_now
from tests.cli.running_dev import QUAESTOR
from tests.cli.running_several import Several, ask_each, metric
from tests.free_ports import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
CONNECTIONS = 12
"""So many go to one process alone about once in four thousand times."""


class Api:
    """Two processes of the API, and a customer; each request takes a connection of its own."""

    def __init__(self, several: Several, key: str) -> None:
        self.several = several
        self.headers = {"Authorization": f"API-Key {key}"}

    def ask(self, query, **variables):
        with httpx.Client(trust_env=False, timeout=60) as client:
            answer = client.post(
                f"{self.several.address}/graphql",
                json={"query": query, "variables": variables},
                headers=self.headers,
            ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def issue(self):
        sent = {
            "partnerProduct": "PayrNet-GBP-1",
            "asset": "GBP",
            "primaryUses": ["PAYMENTS"],
            "assetsOwnedBy": "ME",
            "jurisdiction": "GB",
        }
        done = self.ask(
            "mutation($sent: IssueLedgerInput!) { done: issueLedger(input: $sent)"
            " { ... on LedgerSuccess { ledger { id status } } ... on Error { message } } }",
            sent=sent,
        )["done"]
        assert done["ledger"]["status"] == "PENDING", done
        return done["ledger"]["id"]


@pytest.fixture
def api(tmp_path, fresh_migrated_url):
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    several = Several(
        tmp_path / "log",
        *("serve", "--processes", "2", "--port", "0", "--data-dir", str(data_dir)),
        DATABASE_URL=fresh_migrated_url,
    )
    try:
        made = subprocess.run(
            [QUAESTOR, "customers", "create", "Example Ltd", "--json"],
            env=several.environment,
            capture_output=True,
            check=True,
        )
        key = json.loads(made.stdout)["api_key"]
        (data_dir / "api-key").write_text(key, encoding="utf-8")
        yield Api(several.until_ready(), key)
    finally:
        several.end()


@pytest.mark.thorough
def test_waits_and_subscriptions_wake_whichever_process_did_it(api, tmp_path):
    """Two processes of workers do it here, and answer for each other as well."""
    ledger_id = api.issue()
    listening = threading.Barrier(CONNECTIONS + 1)

    def wait(_number):
        with httpx.Client(trust_env=False, timeout=120, headers=api.headers) as client:
            return client.get(f"{api.several.address}/v1/customer/ledgers/{ledger_id}/wait").json()["ledger_status"]

    def subscribe(_number):
        query = {"query": f'subscription {{ ledgerChanged(ledgerId: "{ledger_id}") {{ ledger {{ status }} }} }}'}
        headers = {**api.headers, "Accept": "text/event-stream"}
        with (
            httpx.Client(trust_env=False, timeout=120, headers=headers) as client,
            client.stream("POST", f"{api.several.address}/graphql", json=query) as answer,
        ):
            listening.wait(60)
            lines = (line for line in answer.iter_lines() if line.startswith("data: {"))
            return next(line for line in lines if '"status":"OK"' in line)

    with ThreadPoolExecutor(2 * CONNECTIONS) as threads:
        waiting = [threads.submit(wait, number) for number in range(CONNECTIONS)]
        told = [threads.submit(subscribe, number) for number in range(CONNECTIONS)]
        listening.wait(60)
        port = free_port()
        worker = Several(
            tmp_path / "worker.log",
            *("worker", "--processes", "2"),
            **{
                name: it
                for name, it in api.several.environment.items()
                if name.startswith("QUAESTOR_") or name == "DATABASE_URL"
            },
            QUAESTOR_WORKER_METRICS_PORT=str(port),
        )
        try:
            assert [one.result() for one in waiting] == ["ledger-status-ok"] * CONNECTIONS
            assert len([one.result() for one in told]) == CONNECTIONS
            worker.until_ready()
            assert metric(worker.metrics(f"http://127.0.0.1:{port}"), "quaestor_processes") == 2
            assert {line.get("process") for line in worker.lines()} == {None, 1, 2}
            worker.process.terminate()
            assert worker.process.wait(60) == 0
        finally:
            worker.end()


@pytest.mark.thorough
def test_a_revoked_key_is_refused_by_all(api):
    query = {"query": "{ ledgers(first: 1) { nodes { id } } }"}
    made = api.ask(
        'mutation { done: createApiKey(input: {name: "second", scopes: ["ledgers:read"]})'
        " { ... on ApiKeySuccess { key apiKey { id } } ... on Error { message } } }"
    )["done"]
    other = {"Authorization": f"API-Key {made['key']}"}

    def statuses():
        answers = ask_each(f"{api.several.address}", "/graphql", params=query, headers=other)
        return {answer.status_code for answer in itertools.islice(answers, CONNECTIONS)}

    assert statuses() == statuses() == {200}  # From now on both remember it.
    api.ask(f'mutation {{ revokeApiKey(apiKeyId: "{made["apiKey"]["id"]}") {{ __typename }} }}')
    api.several.until(lambda: statuses() == {401}, timeout_seconds=30)
    assert statuses() == {401}


@pytest.mark.thorough
def test_an_address_that_signs_in_works_once_over_all(api, tmp_path):
    address = api.several.address
    token = make_sign_in_token(tmp_path / "data", utc_now())
    answers = []
    for _ in range(CONNECTIONS):
        with httpx.Client(trust_env=False, timeout=60) as client:
            answers.append(client.post(f"{address}/explorer/session", json={"token": token}))
    assert [answer.status_code for answer in answers] == [200] + [403] * (CONNECTIONS - 1)
    session = {"Authorization": f"API-Key {answers[0].json()['apiKey']}"}
    query = {"query": "{ ledgers(first: 1) { nodes { id } } }"}
    for answer in itertools.islice(ask_each(address, "/graphql", params=query, headers=session), CONNECTIONS):
        assert "errors" not in answer.json()
