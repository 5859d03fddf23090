"""The server that a command talks to: the one that was named, or the `quaestor dev` that runs here."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.cli.database import SERVING
from app.cli.exits import WrongUsage
from app.embedded.child import Child
from app.embedded.data_folder import read_api_key, running_servers
from app.kernel.errors import NotReachable
from app.settings import Settings
from app.webhook_settings import PORT_MAX

READY_WITHIN_SECONDS = 60.0
LOOK_EVERY_SECONDS = 0.1
LOG_LINES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is, and a key to it."""

    url: str
    api_key: str


async def find_running_server(settings: Settings) -> Server | None:
    """The server of QUAESTOR_URL, else the `quaestor dev` on the data folder, once it is ready. None if there is
    neither.

    :raises NotReachable: it does not become ready, or its key is gone.
    :raises WrongUsage: a server was named, but not by an address, or without a key to it.
    """
    if settings.url is not None:
        if settings.api_key is None:
            raise WrongUsage("QUAESTOR_URL is set, but not QUAESTOR_API_KEY: set it to a key of that server.")
        return Server(_checked(settings.url), settings.api_key)
    running = running_servers(settings.data_dir)
    if running is None or running.command != SERVING:
        return None
    await until_ready(running.address)
    return Server(running.address, settings.api_key or key_in(settings.data_dir))


def _checked(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host or not 0 < (parsed.port or 1) <= PORT_MAX:
        raise WrongUsage(f"QUAESTOR_URL is {url!r}: set it to an address like http://127.0.0.1:8000.")
    return url.rstrip("/")


async def running_server(settings: Settings) -> Server:
    """Like `find_running_server`, but there must be one.

    :raises NotReachable: also where there is none.
    """
    server = await find_running_server(settings)
    if server is None:
        raise NotReachable(
            f"QUAESTOR_URL is not set, and no `quaestor dev` is running on {settings.data_dir}. "
            "Set QUAESTOR_URL and QUAESTOR_API_KEY, or start `quaestor dev`."
        )
    return server


async def until_ready(url: str, child: Child | None = None, log: Path | None = None) -> None:
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


def key_in(data_dir: Path) -> str:
    """The key of the first customer, as it stands in the data folder.

    :raises NotReachable: it is gone.
    """
    key = read_api_key(data_dir)
    if key is None:
        raise NotReachable(
            f"There is no key in {data_dir}: make one with `quaestor keys create`, and set QUAESTOR_API_KEY to it."
        )
    return key


def _last_lines(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n" + "\n".join(lines[-LOG_LINES_SHOWN:])
