"""The document and the page that shows it, whose built files are committed: they are what their sources give."""

import hashlib
import json
import re
from pathlib import Path

import httpx
import pytest

from app.api.application import Application
from app.api.rest.reference import CONTENT_TYPES, FILE_NAME, STATIC, reference_routes
from app.kernel.errors import Unauthenticated
from app.settings import load_settings

SOURCES = Path(__file__).parents[3] / "reference"
SOURCE_FILES = re.compile(r"src/.*|package(-lock)?\.json|build\.mjs")


def fingerprint(folder, wanted):
    """As in `reference/build.mjs`."""
    total = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file() and "node_modules" not in path.parts)
    paths = {path.relative_to(folder).as_posix(): path for path in files}
    for name in sorted(name for name in paths if wanted.fullmatch(name)):
        total.update(f"{hashlib.sha256(paths[name].read_bytes()).hexdigest()}  {name}\n".encode())
    return total.hexdigest()


def recorded():
    return json.loads((STATIC / "build-info.json").read_text())


def test_was_built_from_the_sources_as_they_are():
    assert recorded()["sources"] == fingerprint(SOURCES, SOURCE_FILES), "Run `make reference` and commit the result."


def test_was_not_changed_after_the_build():
    assert recorded()["built"] == fingerprint(STATIC, re.compile(r"(?!build-info\.json$).*"))


def test_has_only_files_that_the_server_sends():
    names = [path.name for path in (STATIC / "docs").iterdir()]
    assert [name for name in names if not FILE_NAME.fullmatch(name)] == []
    assert {Path(name).suffix for name in names} == set(CONTENT_TYPES)
    page = (STATIC / "index.html").read_text()
    assert set(re.findall(r'(?:src|href)="docs/([^"]+)"', page)) == set(names)


@pytest.fixture
def ask():
    async def authenticate(authorization):
        if authorization != "API-Key k":
            raise Unauthenticated("Unknown key.")

    async def ask(path, settings=None, **headers):
        settings = load_settings(**(settings or {}))
        routes = reference_routes(settings, authenticate, events=lambda: {"asyncapi": "3.0.0"})
        transport = httpx.ASGITransport(Application(routes=routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get(path, headers=headers)

    return ask


async def test_sends_the_page_and_its_files_and_nothing_else(ask):
    page = await ask("/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; connect-src 'self';" in policy
    for name in re.findall(r'"(docs/[^"]+)"', page.text):
        file = await ask(f"/{name}")
        assert (file.status_code, file.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    for name in ("index.html", "..%2Findex.html", "build-info.json", "nothing.js"):
        assert (await ask(f"/docs/{name}")).status_code == 404
    assert (await ask("/docs/")).headers["location"] == "/docs"


@pytest.mark.parametrize(
    ("path", "name", "version"), [("/openapi.json", "openapi", "3.1.1"), ("/events.json", "asyncapi", "3.0.0")]
)
async def test_shows_the_documents_to_everybody_but_in_live(ask, path, name, version):
    assert (await ask(path)).json()[name] == version
    live = {"environment": "LIVE"}
    refused = await ask(path, live)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, "UNAUTHENTICATED")
    assert (await ask(path, live, Authorization="API-Key k")).json()[name] == version


async def test_has_no_page_in_live(ask):
    assert (await ask("/docs", {"environment": "LIVE"})).status_code == 404
