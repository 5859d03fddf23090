"""What the console must not lose, and what it must forget, in a real browser: a secret that is shown once, the answer
to an action that is under way; a key, once somebody signed out.
"""

import asyncio
import re

import httpx
import pytest

from tests.browser.console_visit import ConsoleVisit
from tests.browser.visit import Visit

pytest.importorskip("playwright.async_api")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

READ_KEY = "sessionStorage.getItem('quaestor/session-key')"
NO_LEDGER = "0197a3c2-5b6e-7c11-8f00-c1a12effffff"
CREATE_ENDPOINT = """mutation ($url: String!) {
  createWebhookEndpoint(input: { url: $url, eventTypes: ["books.closed"] }) {
    ... on WebhookSecretSuccess { secret endpoint { id } } ... on Error { message } } }"""


async def answer_to(product, key, query, **variables):
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        headers = {"Authorization": f"API-Key {key}"}
        return await client.post(
            f"{product.url}/graphql", json={"query": query, "variables": variables}, headers=headers
        )


@pytest.fixture
async def console(page, product, sign_in_address) -> ConsoleVisit:
    visit = ConsoleVisit(page, product.url)
    await visit.begin(sign_in_address().replace("/#", "/console/#"))
    return visit


async def test_signs_out_in_all_tabs_for_good_and_revokes_the_key_of_this_browser(console, product):
    page = console.page
    key = await page.evaluate(READ_KEY)
    second = ConsoleVisit(await page.context.new_page(), product.url)
    await second.open_beside_another_tab("/ledgers")
    explorer = Visit(await page.context.new_page(), product.url)
    await explorer.begin_beside_another_tab()
    assert await second.page.evaluate(READ_KEY) == key

    async with page.expect_response(lambda response: "EndOwnKey" in (response.request.post_data or "")):
        await page.get_by_role("button", name="Sign out").click()
    await second.sees("You signed out in another tab of this browser.")
    await explorer.sees_key_state("Needed")
    assert (await answer_to(product, key, "{ viewer { scopes } }")).status_code == httpx.codes.UNAUTHORIZED

    # A tab that is loaded anew asks the other ones.
    for tab in (page, second.page):
        await tab.reload()
        await tab.get_by_role("button", name="Sign in").wait_for()
        assert await tab.evaluate(READ_KEY) is None


async def test_begins_anew_when_the_browser_shows_it_again_as_it_was_left(console):
    page = console.page
    await page.evaluate("sessionStorage.clear()")  # Somebody signed out in a later page of this tab.
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    await page.get_by_role("button", name="Sign in").wait_for()


async def test_leaves_a_key_that_was_typed_as_it_is(page, product):
    visit = ConsoleVisit(page, product.url)
    await visit.open()
    await page.get_by_label("API key").fill(f"  {product.key} ")
    await page.get_by_role("button", name="Sign in").click()
    await page.locator(".whose-key").wait_for()
    async with page.expect_response(lambda response: "query Viewer" in (response.request.post_data or "")):
        await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("button", name="Sign in").wait_for()

    assert (await answer_to(product, product.key, "{ viewer { scopes } }")).status_code == httpx.codes.OK
    assert visit.complaints == []


async def test_keeps_a_dialog_open_while_it_sends_and_while_a_secret_is_shown(console, product):
    page, may_go_on, is_held = console.page, asyncio.Event(), asyncio.Event()
    made = (await answer_to(product, product.key, CREATE_ENDPOINT, url="http://127.0.0.1:9/keeps")).json()
    endpoint = made["data"]["createWebhookEndpoint"]["endpoint"]["id"]
    await console.go(f"/webhooks/{endpoint}")

    async def hold(route):
        if "mutation RotateSecret" in route.request.post_data:
            is_held.set()
            await may_go_on.wait()
        await route.fallback()

    await page.route("**/graphql", hold)
    await page.get_by_role("button", name="Rotate the secret…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Make a new secret").click()
    await is_held.wait()
    assert await dialog.get_attribute("aria-busy") == "true"
    assert await dialog.get_by_role("button", name="Cancel").is_disabled()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.mouse.click(2, 2)
    may_go_on.set()

    shown = dialog.get_by_text("This is the only time that the secret is shown.")
    await shown.wait_for()
    assert (await dialog.locator(".secret code").first.inner_text()).startswith("whsec_")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.evaluate("history.replaceState('as it was', '')")
    await page.evaluate("history.back()")
    await page.wait_for_function(
        "(path) => location.pathname === path && history.state === null", arg=f"/console/webhooks/{endpoint}"
    )
    assert await shown.is_visible()
    await dialog.get_by_role("button", name="I have copied it").click()
    await dialog.wait_for(state="detached")
    assert await page.evaluate("document.activeElement.textContent") == "Rotate the secret…"
    assert console.complaints == []


async def test_says_what_to_look_at_when_it_is_unknown_whether_a_secret_was_rotated(console, product):
    page = console.page
    made = (await answer_to(product, product.key, CREATE_ENDPOINT, url="http://127.0.0.1:9/unknown")).json()
    await console.go(f"/webhooks/{made['data']['createWebhookEndpoint']['endpoint']['id']}")

    async def lose(route):
        await (route.abort() if "mutation RotateSecret" in route.request.post_data else route.fallback())

    await page.route("**/graphql", lose)
    await page.get_by_role("button", name="Rotate the secret…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Make a new secret").click()
    await dialog.get_by_text("Look at the endpoint first: it may have been rotated").wait_for()
    await page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("qk_3fJ9й", "A key has letters, digits, - and _ only: character 8 of this one is “й”."),
        ("qk_3\u200bfJ9", "character 5 of this one is an invisible character (U+200B)."),
        ("qk_3 fJ9", "character 5 of this one is a space."),
    ],
)
async def test_refuses_a_key_that_cannot_be_one(page, product, typed, fault):
    visit = ConsoleVisit(page, product.url)
    await visit.open()
    await page.get_by_label("API key").fill(typed)
    await page.get_by_role("button", name="Sign in").click()

    await visit.sees(fault)
    assert visit.asked == []


async def test_lets_no_key_into_the_address(console):
    page, told = console.page, "This looks like an API key. It was not searched for"
    search = page.get_by_role("searchbox", name="Search")
    await search.fill("qk_3fJ9aLq0_secret")
    await search.press("Enter")
    await console.sees(told)
    assert await search.input_value() == ""
    assert await page.evaluate("location.href") == f"{console.url}/console/"

    await console.go("/search?q=qk_3fJ9aLq0_secret")
    await console.sees(told)
    await page.wait_for_function("() => location.search === ''")
    await console.go("/events")
    await page.get_by_label("About").fill("qk_3fJ9aLq0_secret")
    await console.sees(told)
    assert await page.evaluate("location.search") == ""
    assert [asked for asked in console.asked if re.search("query Find", asked)] == []


@pytest.mark.parametrize("identifier", ["notanid", NO_LEDGER])
async def test_shows_the_same_page_for_an_id_that_is_unknown_and_one_that_is_none(console, identifier):
    await console.go(f"/ledgers/{identifier}")

    await console.page.get_by_role("heading", name="No such ledger").wait_for()
    await console.sees(f"This key sees no ledger with the id {identifier}.")
    assert await console.page.title() == "No such ledger · Quaestor console"
    assert console.complaints == []
