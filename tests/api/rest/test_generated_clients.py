"""Clients that public generators make from /openapi.json: they type-check, and work against a running server."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.api.product.conftest import Client
from tests.node_packages import PACKAGES, node_with
from tests.seeds.conftest import key, url

__all__ = ["key", "url"]

EXAMPLES = Path(__file__).parents[3] / "examples"
GENERATOR = Path(__file__).parent / "client_generator.txt"
UV = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
MYPY = """
[mypy]
strict = true

# The generator's own file, whatever the document: it hands `*args: object` on to httpx.
[mypy-quaestor_client.client]
disable_error_code = arg-type
"""
SAID = re.compile(
    r"ledger (?P<id>[0-9a-f-]{36}) of gold is ledger-status-ok\n"
    r"account (?P<reference>\S+) has default, savings\n"
)

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]


async def run(*command, folder, **environment):
    """Run a program in a folder; answers its exit code and all that it printed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def printed(*command, folder, **environment):
    code, said = await run(*command, folder=folder, **environment)
    assert code == 0, said
    return said


async def saved_document(url, folder):
    """The document as the server sends it."""
    await printed("curl", "-sS", "--fail", "--noproxy", "*", f"{url}/openapi.json", "-o", "openapi.json", folder=folder)
    return folder / "openapi.json"


async def opens_once(application, url, key, *program, folder):
    """The program opens a ledger and an account, and the second time says the same and opens nothing more."""
    environment = {"QUAESTOR_URL": url, "QUAESTOR_API_KEY": key, "NO_PROXY": "127.0.0.1"}
    said = await printed(*program, folder=folder, **environment)
    assert await printed(*program, folder=folder, **environment) == said
    found = SAID.fullmatch(said)
    assert found, said
    query = (
        "{ ledgers(first: 9) { nodes { id asset status } }"
        " accounts(first: 9) { nodes { reference wallets(first: 9) { nodes { name currency } } } } }"
    )
    there = await Client(application, key).data(query)
    assert there["ledgers"]["nodes"] == [{"id": found["id"], "asset": "GOLD", "status": "OK"}]
    [account] = there["accounts"]["nodes"]
    assert account["reference"] == found["reference"]
    assert [(one["name"], one["currency"]) for one in account["wallets"]["nodes"]] == [
        ("savings", "USD"),
        ("default", "USD"),
    ]


async def refused(url, *program, folder):
    """The program ends with what the server refused."""
    environment = {"QUAESTOR_URL": url, "QUAESTOR_API_KEY": "qk_nobody", "NO_PROXY": "127.0.0.1"}
    code, said = await run(*program, folder=folder, **environment)
    assert code != 0
    assert "UNAUTHENTICATED" in said


@pytest.fixture
async def generator(tmp_path):
    """The folder of an environment that has openapi-python-client, and what its clients need."""
    if UV is None:
        pytest.skip("uv is not installed")
    environment = tmp_path / "generator"
    await printed(UV, "venv", "--quiet", "--python", sys.executable, environment, folder=tmp_path)
    python = environment / "bin" / "python"
    install = (UV, "pip", "install", "--quiet", "--no-deps", "--python", python, "--requirement", GENERATOR)
    code, said = await run(*install, folder=tmp_path)
    if code != 0:
        pytest.skip(f"openapi-python-client cannot be installed: {said}")
    return environment


async def test_makes_a_client_for_python(application, url, key, generator, tmp_path):
    document = await saved_document(url, tmp_path)
    programs = generator / "bin"
    await printed(
        programs / "openapi-python-client",
        *("generate", "--path", document, "--meta", "none", "--output-path", "quaestor_client", "--fail-on-warning"),
        folder=tmp_path,
        PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
    )
    shutil.copy(EXAMPLES / "rest_client.py", tmp_path)
    (tmp_path / "mypy.ini").write_text(MYPY)
    python = programs / "python"
    mypy = (sys.executable, "-m", "mypy", "--python-executable", python, "--config-file", "mypy.ini")
    checked = await printed(*mypy, "rest_client.py", "quaestor_client", folder=tmp_path)
    assert checked.startswith("Success: no issues found in ")
    await opens_once(application, url, key, python, "rest_client.py", folder=tmp_path)
    await refused(url, python, "rest_client.py", folder=tmp_path)


@pytest.fixture
def packages(tmp_path):
    """The folder of the examples' packages, in reach of programs in `tmp_path`."""
    node_with(tmp_path, "openapi-typescript", "openapi-fetch", "typescript")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return PACKAGES


async def test_makes_types_for_typescript(application, url, key, packages, tmp_path):
    document = await saved_document(url, tmp_path)
    shutil.copy(EXAMPLES / "rest_client.ts", tmp_path)
    programs = packages / ".bin"
    make_types = (programs / "openapi-typescript", document, "--output", "quaestor.ts")
    await printed(*make_types, "--default-non-nullable=false", folder=tmp_path)
    compiler = (programs / "tsc", "--strict", "--module", "nodenext", "--target", "es2022")
    assert await printed(*compiler, "--noEmit", "rest_client.ts", folder=tmp_path) == ""
    await printed(*compiler, "rest_client.ts", folder=tmp_path)
    await opens_once(application, url, key, "node", "rest_client.js", folder=tmp_path)
    await refused(url, "node", "rest_client.js", folder=tmp_path)
