import json
import re
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette

from app.api.explorer.page import STATIC, explorer_routes
from app.settings import Environment, Settings

LOOPBACK = ("127.0.0.1", 50_000)


def visit(settings: Settings, *, peer: tuple[str, int] = LOOPBACK) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Starlette(routes=explorer_routes(settings)), client=peer)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


@pytest.fixture
def settings(tmp_path) -> Settings:
    (tmp_path / "api-key").write_text("the-key\n")
    return Settings(data_dir=tmp_path, environment=Environment.PLAYLIVE)


def addresses_in(html: str) -> Iterator[str]:
    yield from re.findall(r'(?:src|href)="([^"]+)"', html)


async def test_serves_the_page(settings):
    async with visit(settings) as browser:
        answer = await browser.get("/")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Quaestor</title>" in answer.text


async def test_names_only_files_of_its_own_that_are_there(settings):
    async with visit(settings) as browser:
        addresses = list(addresses_in((await browser.get("/")).text))
        answers = {address: await browser.get(address) for address in addresses}

    assert len(addresses) >= 3
    assert all(address.startswith("./explorer/") for address in addresses)
    assert {answer.status_code for answer in answers.values()} == {200}


async def test_has_no_script_in_the_page_itself(settings):
    async with visit(settings) as browser:
        html = (await browser.get("/")).text

    assert re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL) == [""]
    assert "<style" not in html


async def test_sends_a_strict_policy_with_the_nonce_of_this_answer(settings):
    async with visit(settings) as browser:
        answer = await browser.get("/")
    [nonce] = set(re.findall(r'nonce="([^"]*)"', answer.text))

    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
        f"style-src-elem 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


async def test_makes_a_new_nonce_for_every_answer(settings):
    async with visit(settings) as browser:
        policies = {(await browser.get("/")).headers["content-security-policy"] for _ in range(3)}

    assert len(policies) == 3


@pytest.mark.parametrize(
    ("suffix", "content_type"),
    [
        (".js", "text/javascript; charset=utf-8"),
        (".css", "text/css; charset=utf-8"),
        (".svg", "image/svg+xml"),
        (".ttf", "font/ttf"),
    ],
)
async def test_sends_files_with_their_type_to_be_kept_for_ever(settings, suffix, content_type):
    path = next(path for path in (STATIC / "explorer").iterdir() if path.suffix == suffix)
    async with visit(settings) as browser:
        answer = await browser.get(f"/explorer/{path.name}")

    assert answer.status_code == 200
    assert answer.content == path.read_bytes()
    assert answer.headers["content-type"] == content_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-security-policy"] == "default-src 'none'; script-src 'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_can_serve_every_file_that_was_built(settings):
    names = sorted(path.name for path in (STATIC / "explorer").iterdir())
    async with visit(settings) as browser:
        answers = [await browser.head(f"/explorer/{name}") for name in names]

    assert [answer.status_code for answer in answers] == [200] * len(names)


@pytest.mark.parametrize(
    "name",
    [
        "missing.js",
        "..%2findex.html",
        "..%2f..%2fpage.py",
        "..%5c..%5cpage.py",
        "%2e%2e/build-info.json",
        "x.js%00",
        "index.html",
    ],
)
async def test_sends_nothing_but_what_was_built(settings, name):
    async with visit(settings) as browser:
        answer = await browser.get(f"/explorer/{name}")

    assert answer.status_code == 404


async def test_tells_the_page_the_environment_and_what_else_is_served(settings):
    async with visit(settings) as browser:
        answer = await browser.get("/explorer/settings.json")

    assert answer.status_code == 200
    assert answer.json() == {"environment": "PLAYLIVE", "console": True}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "192.0.2.7"])
@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"X-Forwarded-For": "192.0.2.7"}])
async def test_tells_nobody_a_key_whoever_seems_to_ask(settings, peer, headers):
    async with visit(settings, peer=(peer, 50_000)) as browser:
        told = [await browser.get(path, headers=headers) for path in ("/", "/explorer/settings.json")]

    assert [answer.status_code for answer in told] == [200, 200]
    assert [answer for answer in told if "the-key" in answer.text] == []


async def test_says_so_when_the_page_is_off(tmp_path):
    (tmp_path / "api-key").write_text("the-key")
    async with visit(Settings(data_dir=tmp_path, graphiql=False)) as browser:
        page = await browser.get("/")
        its_settings = await browser.get("/explorer/settings.json")

    assert page.status_code == 404
    assert json.loads(page.text) == {
        "error": "not-found",
        "message": "GraphiQL is off here (QUAESTOR_GRAPHIQL). The API answers POST at /graphql.",
    }
    assert its_settings.status_code == 404


async def test_is_off_in_live_unless_asked_for(tmp_path):
    async with visit(Settings(data_dir=tmp_path, environment=Environment.LIVE)) as browser:
        answer = await browser.get("/")

    assert answer.status_code == 404
