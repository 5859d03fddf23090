"""Every query of the dashboard is answered by a real Prometheus that scrapes a real API and a real worker."""

import json
import re

import httpx
import pytest

from tests.deploy.real_prometheus import DEPLOY, RANGE_SECONDS_MIN, check_names, needs_prometheus, real_prometheus
from tests.faults.client import Client
from tests.faults.processes import product
from tests.faults.story import GBP, ISSUED, PERSON, new_customer
from tests.free_ports import free_port

pytestmark = [pytest.mark.thorough, needs_prometheus, pytest.mark.timeout(600)]

DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "quaestor.json").read_text())
QUERIES = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]


def as_asked(expression):
    """What Grafana makes of it."""
    return expression.replace("$__rate_interval", f"{RANGE_SECONDS_MIN}s")


async def use(address, key):
    """A little of everything that is counted."""
    client = Client([address], key)
    await client.mutate("createWebhookEndpoint", "... on WebhookSecretSuccess { secret }", url="http://127.0.0.1:9/")
    party = {"party": PERSON, "address": {"country": "GB"}}
    holder = (await client.mutate("createHolder", "... on HolderSuccess { holder { id } }", **party))["holder"]["id"]
    await client.mutate("issueLedger", ISSUED, **GBP, holderId=holder)
    gold = [
        (await client.mutate("issueVirtualLedger", ISSUED, asset="gold", holderId=holder))["ledger"]["id"]
        for _ in range(2)
    ]
    credit = {"ledgerId": gold[0], "amount": {"value": "5", "asset": "gold"}, "idempotencyKey": gold[0]}
    document = "mutation ($input: VirtualMovementInput!) { creditVirtualLedger(input: $input) { __typename } }"
    credited = await client.ask(document, input=credit)
    assert credited == {"creditVirtualLedger": {"__typename": "TransferSuccess"}}
    await client.close()
    async with httpx.AsyncClient(headers={"Authorization": f"API-Key {key}"}, trust_env=False) as rest:
        assert (await rest.get(f"{address}/v1/customer/ledgers/{gold[0]}")).status_code == 200


async def test_answers_every_query_of_the_dashboard(tmp_path):
    api, worker = free_port(), free_port()
    async with product(tmp_path / "product") as running:
        running.start_api(QUAESTOR_METRICS_PORT=str(api))
        running.start_worker(QUAESTOR_WORKER_METRICS_PORT=str(worker))
        await running.until_ready()
        key = await new_customer(running.database_url)
        async with real_prometheus(tmp_path / "prometheus", {"api": [api], "worker": [worker]}) as prometheus:
            await prometheus.until_up(2)
            await use(running.addresses[0], key)
            for title, expression in QUERIES:
                query = as_asked(expression)
                if "quaestor_kafka_" in query:  # Another test runs a broker.
                    assert await prometheus.query(query) == [], title
                    continue
                await prometheus.until(lambda query=query: prometheus.query(query), f"{title} has data: {query}")
                await use(running.addresses[0], key)  # A rate needs what is counted meanwhile.
        await _are_well_named(api, worker)


async def _are_well_named(*ports):
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        for port in ports:
            told = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
            assert check_names(told) == ""


def test_gives_each_panel_a_place_and_an_id_of_its_own():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(set(places)) == len(places)
    assert all(x < 24 for x, _ in places)


def test_asks_nothing_but_the_chosen_prometheus():
    assert {target["datasource"]["uid"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])} == {
        "${datasource}"
    }
    assert re.fullmatch(r"[\w-]+", DASHBOARD["uid"])
