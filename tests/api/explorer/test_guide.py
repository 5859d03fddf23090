"""The docs as pages: that each is there, and that each link of theirs leads somewhere."""

import re
from html import unescape
from urllib.parse import urldefrag, urljoin

import httpx
import pytest
from starlette.applications import Starlette

from app.api.explorer.guide import PAGES, slug_of
from app.api.explorer.page import explorer_routes
from app.settings import Settings

INDEX = "/explorer/docs/"
IMAGE = re.compile(r'<img src="([^"]+)"')
LINK = re.compile(r'<a href="([^"]+)"')
NAMES = sorted(path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.md"))


@pytest.fixture
async def browser(tmp_path):
    transport = httpx.ASGITransport(app=Starlette(routes=explorer_routes(Settings(data_dir=tmp_path))))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


async def test_lists_every_page(browser):
    answer = await browser.get(INDEX)
    listed = {link.removeprefix("./") for link in LINK.findall(answer.text) if link.endswith(".md")}

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert listed == set(NAMES)
    assert '<a href="./security.md">Security</a>' in answer.text


@pytest.mark.parametrize("name", NAMES)
async def test_has_no_link_that_leads_nowhere(browser, name):
    page = await browser.get(INDEX + name)
    assert page.status_code == 200
    for link in LINK.findall(page.text):
        address, anchor = urldefrag(urljoin(INDEX + name, unescape(link)))
        if address.startswith("http"):
            continue
        target = await browser.get(address)
        assert target.status_code == 200, link
        assert not anchor or f'id="{anchor}"' in target.text, link


@pytest.mark.parametrize("name", NAMES)
async def test_shows_its_images(browser, name):
    page = await browser.get(INDEX + name)
    for image in IMAGE.findall(page.text):
        answer = await browser.get(urljoin(INDEX + name, image))
        assert (answer.status_code, answer.headers["content-type"].split("/")[0]) == (200, "image"), image
    assert "img-src 'self'" in page.headers["content-security-policy"]


async def test_renders_what_the_docs_are_made_of(browser):
    text = (await browser.get(f"{INDEX}security.md")).text

    assert "<title>Security · Quaestor</title>" in text
    assert '<h2 id="browsers">Browsers</h2>' in text
    assert '<div class="table" tabindex="0"><table>' in text
    assert "<!--" not in text
    assert "<script" not in text


async def test_sends_a_strict_policy(browser):
    answer = await browser.get(INDEX)
    [nonce] = re.findall(r'<style nonce="([^"]+)">', answer.text)

    assert answer.headers["content-security-policy"].startswith(f"default-src 'none'; style-src 'nonce-{nonce}'; ")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    [
        "none.md",
        "..%2fREADME.md",
        "../README.md",
        "%2e%2e/pyproject.toml",
        "x",
        "a.md%00",
        "images/none.png",
        "images/..%2fhouse.md",
    ],
)
async def test_sends_nothing_but_the_docs(browser, name):
    assert (await browser.get(INDEX + name)).status_code == 404


async def test_is_off_with_the_page(tmp_path):
    routes = explorer_routes(Settings(data_dir=tmp_path, graphiql=False))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=Starlette(routes=routes)), base_url="http://a"
    ) as client:
        assert (await client.get(INDEX)).status_code == 404


@pytest.mark.parametrize(
    ("heading", "slug"), [("Browsers", "browsers"), ("With `LIVE`, on", "with-live-on"), ("A 3-way / x", "a-3-way--x")]
)
def test_anchors_a_heading_as_links_to_it_are_written(heading, slug):
    assert slug_of(heading) == slug
