"""Whoever comes can read and use the console: in both modes, on a phone, with a screen reader."""

from itertools import product as product_of
from pathlib import Path

import pytest

from tests.browser.console_visit import ConsoleVisit
from tests.browser.test_readable import CONTRAST, MODES, SIZES

axe = pytest.importorskip("axe_playwright_python.async_playwright")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

LEDGER = "0197a3c2-5b6e-7c11-8f00-c1a12e000001"
HOLDER = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"
PAGES = (
    "/",
    "/holders",
    f"/holders/{HOLDER}",
    "/ledgers",
    f"/ledgers/{LEDGER}",
    f"/ledgers/{LEDGER}?tab=events",
    "/search?q=clarke",
    "/accounts",
    "/payments",
    "/transfers",
    "/webhooks",
    "/deliveries",
    "/events",
    "/stuck",
    "/keys",
)
TEXTS_MIN = 10
CUT_OFF = Path(__file__).with_name("cut_off.js").read_text(encoding="utf-8")
# A list lays itself out anew after it was drawn in another width.
DRAWN_ANEW = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
WIDTHS = (320, 390, 600, 780, 1024)
# The rules of axe but that of contrast, which is measured in all four, are the same in both modes.
WITH_AXE = (("light", "desk"), ("dark", "phone"))


async def faults_of(page, *, with_axe: bool) -> list:
    looked = await page.evaluate(CONTRAST)
    width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = (await axe.Axe().run(page)).response["violations"] if with_axe else []
    return [
        *((fault["id"], fault["nodes"][0]["html"][:200]) for fault in found),
        *looked["faint"].items(),
        *([("too wide by", width)] if width > 0 else []),
        *([("texts", looked["looked"])] if looked["looked"] < TEXTS_MIN else []),
    ]


async def test_keeps_to_the_rules_of_accessibility(page, product, sign_in_address):
    visit = ConsoleVisit(page, product.url)
    await visit.begin(sign_in_address().replace("/#", "/console/#"))
    faults = {}
    for path in PAGES:
        await visit.go(path)
        for mode, size in product_of(MODES, SIZES):
            await page.set_viewport_size(SIZES[size])
            await page.emulate_media(color_scheme=mode)
            with_axe = (mode, size) in WITH_AXE
            faults[path, mode, size] = await faults_of(page, with_axe=with_axe)

    assert {where: found for where, found in faults.items() if found} == {}
    assert visit.complaints == []


async def test_cuts_off_no_amount_and_no_time(page, product, sign_in_address):
    visit = ConsoleVisit(page, product.url)
    await visit.begin(sign_in_address().replace("/#", "/console/#"))
    cut, seen = {}, 0
    for path in PAGES:
        await visit.go(path)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            await page.evaluate(DRAWN_ANEW)
            looked = await page.evaluate(CUT_OFF)
            too_wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            seen += looked["looked"]
            cut[path, width] = looked["cut"] + ([f"too wide by {too_wide}"] if too_wide > 0 else [])

    assert {where: found for where, found in cut.items() if found} == {}
    assert seen > len(PAGES) * len(WIDTHS)


async def test_keeps_to_them_where_somebody_signs_in_and_in_a_dialog(page, product, sign_in_address):
    visit = ConsoleVisit(page, product.url)
    await visit.open()
    at_the_door = await axe.Axe().run(page)
    await visit.begin(sign_in_address().replace("/#", "/console/#"))
    await visit.go(f"/ledgers/{LEDGER}")
    await page.get_by_role("button", name="Freeze…").click()
    await page.get_by_role("dialog").wait_for()
    in_a_dialog = await axe.Axe().run(page)

    found = [*at_the_door.response["violations"], *in_a_dialog.response["violations"]]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []
    assert (await page.evaluate(CONTRAST))["faint"] == {}
