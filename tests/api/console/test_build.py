"""The built console is committed, so that users need no Node. These tests show that it is what its sources give."""

import gzip
import hashlib
import json
import re
from pathlib import Path

from app.api.console.page import FILE_NAME, STATIC
from app.api.explorer.page import CONTENT_TYPES

SOURCES = Path(__file__).parents[3] / "console"
SOURCE_FILES = re.compile(r"src/.*|index\.html|package(-lock)?\.json|tsconfig\.json|codegen\.yml|vite\.config\.ts")
COMPRESSED_SIZE_MAX = 600_000


def fingerprint(folder: Path, wanted: re.Pattern[str]) -> str:
    """As in `console/vite.config.ts`."""
    total = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file() and "node_modules" not in path.parts)
    paths = {path.relative_to(folder).as_posix(): path for path in files}
    for name in sorted(name for name in paths if wanted.fullmatch(name)):
        total.update(f"{hashlib.sha256(paths[name].read_bytes()).hexdigest()}  {name}\n".encode())
    return total.hexdigest()


def recorded() -> dict[str, str]:
    return json.loads((STATIC / "build-info.json").read_text())


def test_was_built_from_the_sources_as_they_are():
    assert recorded()["sources"] == fingerprint(SOURCES, SOURCE_FILES), "Run `make console` and commit the result."


def test_was_not_changed_after_the_build():
    assert recorded()["built"] == fingerprint(STATIC, re.compile(r"(?!build-info\.json$).*"))


def test_has_only_files_that_the_server_sends():
    names = [path.name for path in (STATIC / "files").iterdir()]

    assert [name for name in names if not FILE_NAME.fullmatch(name)] == []
    assert {Path(name).suffix for name in names} <= set(CONTENT_TYPES)


def test_stays_small():
    files = [path for path in (STATIC / "files").iterdir() if path.is_file()]

    assert [path.name for path in files if path.suffix == ".map"] == []
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < COMPRESSED_SIZE_MAX


def test_names_the_licenses_of_what_it_bundles():
    licenses = (STATIC / "third-party-licenses.md").read_text()

    for package in ("@tanstack/react-query", "@tanstack/react-table", "graphql-ws", "react", "recharts", "wouter"):
        assert f"## {package} - " in licenses
