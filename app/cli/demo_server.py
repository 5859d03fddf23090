"""The server that `quaestor demo` uses: one that runs already, or one of its own."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.cli.port import bind, port_of
from app.cli.running_server import Server, find_running_server, key_in, until_ready
from app.embedded.child import Child, Launch
from app.kernel.errors import NotReachable
from app.settings import Settings

# `quaestor dev` ends within ten seconds.
STOP = ((signal.SIGTERM, 12.0),)


@asynccontextmanager
async def demo_server(settings: Settings) -> AsyncIterator[Server]:
    """The server that is named or runs here; else one that runs as long as the block.

    :raises NotReachable: there is none, and what to do about it.
    :raises WrongUsage: a server was named, but no key to it.
    """
    if (running := await find_running_server(settings)) is not None:
        yield running
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
    with bind("127.0.0.1", 0) as free:
        port = port_of(free)
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
            await until_ready(url, child, log)
            yield Server(url, key_in(folder / "data"))
        finally:
            await asyncio.shield(asyncio.to_thread(child.stop))
