"""Whoever comes can read and use the page: in both modes, on a phone, with a keyboard, with a screen reader."""

from pathlib import Path

import pytest

axe = pytest.importorskip("axe_playwright_python.async_playwright")

pytestmark = pytest.mark.browser

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8").rstrip().rstrip(";")
MODES = ("light", "dark")
SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
# All of the editors' text is colored: a word of every kind is in another color than the rest.
COLORED = "() => new Set([...document.querySelectorAll('.view-line span span')].map(span => span.className)).size > 8"
TEXTS_MIN = 60


async def look_as(visit, mode, size):
    await visit.page.set_viewport_size(SIZES[size])
    await visit.page.emulate_media(color_scheme=mode)
    await visit.run()
    await visit.page.wait_for_function(COLORED)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", MODES)
async def test_keeps_to_the_rules_of_accessibility(visit, mode, size):
    await look_as(visit, mode, size)
    found = await axe.Axe().run(visit.page)

    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found.response["violations"]] == []
    looked = await visit.page.evaluate(CONTRAST)
    assert looked["faint"] == {}
    assert looked["looked"] >= TEXTS_MIN


@pytest.mark.parametrize("mode", MODES)
async def test_measures_contrast(visit, mode):
    await look_as(visit, mode, "desk")
    color = {"light": "rgb(130, 130, 130)", "dark": "rgb(110, 115, 125)"}[mode]
    await visit.page.evaluate(f"document.querySelector('.bar-name').style.color = '{color}'")

    looked = await visit.page.evaluate(CONTRAST)
    assert [(key.split(" on ")[0], text) for key, text in looked["faint"].items()] == [(color, "Quaestor")]


async def test_follows_the_systems_mode_while_it_is_open(visit):
    for mode in (*MODES, *MODES):
        await look_as(visit, mode, "desk")
        assert (await visit.page.evaluate(CONTRAST))["faint"] == {}


async def test_fits_a_phone(visit):
    await look_as(visit, "light", "phone")
    page = visit.page
    for part in (".graphiql-query-editor", ".result-window", ".graphiql-tabs", ".bar-key", ".graphiql-execute-button"):
        box = await page.locator(part).first.bounding_box()
        assert box["x"] >= 0, part
        assert box["x"] + box["width"] <= SIZES["phone"]["width"], part
    for part, width_min in ((".graphiql-query-editor", 350), (".result-window", 350), (".bar-key input", 180)):
        assert (await page.locator(part).first.bounding_box())["width"] >= width_min, part
    assert await page.evaluate("document.documentElement.scrollWidth") == SIZES["phone"]["width"]
    for control in (page.get_by_role("button", name="Restart the tour"), page.get_by_role("link", name="Docs")):
        assert await control.is_visible()


async def test_numbers_the_tabs_and_says_that_there_are_more(visit):
    tabs = visit.page.get_by_role("tab")
    total = await tabs.count()
    assert await visit.page.get_by_role("tab", name="1 CreateHolder", exact=True).count() == 1
    assert await visit.page.get_by_role("tab", name=f"{total} FreezeAndOverdraft", exact=True).count() == 1

    more = visit.page.locator(".more-tabs")
    assert 0 < int((await more.inner_text()).split(" more")[0]) < total
    last = tabs.nth(total - 1)
    await visit.page.wait_for_function(
        """() => {
          const button = document.querySelector('.more-tabs');
          if (button.textContent.includes('more')) button.click();
          return button.textContent.includes('First');
        }""",
        polling=300,
    )
    edge = await visit.page.locator(".graphiql-tabs").bounding_box()
    box = await last.bounding_box()
    assert box["x"] + box["width"] <= edge["x"] + edge["width"] + 1
    await more.click()
    await visit.page.wait_for_function("() => document.querySelector('.more-tabs').textContent.includes(' more')")


async def test_goes_from_tab_to_tab_by_keyboard(visit):
    selected = visit.page.get_by_role("tab", selected=True)
    total = await visit.page.get_by_role("tab").count()
    await selected.focus()
    names = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "ArrowLeft", "Home"):
        await visit.page.keyboard.press(key)
        names.append(await selected.inner_text())
    assert names == [
        "2 IssueGbpLedgers",
        "3 WaitForLedgers",
        "2 IssueGbpLedgers",
        f"{total} FreezeAndOverdraft",
        "1 CreateHolder",
        f"{total} FreezeAndOverdraft",
        "1 CreateHolder",
    ]
    await visit.page.keyboard.press("Delete")
    await visit.page.get_by_role("tab", name="1 IssueGbpLedgers", exact=True).wait_for()
    assert await visit.page.get_by_role("tab").count() == total - 1
