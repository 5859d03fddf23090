"""`/explorer/docs/`: the pages of `docs/` of this version, served without internet."""

import re
import secrets
from functools import lru_cache
from html import escape
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

# The wheel contains them; in a checkout they are at the top of the repository.
PACKED = Path(__file__).parent / "guide"
PAGES = PACKED if PACKED.is_dir() else Path(__file__).parents[3] / "docs"

# Only one dot, so that a caller's path cannot lead elsewhere.
PAGE_NAME = re.compile(r"(decisions/)?[a-z0-9-]+\.md")
IMAGE_NAME = re.compile(r"images/[a-z0-9-]+\.(png|webp)")
IMAGE_TYPES = {".png": "image/png", ".webp": "image/webp"}
COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
NOT_IN_A_SLUG = re.compile(r"[^\w\- ]")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
PAGES_KEPT_MAX = 256
NONCE_BYTES = 16
POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

STYLE = """
:root { color-scheme: light dark; --text: #1b2433; --line: #d5dbe5; --field: #f1f4f8; --link: #0c6158; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4eaf3; --line: #35425a; --field: #1f2937; --link: #4fd1c0; }
  body { background: #161d29; }
}
body { color: var(--text); font: 16px/1.6 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 860px; padding: 16px 20px 64px; }
nav { border-bottom: 1px solid var(--line); padding-bottom: 8px; }
a { color: var(--link); }
h1, h2, h3 { line-height: 1.25; margin: 1.6em 0 0.5em; }
code { background: var(--field); border-radius: 4px; font: 0.88em ui-monospace, monospace; padding: 1px 4px; }
pre { background: var(--field); border-radius: 8px; overflow-x: auto; padding: 12px 16px; }
pre code { background: none; padding: 0; }
.table { overflow-x: auto; }
img { border: 1px solid var(--line); border-radius: 8px; height: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: 15px; }
th, td { border: 1px solid var(--line); padding: 6px 10px; text-align: left; vertical-align: top; }
"""


def list_pages(_: Request) -> Response:
    """Answer with the titles of all pages, each a link."""
    pages = [(path.name, _title_of(path)) for path in sorted(PAGES.glob("*.md"))]
    decisions = [(f"decisions/{path.name}", _title_of(path)) for path in sorted((PAGES / "decisions").glob("*.md"))]
    body = f"<h1>Quaestor's docs</h1>{_links(pages)}<h2>Decisions</h2>{_links(decisions)}"
    return _answer("Docs", body, home="../../")


def show_page(request: Request) -> Response:
    """Answer with one page or one of its images, or 404."""
    name = request.path_params["page"]
    path = PAGES / name
    if IMAGE_NAME.fullmatch(name) and path.is_file():
        return FileResponse(path, media_type=IMAGE_TYPES[path.suffix], headers={"Cache-Control": "no-cache"})
    if not PAGE_NAME.fullmatch(name) or not path.is_file():
        return JSONResponse({"error": "not-found", "message": "There is no such page."}, status_code=404)
    title, body = _render(path)
    return _answer(title, body, home="../" * (2 + name.count("/")))


# Rendering takes some milliseconds, and nobody needs a key to ask for it: it is done once.
@lru_cache(PAGES_KEPT_MAX)
def _render(path: Path) -> tuple[str, str]:
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    outside = "../" * len(path.relative_to(PAGES).parts)
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            before.attrSet("id", slug_of(token.content))
        _drop_links(token, outside)
    body = markdown.renderer.render(tokens, markdown.options, {})
    body = body.replace("<table>", '<div class="table" tabindex="0"><table>').replace("</table>", "</table></div>")
    return _title_of(path), body


def slug_of(heading: str) -> str:
    """The anchor of a heading, as links to it are written."""
    return NOT_IN_A_SLUG.sub("", heading.lower()).replace(" ", "-")


def _drop_links(token: Token, outside: str) -> None:
    """Files beside `docs/` are not served, so links to them become plain text."""
    for child in token.children or ():
        if child.type == "link_open" and str(child.attrGet("href")).startswith(outside):
            del child.attrs["href"]


def _title_of(path: Path) -> str:
    found = TITLE.search(path.read_text(encoding="utf-8"))
    return found[1] if found else path.stem


def _links(pages: list[tuple[str, str]]) -> str:
    items = (f'<li><a href="./{escape(name)}">{escape(title)}</a></li>' for name, title in pages)
    return f"<ul>{''.join(items)}</ul>"


def _answer(title: str, body: str, *, home: str) -> Response:
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)} · Quaestor</title>'
        f'<style nonce="{nonce}">{STYLE}</style></head><body>'
        f'<nav><a href="{home}">GraphiQL</a> · <a href="{home}explorer/docs/">All docs</a></nav>'
        f"<main>{body}</main></body></html>"
    )
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY.format(nonce=nonce)}
    return HTMLResponse(page, headers=headers)
