import contextlib
import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from schwifty import IBAN

from tests.browser.visit import READ_EDITOR

playwright = pytest.importorskip("playwright.async_api")

pytestmark = pytest.mark.browser

SCREENSHOT = Path(__file__).parents[2] / "docs" / "images" / "graphiql-money.png"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NOTHING_UNDERLINED = "() => __MONACO.editor.getModelMarkers({}).length === 0"
EVENT_TRIES_MAX = 20
# All of the tour but the subscription, which has no end.
TOUR = (
    "CreateHolder",
    "IssueGbpLedgers",
    "WaitForLedgers",
    "ReceiveMoney",
    "PostTransfer",
    "PlaceHold",
    "CaptureHold",
    "ReverseTransfer",
    "ProveTheBooks",
    "IssueEurLedger",
    "AssignIban",
    "AddWebhook",
    "PingWebhook",
    "SeeDeliveries",
    "FindLedgers",
    "OpenAccounts",
    "MoveBetweenWallets",
    "FreezeAndOverdraft",
)


async def test_runs_the_first_prefilled_query(visit, product_url):
    answer = await visit.run()
    identifier = answer["data"]["createHolder"]["holder"].pop("id")

    assert re.fullmatch(UUID, identifier)
    assert answer == {
        "data": {"createHolder": {"holder": {"name": "Ada Lovelace", "status": "PENDING", "missingData": []}}}
    }
    await visit.sees_key_state("Signed in")
    assert visit.complaints == []
    assert visit.hosts == {urlsplit(product_url).netloc}


async def test_carries_each_answer_into_the_next_tab(visit, product_url):
    await visit.run()
    await visit.open_tab("IssueGbpLedgers")
    issued = (await visit.run())["data"]["issueLedger"]["ledger"]
    await visit.open_tab("WaitForLedgers")
    ledger = (await visit.run())["data"]["ledger"]

    assert issued["status"] == "PENDING"
    assert (ledger["id"], ledger["status"], ledger["isSettled"]) == (issued["id"], "OK", True)
    assert ledger["holder"] == {"name": "Ada Lovelace", "status": "OK"}
    assert re.fullmatch(r"[0-9]{6}", ledger["ukBankAccount"]["sortCode"])
    assert re.fullmatch(r"[0-9]{8}", ledger["ukBankAccount"]["accountNumber"])
    assert IBAN(ledger["iban"]).bank_code == ledger["bic"][:4]
    assert ledger["iban"].endswith(ledger["ukBankAccount"]["sortCode"] + ledger["ukBankAccount"]["accountNumber"])
    assert await visit.page.locator(".remembered-value", has_text="{{ledgerId}}").get_attribute("title") == issued["id"]
    assert visit.complaints == []
    assert visit.hosts == {urlsplit(product_url).netloc}


async def test_tells_the_whole_story_without_a_refusal(visit):
    answers = {}
    for title in TOUR:
        if title != "CreateHolder":
            await visit.open_tab(title)
        answers[title] = await visit.run()
        await visit.page.wait_for_function(NOTHING_UNDERLINED)
        if title == "ProveTheBooks" and os.environ.get("QUAESTOR_WRITE_SCREENSHOTS") == "1":
            await visit.page.mouse.move(0, 0)
            await visit.page.screenshot(path=SCREENSHOT, caret="hide", animations="disabled")

    assert [title for title, answer in answers.items() if "errors" in answer or '"code"' in json.dumps(answer)] == []
    received = answers["ReceiveMoney"]["data"]["simulateIncomingPayment"]["payment"]
    assert (received["status"], received["ledger"]["balance"]["available"]["value"]) == ("ACCEPTED", "1000.00")
    assert answers["CaptureHold"]["data"]["captureHold"]["hold"]["posted"]["amount"] == {"value": "150.00"}
    assert answers["ReverseTransfer"]["data"]["reverseTransfer"]["reversal"]["reverses"]["status"] == "REVERSED"
    books = answers["ProveTheBooks"]["data"]
    assert books["trialBalance"]["balanced"] is True
    assert [entry["balanceAfter"]["value"] for entry in books["ledger"]["entries"]["nodes"]] == [
        "850.00",
        "600.00",
        "750.00",
        "1000.00",
    ]
    euros = answers["AssignIban"]["data"]["assignIban"]["query"]["ledger"]
    assert (euros["status"], euros["ibanStatus"], IBAN(euros["iban"]).compact) == ("OK", "OK", euros["iban"])
    assert answers["AddWebhook"]["data"]["createWebhookEndpoint"]["secret"].startswith("whsec_")
    [ping] = answers["SeeDeliveries"]["data"]["webhookDeliveries"]["nodes"]
    assert ping["eventType"] == "webhook.ping"
    assert [ledger["iban"] for ledger in answers["FindLedgers"]["data"]["byIban"]["nodes"]] == [euros["iban"]]
    moved = answers["MoveBetweenWallets"]["data"]
    assert [moved["saved"]["transfer"][side]["balance"]["posted"]["value"] for side in ("debit", "credit")] == [
        "70.00",
        "30.00",
    ]
    assert moved["saved"]["query"]["accountingReport"]["balanced"] is True
    controlled = answers["FreezeAndOverdraft"]["data"]
    assert (controlled["freeze"]["party"]["freeze"]["scope"], controlled["tried"]["status"]) == ("DEBITS", "FROZEN")
    assert controlled["limit"]["party"]["balance"] == {"posted": {"value": "30.00"}, "available": {"value": "280.00"}}
    assert visit.complaints == []


async def test_shows_an_event_as_it_happens(visit, product_url, product_key):
    await visit.open_tab("WatchEvents")
    await visit.page.get_by_role("button", name="Execute query").click()
    for _ in range(EVENT_TRIES_MAX):  # The first may come before the subscription has begun.
        await create_a_holder(product_url, product_key)
        with contextlib.suppress(playwright.TimeoutError):
            shown = f"() => ({READ_EDITOR})('response.json').includes('holder.')"
            await visit.page.wait_for_function(shown, timeout=1000)
            break

    event = json.loads(await visit.read("response.json"))["data"]["events"]["event"]
    assert event["type"] in {"holder.created", "holder.status.missing_data"}
    assert visit.complaints == []
    assert visit.hosts == {urlsplit(product_url).netloc}


async def test_gives_up_a_connection_that_is_still_being_made_when_the_key_changes(visit):
    opened = []

    def never_acknowledge(connection):
        opened.append(connection)

    await visit.page.route_web_socket("**/graphql", never_acknowledge)
    await visit.begin()
    await visit.open_tab("WatchEvents")
    await visit.page.get_by_role("button", name="Execute query").click()
    while not opened:
        await visit.page.wait_for_timeout(50)
    await visit.key_field.fill("qk_another")
    await visit.sees_key_state("Not accepted")
    complaints = len(visit.complaints)
    await opened[0].close(code=1011)
    await visit.page.wait_for_timeout(200)
    assert visit.complaints[complaints:] == []


async def test_sends_nothing_while_an_id_is_still_unknown(visit):
    await visit.open_tab("WaitForLedgers")
    answer = await visit.run()

    assert answer == {
        "errors": [
            {
                "message": "{{ledgerId}} is not known yet. It is filled in from an earlier answer: "
                "run the tabs from left to right."
            }
        ]
    }


async def test_keeps_tabs_and_variables_over_a_reload(visit):
    before = await visit.read("variables.json")
    await visit.page.reload()
    await visit.page.locator(".graphiql-query-editor .view-line").first.wait_for()

    assert json.loads(before)["input"]["party"]["person"]["name"] == "Ada Lovelace"
    assert await visit.read("variables.json") == before


async def test_says_when_the_key_is_missing_or_wrong(visit, product_key):
    await visit.sees_key_state("Signed in")
    await visit.key_field.fill("")
    await visit.sees_key_state("Needed")
    await visit.key_field.fill("not-a-key")
    await visit.sees_key_state("Not accepted")
    await visit.key_field.fill(product_key)
    await visit.sees_key_state("Accepted")


async def test_underlines_what_the_schema_does_not_know(visit):
    await visit.sees_key_state("Signed in")
    await visit.page.locator(".graphiql-query-editor .view-line", has_text="missingData").click()
    await visit.page.keyboard.press("End")
    await visit.page.keyboard.type(" nothingLikeThis")

    # Found by a worker, with the schema that was read from the server.
    await visit.page.locator(".graphiql-query-editor .squiggly-error").first.wait_for()
    assert visit.complaints == []


async def create_a_holder(url: str, key: str) -> None:
    body = {"query": 'mutation { createHolder(input: {party: {person: {name: "Grace Hopper"}}}) { __typename } }'}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{url}/graphql", json=body, headers={"Authorization": f"API-Key {key}"})
    assert answer.json() == {"data": {"createHolder": {"__typename": "HolderSuccess"}}}
