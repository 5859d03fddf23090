"""The server that `quaestor demo` uses: one that was named, the one that runs here, or one of its own."""

import asyncio
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.cli.database import SERVING
from app.cli.exits import NotReachable, WrongUsage
from app.embedded.child import Child, Launch
from app.embedded.data_folder import read_api_key, running_servers
from app.settings import Settings

READY_WITHIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.1
# `quaestor dev` ends within ten seconds.
STOP = ((signal.SIGTERM, 12.0),)
LOG_LINES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is, and a key to it."""

    url: str
    api_key: str


@asynccontextmanager
async def demo_server(settings: Settings) -> AsyncIterator[Server]:
    """That of QUAESTOR_URL; else the `quaestor dev` on the data folder; else one started for the time of the block.

    :raises NotReachable: there is none, and what to do about it.
    :raises WrongUsage: a server was named, but no key to it.
    """
    if settings.url is not None:
        if settings.api_key is None:
            raise WrongUsage("QUAESTOR_URL is set, but not QUAESTOR_API_KEY: set it to a key of that server.")
        yield Server(settings.url.rstrip("/"), settings.api_key)
        return
    holder = running_servers(settings.data_dir)
    if holder is not None and holder.command == SERVING:
        await _until_ready(holder.address, None)
        yield Server(holder.address, settings.api_key or _key_in(settings.data_dir))
        return
    if settings.database_url is not None or settings.redis_url is not None:
        raise NotReachable(
            "No `quaestor dev` is running on the data folder, and DATABASE_URL or REDIS_URL is set: "
            "set QUAESTOR_URL and QUAESTOR_API_KEY to the API that uses them, or unset them for a demo of its own."
        )
    with tempfile.TemporaryDirectory(prefix="quaestor-demo-") as folder:
        async with _own_server(Path(folder)) as server:
            yield server


@asynccontextmanager
async def _own_server(folder: Path) -> AsyncIterator[Server]:
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ("--port", str(port), "--data-dir", str(folder / "data"), "--die-with-parent")
    environment = {
        "QUAESTOR_HOST": "127.0.0.1",
        "QUAESTOR_ENVIRONMENT": "PLAYLIVE",
        "QUAESTOR_WEBHOOK_ALLOW_HTTP": "true",
        "QUAESTOR_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
    }
    launch = Launch(
        "dev", (sys.executable, "-m", "app.cli.main", "dev", *arguments), environment, stop=STOP,
        death_signal=signal.SIGTERM,
    )  # fmt: skip
    log = folder / "log"
    with log.open("wb") as output:
        child = Child(launch, output=output)
        try:
            await _until_ready(url, child, log)
            yield Server(url, _key_in(folder / "data"))
        finally:
            await asyncio.shield(asyncio.to_thread(child.stop))


async def _until_ready(url: str, child: Child | None, log: Path | None = None) -> None:
    """Wait until the server answers that it is ready.

    :raises NotReachable: it does not, or it ended; with what it said last.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_WITHIN_SECONDS
    last = ""
    async with httpx.AsyncClient(trust_env=False) as client:
        while loop.time() < deadline and (child is None or child.is_running):
            try:
                answer = await client.get(f"{url}/readyz")
                if answer.status_code == httpx.codes.OK:
                    return
                last = answer.text
            except httpx.TransportError as problem:
                last = str(problem)  # It does not listen yet.
            await asyncio.sleep(LOOK_EVERY_SECONDS)
    if log is not None:
        last = await asyncio.to_thread(_last_lines, log)
    raise NotReachable(f"The server at {url} did not become ready. It said last: {last}")


def _last_lines(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n" + "\n".join(lines[-LOG_LINES_SHOWN:])


def _key_in(data_dir: Path) -> str:
    key = read_api_key(data_dir)
    if key is None:
        raise NotReachable(
            f"There is no key in {data_dir}: make one with `quaestor keys create`, and set QUAESTOR_API_KEY to it."
        )
    return key


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
