"""The operator's console: what support staff see and do in it, in a real browser."""

import asyncio
import re

import httpx
import pytest

from tests.browser.console_visit import ConsoleVisit

pytest.importorskip("playwright.async_api")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

LEDGER = "0197a3c2-5b6e-7c11-8f00-c1a12e000001"
LEDGERS_WITH_STATUS = "query ($status: [LedgerStatus!]) { ledgers(filter: { status: $status }) { nodes { id } } }"
FIRST_VIEW = (
    *("Viewer", "Money", "PaymentsByStatus", "WebhookHealth"),
    *("TransfersADay", "Stuck", "RecentPayments"),
)
ISSUE = """mutation { issueVirtualLedger(input: { asset: "GOLD" }) {
    ... on LedgerSuccess { ledger { id } } ... on Error { message } } }"""
CREDIT = """mutation ($id: ID!, $key: String!) { creditVirtualLedger(input: {
    ledgerId: $id, idempotencyKey: $key, amount: { value: "1000", asset: "GOLD" } }) {
    ... on TransferSuccess { transfer { id } } ... on Error { message } } }"""
POST_ALL = """mutation ($transfers: [PostTransferInput!]!) {
    postTransfers(input: { transfers: $transfers, atomic: true }) { ... on TransfersSuccess { groupId } } }"""
QUARANTINED = """mutation { createHolder(input: {
    party: { company: { name: "Quay Four Ltd", registrationNumber: "11630426" } }, address: { country: "GB" }
    metadata: { simulate: "quarantine" } }) { ... on HolderSuccess { holder { id } } ... on Error { message } } }"""
WITHOUT_IBAN = """{ stuckWork(kinds: [LEDGER]) { items { reason node { id ... on Ledger { ibanStatus } } } } }"""
PARTY_AND_ACCOUNT = """query ($id: ID!) { ledger(id: $id) { ukBankAccount { sortCode accountNumber } }
    payments(first: 1, filter: { reference: "Rent November" }) { nodes { counterparty { name } } } }"""
HOLDER_OF = "query ($id: ID!) { ledger(id: $id) { holder { id name } } }"
CREATE_TOKEN = """mutation ($holder: ID!) { createAccessToken(input: {
    holderId: $holder, scopes: ["holders:read", "ledgers:read"] }) {
    ... on AccessTokenSuccess { token } ... on Error { message } } }"""
CREATE_KEY = """mutation ($scopes: [String!]!) { createApiKey(input: { name: "narrow", scopes: $scopes }) {
    ... on ApiKeySuccess { key } } }"""


@pytest.fixture
def ask(product):
    def ask(query, **variables):
        headers = {"Authorization": f"API-Key {product.key}"}
        with httpx.Client(trust_env=False, timeout=60) as client:
            body = client.post(
                f"{product.url}/graphql", json={"query": query, "variables": variables}, headers=headers
            ).json()
        assert "errors" not in body, body
        return body["data"]

    return ask


@pytest.fixture
async def console(page, product, sign_in_address) -> ConsoleVisit:
    """A visit by a signed-in browser, which begins at the overview."""
    visit = ConsoleVisit(page, product.url)
    await visit.begin(sign_in_address().replace("/#", "/console#"))
    return visit


async def test_signs_in_and_shows_its_first_view_after_one_round_of_queries(page, product, sign_in_address):
    visit = ConsoleVisit(page, product.url)
    held, is_over = [], asyncio.Event()

    async def hold_back(route):
        held.append(route)
        await is_over.wait()
        await route.continue_()

    # No query of the first view waits for the answer to another one: they all come before the first answer.
    await page.route("**/graphql", hold_back)
    await page.goto(sign_in_address().replace("/#", "/console/#"))
    while len(held) < len(FIRST_VIEW):
        await page.wait_for_timeout(20)
    is_over.set()
    await visit.is_settled()

    assert sorted(re.search(r"query (\w+)", asked)[1] for asked in visit.asked) == sorted(FIRST_VIEW)
    assert await page.evaluate("location.href") == f"{product.url}/console/"
    assert await page.evaluate("[document.cookie, JSON.stringify(localStorage)].join().includes('qk_')") is False
    assert await page.locator(".whose-customer").inner_text() == "Demo"
    assert visit.hosts == {product.url.removeprefix("http://")}
    assert visit.complaints == []


async def test_tells_why_a_ledger_is_in_error(console, ask):
    [ledger, *_] = ask(LEDGERS_WITH_STATUS, status=["ERROR"])["ledgers"]["nodes"]
    await console.go(f"/ledgers/{ledger['id']}")

    await console.sees("The ledger cannot be used: its holder is in no state to hold it.")
    note = await console.page.locator(".note").first.inner_text()
    assert re.search(r"Its holder, .+, is (Quarantine|Declined)", note)
    assert "Reason: " in note


async def test_tells_why_a_ledger_has_no_iban_and_asks_for_one_again(console, ask):
    page = console.page
    stuck = ask(WITHOUT_IBAN)["stuckWork"]["items"]
    [item] = [one for one in stuck if one["node"]["ibanStatus"] == "UNABLE_TO_ADVANCE"]
    await console.go(f"/ledgers/{item['node']['id']}")
    await console.sees(item["reason"])
    await page.get_by_role("button", name="Ask for an IBAN…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Ask", exact=True).click()

    await console.sees("The bank is asked for an IBAN.")
    assert await page.get_by_role("dialog").count() == 0
    assert console.complaints == []


async def test_freezes_a_ledger_after_asking_and_says_who_did_it(console):
    page = console.page
    await console.go(f"/ledgers/{LEDGER}")
    await page.get_by_role("button", name="Freeze…", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("What is forbidden").select_option("DEBITS")
    await dialog.get_by_text("No money can go out of it until it is unfrozen.").wait_for()
    await dialog.get_by_label("Why").fill("Asked for by the police, case 117")
    await dialog.get_by_role("button", name="Freeze").click()

    await page.locator("h1 .status", has_text="Frozen").wait_for()
    await console.sees("Reason: Asked for by the police, case 117")
    assert await dialog.count() == 0

    await page.get_by_role("button", name="Unfreeze…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Unfreeze").click()
    await page.get_by_role("button", name="Freeze…", exact=True).wait_for()
    await page.locator("h1 .status", has_text="Frozen").wait_for(state="detached")
    await page.get_by_role("tab", name="Events").click()
    await page.locator(".history-what", has_text="Ledger unfrozen").first.wait_for()
    assert re.search(r"API key \w{8}, GraphQL", await page.locator(".history-who").last.inner_text())
    assert console.complaints == []


async def test_sends_the_same_key_again_when_no_answer_came(console):
    page, keys = console.page, []

    async def lose_the_first(route):
        content = route.request.post_data_json
        if "mutation Freeze" not in content["query"]:
            return await route.fallback()
        keys.append(content["variables"]["input"]["idempotencyKey"])
        return await (route.abort() if len(keys) == 1 else route.fallback())

    await console.go(f"/ledgers/{LEDGER}")
    await page.route("**/graphql", lose_the_first)
    await page.get_by_role("button", name="Freeze…", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Why").fill("A test")
    await dialog.get_by_role("button", name="Freeze").click()
    await dialog.get_by_text("It is unknown whether it was done.").wait_for()
    await dialog.get_by_role("button", name="Send again").click()
    await page.get_by_role("button", name="Unfreeze…").wait_for()

    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert keys[0].startswith("console-")
    await page.get_by_role("button", name="Unfreeze…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Unfreeze").click()
    await page.get_by_role("button", name="Freeze…", exact=True).wait_for()


async def test_finds_things_by_what_somebody_has_at_hand(console, ask):
    page = console.page
    await page.keyboard.press("/")
    await page.keyboard.type("imogen cla")
    await page.keyboard.press("Enter")
    await page.get_by_role("list", name="What was found").get_by_role("link", name="Imogen Clarke").click()
    await page.get_by_role("heading", name="Imogen Clarke", level=1).wait_for()

    [payment] = ask("{ payments(first: 1) { nodes { id } } }")["payments"]["nodes"]
    await page.get_by_role("searchbox", name="Search").fill(payment["id"])
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="How it went").wait_for()
    assert await page.evaluate("location.pathname") == f"/console/payments/{payment['id']}"

    known = ask(PARTY_AND_ACCOUNT, id=LEDGER)
    number = " ".join(known["ledger"]["ukBankAccount"].values())
    [paid] = known["payments"]["nodes"]
    for text, by in (
        (paid["counterparty"]["name"].upper(), "by the name of the other side"),
        (f"Sort code and account {number}", "by the bank account"),
        ("first key", "by its name or its beginning"),
    ):
        await page.get_by_role("searchbox", name="Search").fill(text)
        await page.keyboard.press("Enter")
        await page.locator(".found li", has_text=by).first.wait_for()
    assert await page.locator(".found-type").inner_text() == "API key"

    await page.get_by_role("searchbox", name="Search").fill("rent november")
    await page.keyboard.press("Enter")
    await page.locator(".found li", has_text="by its reference").first.wait_for()

    await page.get_by_role("heading", level=1).click()
    await page.keyboard.press("/")
    await page.keyboard.type("rent novemb")
    await page.keyboard.press("Enter")
    await page.get_by_text("Found for “rent novemb”").wait_for()
    await console.sees("Nothing was found.")
    await console.sees("the whole of it, in capital letters or not")
    assert console.complaints == []


async def test_shows_by_itself_what_happens_and_scrolls_through_10_000_entries(console, ask):
    page = console.page
    ledgers = [ask(ISSUE)["issueVirtualLedger"]["ledger"]["id"] for _ in range(2)]
    await console.go(f"/ledgers/{ledgers[0]}")
    await page.get_by_text("Nothing has been posted here yet.").wait_for()
    ask(CREDIT, id=ledgers[0], key=f"first of {ledgers[0]}")
    await page.locator(".amounts", has_text="1,000.0000 GOLD").wait_for()

    for batch in range(10):
        transfers = [
            {
                "idempotencyKey": f"{ledgers[1]} {batch} {number}",
                "debitId": ledgers[0],
                "creditId": ledgers[1],
                "amount": {"value": "0.0100", "asset": "GOLD"},
            }
            for number in range(1_000)
        ]
        ask(POST_ALL, transfers=transfers)
    await console.go(f"/ledgers/{ledgers[1]}")
    await page.locator(".amounts", has_text="100.0000 GOLD").wait_for()
    while await page.locator(".list-foot").inner_text() != "10,000 in all":
        await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
        await page.wait_for_timeout(20)
    await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    await page.locator('[aria-rowindex="10001"]').wait_for()
    assert await page.get_by_role("table", name="Entries").get_attribute("aria-rowcount") == "10001"
    assert await page.locator('[aria-rowindex="10001"] [role="cell"]').last.inner_text() == "1"
    assert await page.get_by_role("row").count() < 100

    await page.locator('[aria-rowindex="10001"] a').focus()
    await page.keyboard.press("Home")
    await page.wait_for_function("() => document.activeElement.closest('[data-index]')?.dataset.index === '0'")
    assert await page.locator('[aria-rowindex="2"] [role="cell"]').last.inner_text() == "10,000"
    assert console.complaints == []


async def test_downloads_a_statement(console):
    page = console.page
    await console.go(f"/ledgers/{LEDGER}")
    await page.get_by_role("button", name="Statement…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Format").select_option("csv")
    async with page.expect_download() as expected:
        await dialog.get_by_role("button", name="Download").click()
    statement = await (await expected.value).path()

    lines = statement.read_text("utf-8").splitlines()
    assert "OPENING" in lines[1]
    assert "CLOSING" in lines[-1]
    assert (await expected.value).suggested_filename.endswith(".csv")
    await dialog.wait_for(state="detached")
    assert console.complaints == []


async def test_reviews_a_holder(console, ask):
    page = console.page
    holder = ask(QUARANTINED)["createHolder"]["holder"]["id"]
    await console.go(f"/holders/{holder}")
    # Screened in the background: the page changes by itself.
    await page.get_by_text("The holder waits for a review: somebody must approve or decline it.").wait_for()
    await page.get_by_role("button", name="Approve…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Why").fill("Papers seen")
    await dialog.get_by_role("button", name="Approve").click()

    await page.locator("h1 .status", has_text="OK").wait_for()
    await console.sees("Reason: Papers seen")
    assert await page.get_by_role("button", name="Approve…").count() == 0
    assert console.complaints == []


async def test_says_which_scope_a_key_lacks(page, product, ask):
    key = ask(CREATE_KEY, scopes=["ledgers:read"])["createApiKey"]["key"]
    visit = ConsoleVisit(page, product.url)
    await visit.open()
    await page.get_by_label("API key").fill(key)
    await page.get_by_role("button", name="Sign in").click()
    await visit.is_settled()

    assert await page.get_by_text("It lacks the scope webhooks:read").count() == 1
    money = page.get_by_role("region", name="Money by asset")
    await money.get_by_text("Some of this is hidden: this key lacks the scope accounts:read.").wait_for()
    await visit.go(f"/ledgers/{LEDGER}")
    await visit.sees("Some of this is hidden: this key lacks the scope holders:read.")
    await page.get_by_role("button", name="Freeze…", exact=True).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text("It lacks the scope ledgers:freeze").wait_for()
    assert await dialog.get_by_role("button", name="Freeze").is_disabled()


async def test_says_whose_access_token_it_is(page, product, ask):
    holder = ask(HOLDER_OF, id=LEDGER)["ledger"]["holder"]
    token = ask(CREATE_TOKEN, holder=holder["id"])["createAccessToken"]["token"]
    visit = ConsoleVisit(page, product.url)
    await visit.open()
    await page.get_by_label("API key").fill(token)
    await page.get_by_role("button", name="Sign in").click()

    await visit.sees(f"Access token of one holder: {holder['name']}.")
    await page.get_by_role("heading", name="Latest payments").wait_for()
    await page.get_by_role("heading", name="Money by asset").wait_for()
    menu = page.get_by_role("navigation", name="Console").get_by_role("link")
    assert await menu.all_inner_texts() == ["Overview", "Holders", "Ledgers", "Events"]
    assert await page.get_by_role("heading", level=2).all_inner_texts() == ["Money by asset", "Latest payments"]


async def test_asks_for_another_key_when_this_one_is_not_accepted(page, product):
    visit = ConsoleVisit(page, product.url)
    await visit.open()
    await page.get_by_label("API key").fill("qk_nobody")
    await page.get_by_role("button", name="Sign in").click()

    await visit.sees("This key is unknown, expired or revoked.")
    assert await page.get_by_label("API key").input_value() == ""


async def test_says_that_the_server_is_gone_and_when_it_is_back(console):
    page = console.page
    await console.go(f"/ledgers/{LEDGER}")
    await page.context.set_offline(True)
    await page.get_by_role("tab", name="Payments").click()
    await console.sees("No answer came: the server cannot be reached.")
    await page.locator(".gone", has_text="The server cannot be reached.").wait_for()
    assert await page.get_by_role("heading", name="Balance over time").count() == 1

    await page.context.set_offline(False)
    await page.get_by_role("table", name="Payments").wait_for()
    assert await page.locator(".gone").is_visible() is False


async def test_remembers_in_which_zone_and_colors_somebody_reads(console):
    page = console.page
    await console.go(f"/ledgers/{LEDGER}")
    local = await page.locator(".facts time").first.inner_text()
    await page.get_by_label("Times").select_option("utc")
    await page.get_by_label("Colors").select_option("dark")
    await page.reload()
    await page.locator(".facts time", has_text="UTC").first.wait_for()

    utc = page.locator(".facts time").first
    assert re.fullmatch(r"\d+ \w{3} \d{4}, \d\d:\d\d:\d\d UTC", await utc.inner_text())
    assert await utc.get_attribute("title") == f"{local} here"
    assert await page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


async def test_is_used_by_keyboard(console):
    page = console.page
    await page.keyboard.press("g")
    await page.keyboard.press("l")
    await page.get_by_role("heading", name="Ledgers", level=1).wait_for()
    await console.is_settled()
    await page.locator(".row-link").first.focus()
    await page.keyboard.press("ArrowDown")
    await page.wait_for_function("() => document.activeElement.closest('[data-index]')?.dataset.index === '1'")
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Balance over time").wait_for()
    await page.keyboard.press("?")
    await page.get_by_role("dialog", name="Keys").wait_for()
    await page.keyboard.press("Escape")
    assert await page.get_by_role("dialog").count() == 0
