"""The pictures of `docs/console.md`, taken in a real browser.

With `QUAESTOR_TEST_IMAGES=1` they are written into `docs/images/`; else they are only taken.
"""

import base64
import os
from pathlib import Path

import pytest

from tests.browser.console_visit import ConsoleVisit

pytest.importorskip("playwright.async_api")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LEDGER = "0197a3c2-5b6e-7c11-8f00-c1a12e000001"
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
QUALITY = 82
BYTES_MIN = 5_000


async def take(page, name: str) -> bytes:
    session = await page.context.new_cdp_session(page)
    taken = await session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    content = base64.b64decode(taken["data"])
    if os.environ.get("QUAESTOR_TEST_IMAGES"):
        (IMAGES / name).write_bytes(content)
    return content


async def test_takes_the_pictures_of_the_docs(page, product, sign_in_address):
    visit = ConsoleVisit(page, product.url)
    await page.set_viewport_size(DESK)
    await visit.begin(sign_in_address().replace("/#", "/console/#"))
    await page.locator(".recharts-bar-rectangle").first.wait_for()
    taken = {"console-overview.webp": await take(page, "console-overview.webp")}

    await page.emulate_media(color_scheme="dark")
    await visit.go(f"/ledgers/{LEDGER}")
    await page.locator(".recharts-area-curve").first.wait_for()
    taken["console-ledger.webp"] = await take(page, "console-ledger.webp")

    await page.emulate_media(color_scheme="light")
    await visit.go("/payments?status=DECLINED")
    await page.locator(".row-link").first.click()
    await visit.is_settled()
    await page.get_by_role("heading", name="How it went").wait_for()
    taken["console-payment.webp"] = await take(page, "console-payment.webp")

    await page.set_viewport_size(PHONE)
    await visit.go("/ledgers?status=ERROR")
    await page.locator(".row-link").first.click()
    await visit.sees("The ledger cannot be used")
    await visit.is_settled()
    taken["console-phone.webp"] = await take(page, "console-phone.webp")

    assert [name for name, content in taken.items() if len(content) < BYTES_MIN or content[8:12] != b"WEBP"] == []
    assert [name for name in taken if not (IMAGES / name).is_file()] == []
    assert visit.complaints == []
