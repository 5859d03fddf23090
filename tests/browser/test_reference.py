"""The reference page of the REST API, in a real browser: it shows the document and sends a request."""

import re

import pytest

pytestmark = pytest.mark.browser


async def test_shows_the_document_and_sends_a_request(product, page):
    hosts, complaints = set(), []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{product.url}/docs")
    await page.locator("#operations-Ledgers-listLedgers").wait_for()
    await page.locator("button.authorize").first.click()
    await page.get_by_label("Value:").first.fill(f"API-Key {product.key}")
    await page.locator(".auth-btn-wrapper button.authorize").first.click()
    await page.locator(".btn-done").first.click()
    operation = page.locator("#operations-Ledgers-listLedgers")
    await operation.locator(".opblock-summary").click()
    await operation.get_by_role("button", name="Execute").click()
    status = operation.locator(".live-responses-table .response-col_status").last
    await status.filter(has_text=re.compile("200")).wait_for()
    assert "ledger-status-" in await operation.locator(".live-responses-table .microlight").first.inner_text()
    assert complaints == []
    assert hosts == {product.url.removeprefix("http://")}
