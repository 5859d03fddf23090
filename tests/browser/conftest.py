"""A whole product on a port of its own, and a real browser that looks at it.

With `QUAESTOR_BROWSER_TEST_URL` and `QUAESTOR_BROWSER_TEST_DATA_DIR` the tests look at a product that already runs.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.browser.visit import Visit
from tests.cli.running_dev import QUAESTOR, clean_environment
from tests.free_ports import free_port

START_SECONDS_MAX = 150
STOP_SECONDS_MAX = 60
CHROMIUM_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A name that is not of loopback, and leads there all the same: what DNS rebinding does.
    "--host-resolver-rules=MAP quaestor.test 127.0.0.1",
)


class Product(NamedTuple):
    url: str
    data_dir: Path

    @property
    def key(self) -> str:
        """The first customer's API key."""
        return (self.data_dir / "api-key").read_text(encoding="utf-8").strip()


@pytest.fixture(scope="session")
async def product(tmp_path_factory) -> AsyncIterator[Product]:
    if url := os.environ.get("QUAESTOR_BROWSER_TEST_URL"):
        yield Product(url.rstrip("/"), Path(os.environ["QUAESTOR_BROWSER_TEST_DATA_DIR"]))
        return
    data_dir, port = tmp_path_factory.mktemp("quaestor"), free_port()
    log = data_dir.parent / "quaestor-dev.log"
    with log.open("wb") as output:
        process = start_product(data_dir, port, output)
        try:
            url = f"http://127.0.0.1:{port}"
            await wait_until_ready(url, process, log)
            made = Product(url, data_dir)
            await wait_until_filled(made)
            yield made
        finally:
            stop(process)


@pytest.fixture(scope="session")
def product_url(product) -> str:
    """Where the product answers, without a slash at the end."""
    return product.url


@pytest.fixture(scope="session")
def product_key(product) -> str:
    """The first customer's API key."""
    return product.key


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = os.environ.get("QUAESTOR_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is missing: install Debian's `chromium`, or name one in QUAESTOR_CHROMIUM.")
    return path


@pytest.fixture(scope="session")
async def chromium(chromium_path) -> AsyncIterator:
    playwright = pytest.importorskip("playwright.async_api")
    async with playwright.async_playwright() as started:
        browser = await started.chromium.launch(executable_path=chromium_path, args=list(CHROMIUM_SWITCHES))
        yield browser
        await browser.close()


@pytest.fixture
async def page(chromium) -> AsyncIterator:
    """A page of a browser that has never been here."""
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    yield await context.new_page()
    await context.close()


@pytest.fixture
def sign_in_address(product) -> Callable[[], str]:
    """Makes an address that signs a browser in."""

    def make() -> str:
        return quaestor("login", data_dir=product.data_dir).strip()

    return make


@pytest.fixture
async def visit(page, product, sign_in_address) -> Visit:
    """A visit by a signed-in browser."""
    visit = Visit(page, product.url)
    await visit.begin(sign_in_address())
    return visit


def quaestor(*command: str, data_dir: Path) -> str:
    """What the command prints."""
    return subprocess.check_output([QUAESTOR, *command, "--data-dir", data_dir], env=clean_environment(), text=True)


def start_product(data_dir: Path, port: int, output) -> subprocess.Popen[bytes]:
    command = [QUAESTOR, "dev", "--port", str(port), "--data-dir", data_dir]
    return subprocess.Popen(command, env=clean_environment(), stdout=output, stderr=subprocess.STDOUT)


async def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = asyncio.get_running_loop().time() + START_SECONDS_MAX
    async with httpx.AsyncClient(trust_env=False) as client:
        while asyncio.get_running_loop().time() < deadline and process.poll() is None:
            try:
                if (await client.get(f"{url}/readyz")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass  # It does not listen yet.
            await asyncio.sleep(0.2)
    said = await asyncio.to_thread(log.read_text, errors="replace")
    pytest.fail(f"`quaestor dev` did not become ready (exit code {process.poll()}):\n{said}")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def wait_until_filled(product: Product) -> None:
    """Wait until there are accounts: of all demo data they are made last."""
    ask = {"query": "{ accounts(first: 1) { nodes { id } } }"}
    async with asyncio.timeout(START_SECONDS_MAX), httpx.AsyncClient(trust_env=False) as client:
        while True:
            headers = {"Authorization": f"API-Key {product.key}"}
            answer = await client.post(f"{product.url}/graphql", json=ask, headers=headers)
            if answer.json()["data"]["accounts"]["nodes"]:
                return
            await asyncio.sleep(0.2)
