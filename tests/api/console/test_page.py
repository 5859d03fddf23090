import json
import re

import httpx
import pytest
from starlette.applications import Starlette

from app.api.console.page import STATIC, console_routes
from app.settings import Environment, Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGES = ("/console/", "/console/ledgers", "/console/ledgers/0197a3c2-5b6e-7c11-8f00-c1a12e000001", "/console/a/b/c/d")


def visit(settings: Settings) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Starlette(routes=console_routes(settings)))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


@pytest.fixture
def settings(tmp_path) -> Settings:
    (tmp_path / "api-key").write_text("the-key\n")
    return Settings(data_dir=tmp_path, environment=Environment.PLAYLIVE)


def addresses_in(html: str) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]+)"', html)


@pytest.mark.parametrize("path", PAGES)
async def test_serves_the_same_page_at_every_address(settings, path):
    async with visit(settings) as browser:
        answer = await browser.get(path)
        files = [await browser.get(str(answer.url.join(address))) for address in addresses_in(answer.text)]

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>Quaestor console</title>" in answer.text
    assert len(files) >= 3
    assert {file.status_code for file in files} == {200}
    assert {file.url.path.rpartition("/")[0] for file in files} == {"/console/files"}


async def test_leads_below_itself_wherever_a_proxy_puts_it(settings):
    async with visit(settings) as browser:
        answer = await browser.get("/console")

    assert (answer.status_code, answer.headers["location"]) == (307, "console/")


async def test_has_nothing_inline_and_a_policy_that_forbids_it(settings):
    async with visit(settings) as browser:
        answer = await browser.get("/console/")

    assert set(re.findall(r"<script[^>]*>(.*?)</script>", answer.text, re.DOTALL)) == {""}
    assert "<style" not in answer.text
    assert "style=" not in answer.text
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"


async def test_sends_every_file_with_its_type_to_be_kept_for_ever(settings):
    types = {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
    paths = sorted((STATIC / "files").iterdir())
    async with visit(settings) as browser:
        answers = [await browser.get(f"/console/files/{path.name}") for path in paths]

    for path, answer in zip(paths, answers, strict=True):
        assert (answer.status_code, answer.content) == (200, path.read_bytes())
        assert answer.headers["content-type"] == types[path.suffix]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-security-policy"] == "default-src 'none'"


@pytest.mark.parametrize("name", ["missing.js", "page.py", "index.html", ".hidden.js", "x.js%00", "..%5c..%5cpage.py"])
async def test_sends_nothing_but_what_was_built(settings, name):
    async with visit(settings) as browser:
        answer = await browser.get(f"/console/files/{name}")

    assert answer.status_code == 404


async def test_sends_the_page_for_a_path_that_leads_elsewhere(settings):
    async with visit(settings) as browser:
        answer = await browser.get("/console/files/..%2f..%2fpage.py")

    assert "<title>Quaestor console</title>" in answer.text


async def test_tells_nobody_a_key(settings):
    async with visit(settings) as browser:
        told = [await browser.get(path) for path in PAGES]

    assert [answer for answer in told if "the-key" in answer.text] == []


async def test_refuses_to_sign_in_pages_of_other_origins(settings):
    async with visit(settings) as browser:
        answer = await browser.post(
            "/console/session", json={"token": "A" * 32}, headers={"Origin": "https://elsewhere.example"}
        )

    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "changes", [{"console": False}, {"environment": Environment.LIVE}], ids=["switched off", "LIVE"]
)
async def test_says_so_when_it_is_off(tmp_path, changes):
    async with visit(Settings(data_dir=tmp_path, **changes)) as browser:
        answers = [await browser.get(path) for path in ("/console", *PAGES)]
        session = await browser.post("/console/session", json={"token": "A" * 32})

    assert {answer.status_code for answer in (*answers, session)} <= {404, 405}
    assert json.loads(answers[0].text) == {
        "error": "not-found",
        "message": "The console is off here (QUAESTOR_CONSOLE). The API answers POST at /graphql.",
    }


async def test_is_on_in_live_where_it_is_asked_for(tmp_path):
    async with visit(Settings(data_dir=tmp_path, environment=Environment.LIVE, console=True)) as browser:
        answer = await browser.get("/console/")

    assert answer.status_code == 200
