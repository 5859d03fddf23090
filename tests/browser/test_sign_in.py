"""Signing a browser in with the address that `quaestor login` prints."""

import json

import httpx
import pytest

from tests.browser.conftest import quaestor
from tests.browser.visit import Visit

pytest.importorskip("playwright.async_api")

pytestmark = pytest.mark.browser

SPENT = "This address was used before, or is too old. quaestor login prints a new one; or type a key."
NEEDED = "An API key is needed. Type one, or open the address that quaestor login prints."


async def test_signs_the_browser_in_with_a_key_of_its_own(page, product, sign_in_address):
    visit = Visit(page, product.url)
    await visit.begin(sign_in_address())
    await visit.sees_key_state("Signed in")

    key = await visit.key_field.input_value()
    assert key.startswith("qk_")
    assert key != product.key
    assert await page.evaluate("location.href") == f"{product.url}/"
    assert await page.evaluate("history.length") == 2  # about:blank, and this page once.
    assert await page.evaluate("[document.cookie, JSON.stringify(localStorage)].join().includes('qk_')") is False
    assert not await page.locator(".notice").is_visible()
    assert visit.complaints == []


async def test_stays_signed_in_over_a_reload_and_in_further_tabs(page, product, sign_in_address):
    visit = Visit(page, product.url)
    await visit.begin(sign_in_address())
    await page.reload()
    await visit.sees_key_state("Signed in")

    second = Visit(await page.context.new_page(), product.url)
    await second.begin_beside_another_tab()
    assert await second.key_field.input_value() == await visit.key_field.input_value()


async def test_is_over_with_the_last_tab(page, product, sign_in_address):
    visit = Visit(page, product.url)
    await visit.begin(sign_in_address())
    await visit.sees_key_state("Signed in")
    context = page.context
    await page.close()

    later = Visit(await context.new_page(), product.url)
    await later.begin()
    await later.sees_key_state("Needed")


async def test_says_so_when_the_address_was_used_before(page, chromium, product, sign_in_address):
    address = sign_in_address()
    first = Visit(page, product.url)
    await first.begin(address)
    await first.sees_key_state("Signed in")

    other_browser = await chromium.new_context()
    second = Visit(await other_browser.new_page(), product.url)
    await second.begin(address)
    await second.sees_key_state("Needed")
    assert await second.page.locator(".notice").inner_text() == SPENT
    assert await second.key_field.input_value() == ""
    await other_browser.close()


async def test_signs_an_open_tab_in(page, product, sign_in_address):
    visit = Visit(page, product.url)
    await visit.begin()
    await visit.sees_key_state("Needed")
    assert await page.locator(".notice").inner_text() == NEEDED

    await page.goto(sign_in_address())  # Only what is behind the `#` differs.
    await visit.sees_key_state("Signed in")
    await visit.key_field.fill("not-a-key")
    await visit.sees_key_state("Not accepted")
    await page.goto(sign_in_address())
    await visit.sees_key_state("Signed in")


async def test_says_so_when_the_session_is_over(page, product, sign_in_address):
    visit = Visit(page, product.url)
    await visit.begin(sign_in_address())
    await visit.sees_key_state("Signed in")
    revoke(product, await visit.key_field.input_value())

    await visit.run()
    await visit.sees_key_state("Not accepted")
    told = "This session is over. Open the address that quaestor login prints, or type a key."
    assert await page.locator(".notice").inner_text() == told


async def test_serves_no_browser_under_a_foreign_name(page, product):
    await page.goto(product.url.replace("127.0.0.1", "quaestor.test"))
    # Chromium sends `Sec-Fetch-Site` to secure addresses only, so the page itself comes; what it asks by POST does not.
    refused = await page.evaluate("fetch('/graphql', {method: 'POST'}).then((answer) => answer.status)")
    assert refused == httpx.codes.FORBIDDEN


def revoke(product, key: str) -> None:
    keys = json.loads(quaestor("keys", "list", "--json", data_dir=product.data_dir))
    [identifier] = [one["api_key_id"] for one in keys if one["prefix"] in key]
    quaestor("keys", "revoke", identifier, data_dir=product.data_dir)
