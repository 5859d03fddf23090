"""The example page: one holder sees their own balance move, live, with a token that can see nothing else."""

import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.browser.visit import Visit
from tests.cli.running_dev import running_dev
from tests.free_ports import free_port

pytest.importorskip("playwright.async_api")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

SERVER = Path(__file__).parents[2] / "examples" / "browser" / "server.py"
SETTLE_SECONDS_MAX = 120
SHORT_SECONDS = 3
HOLDER = """mutation ($name: String!) { createHolder(input: {
    party: { person: { name: $name, dateOfBirth: "1987-04-01" } }, address: { country: "GB" }
}) { ... on HolderSuccess { holder { id } } } }"""
GOLD = """mutation ($id: ID!) { issueVirtualLedger(input: { asset: "GOLD", holderId: $id }) {
    ... on LedgerSuccess { ledger { id } } } }"""
CREDIT = """mutation ($id: ID!, $key: String!, $value: Decimal!) { creditVirtualLedger(input: {
    ledgerId: $id, idempotencyKey: $key, amount: { value: $value, asset: "GOLD" } }) { ... on TransferSuccess {
    transfer { id } } ... on Error { message } } }"""


class Api:
    """The API, asked with a key or a token."""

    def __init__(self, url, key):
        self.url, self._key = url, key

    def ask(self, query, **variables):
        headers = {"Authorization": f"Bearer {self._key}"}
        with httpx.Client(trust_env=False, timeout=60) as client:
            return client.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, headers=headers)

    def data(self, query, **variables):
        body = self.ask(query, **variables).json()
        assert "errors" not in body, body
        return body["data"]

    def holder(self, name):
        """A person who is OK, with a ledger of gold; answers both ids."""
        holder_id = self.data(HOLDER, name=name)["createHolder"]["holder"]["id"]
        until = time.monotonic() + SETTLE_SECONDS_MAX
        while self.data("query ($id: ID!) { holder(id: $id) { status } }", id=holder_id)["holder"]["status"] != "OK":
            assert time.monotonic() < until
            time.sleep(0.1)
        return holder_id, self.data(GOLD, id=holder_id)["issueVirtualLedger"]["ledger"]["id"]

    def credit(self, ledger_id, key, value):
        assert "transfer" in self.data(CREDIT, id=ledger_id, key=key, value=value)["creditVirtualLedger"]


class Scene(NamedTuple):
    api: Api
    ada: str
    ada_gold: str
    grace: str
    grace_gold: str
    ports: tuple[int, int]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    ports = free_port(), free_port()
    origins = ",".join(f"http://127.0.0.1:{port}" for port in ports)
    with running_dev(tmp_path_factory.mktemp("page"), QUAESTOR_ALLOWED_ORIGINS=origins) as dev:
        api = Api(dev.url, dev.api_key)
        scene = Scene(api, *api.holder("Ada Lovelace"), *api.holder("Grace Hopper"), ports)
        api.credit(scene.ada_gold, "first", "5")
        api.credit(scene.grace_gold, "hers", "777")
        yield scene


@pytest.fixture
def serving(scene):
    """Start the page's server; answers its address."""
    started = []

    def start(port, **settings):
        environment = {
            **os.environ,
            "QUAESTOR_URL": scene.api.url,
            "QUAESTOR_API_KEY": scene.api._key,
            "HOLDER_ID": scene.ada,
            **settings,
        }
        process = subprocess.Popen(
            [sys.executable, str(SERVER), str(port)], env=environment, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process.stdout.readline().rstrip("\n").removeprefix("listening on ")

    yield start
    for process in started:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def balance_of(scene, *, more=0):
    """What Ada has, and so much more, as the page shows it."""
    read = "query ($id: ID!) { ledger(id: $id) { balance { posted { value } } } }"
    return str(Decimal(scene.api.data(read, id=scene.ada_gold)["ledger"]["balance"]["posted"]["value"]) + more)


async def shows(page, posted):
    """Wait until this balance is on the page, and no other."""
    await page.wait_for_function("(posted) => document.querySelector('.posted')?.textContent === posted", arg=posted)
    assert await page.locator("li").count() == 1


async def is_live(page):
    await page.locator("#state", has_text="Live").wait_for()


async def test_shows_its_holders_balance_move_and_nothing_of_another(page, scene, serving):
    address = serving(scene.ports[0])
    visit = Visit(page, address)
    async with page.expect_response("**/token") as told:
        await page.goto(address)
    session = await (await told.value).json()
    await is_live(page)
    await shows(page, balance_of(scene))
    expected = balance_of(scene, more=2)
    scene.api.credit(scene.ada_gold, "second", "2")
    scene.api.credit(scene.grace_gold, "hers too", "1")
    await shows(page, expected)
    assert "77" not in await page.locator("body").inner_text()
    assert visit.complaints == []
    assert visit.hosts == {address.split("/")[2], scene.api.url.split("/")[2]}

    token = Api(scene.api.url, session["token"])
    assert token.data("{ ledgers { nodes { id } totalCount } }")["ledgers"] == {
        "nodes": [{"id": scene.ada_gold}],
        "totalCount": 1,
    }
    assert token.data("query ($id: ID!) { ledger(id: $id) { id } }", id=scene.grace_gold) == {"ledger": None}
    [refused] = token.ask("query ($id: ID!) { holder(id: $id) { id } }", id=scene.grace).json()["errors"]
    assert refused["extensions"]["requiredScope"] == "holders:read"


async def test_goes_on_with_a_new_token_when_the_time_of_one_is_up(page, scene, serving):
    address = serving(scene.ports[1], TOKEN_SECONDS=str(SHORT_SECONDS))
    tokens = []
    page.on("response", lambda response: tokens.append(response) if response.url.endswith("/token") else None)
    await page.goto(address)
    await is_live(page)
    first = (await tokens[0].json())["token"]
    await page.locator("#state", has_text="Connecting").wait_for()
    assert Api(scene.api.url, first).ask("{ feedEnd }").status_code == httpx.codes.UNAUTHORIZED
    await is_live(page)
    assert len(tokens) > 1
    scene.api.credit(scene.ada_gold, "third", "3")
    await shows(page, balance_of(scene))


async def test_signs_out(page, scene, serving):
    address = serving(scene.ports[0])
    async with page.expect_response("**/token") as told:
        await page.goto(address)
    token = Api(scene.api.url, (await (await told.value).json())["token"])
    await is_live(page)
    assert token.ask("{ feedEnd }").status_code == httpx.codes.OK
    async with page.expect_response("**/graphql"):
        await page.get_by_role("button", name="Sign out").click()
    await page.locator("#state", has_text="Signed out").wait_for()
    await page.locator("li").wait_for(state="detached")
    assert token.ask("{ feedEnd }").status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.parametrize("mode", ["light", "dark"])
async def test_keeps_to_the_rules_of_accessibility(page, scene, serving, mode):
    axe = pytest.importorskip("axe_playwright_python.async_playwright")
    await page.emulate_media(color_scheme=mode, reduced_motion="reduce")
    await page.goto(serving(scene.ports[0]))
    await is_live(page)
    await page.locator("li").wait_for()
    found = await axe.Axe().run(page)
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found.response["violations"]] == []
