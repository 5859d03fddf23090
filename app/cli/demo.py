"""`quaestor demo`: make holders, ledgers and wallets, move money, and show the signed webhooks as they arrive."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live

from app.api_client import api_client
from app.cli.demo_server import demo_server
from app.cli.demo_table import show_progress, summary_text
from app.cli.exits import ExitCode
from app.cli.options import DataDir, Json, overrides
from app.cli.output import print_data
from app.demo.progress import Progress, summarize
from app.demo.receiver import demo_receiver
from app.demo.story import tell_story
from app.kernel.errors import Refused
from app.settings import Settings, load_settings

REFRESHES_PER_SECOND = 10


def demo(
    *,
    receiver_host: Annotated[
        str, typer.Option(help="Address of this machine at which the server can reach the demo's webhook receiver.")
    ] = "127.0.0.1",
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Create holders, issue ledgers, open an account with wallets, and watch their signed webhooks arrive.

    Uses the server of QUAESTOR_URL (with QUAESTOR_API_KEY), else a running `quaestor dev`, else one of its own for as
    long as it takes. The holders, ledgers and wallets stay; the webhook endpoint is deleted. Exits 0 only if every
    webhook that was due arrived and verified.

    Example: `quaestor demo --json`
    """
    settings = load_settings(**overrides(data_dir=data_dir))
    progress = Progress()
    console = Console()
    screen: Any = contextlib.nullcontext()
    is_live = console.is_terminal and not as_json
    if is_live:
        screen = Live(
            get_renderable=lambda: show_progress(progress),
            console=console,
            refresh_per_second=REFRESHES_PER_SECOND,
        )
    with screen:
        summary = asyncio.run(_run(settings, progress, receiver_host))
    if not is_live and not as_json:
        console.print(show_progress(progress))
    print_data(summary, summary_text(summary), as_json=as_json)
    if not summary["complete"]:
        raise typer.Exit(ExitCode.REFUSED)


async def _run(settings: Settings, progress: Progress, receiver_host: str) -> dict[str, Any]:
    with _ended_by_sigterm():
        async with AsyncExitStack() as stack:
            receiver = await stack.enter_async_context(demo_receiver(receiver_host))
            progress.step = "looking for a server, or starting one"
            server = await stack.enter_async_context(demo_server(settings))
            client = await stack.enter_async_context(api_client(server.url, server.api_key))
            await tell_story(client, receiver, progress)
            return summarize(
                progress, receiver.receipts, unverified=receiver.unverified_count, repeated=receiver.repeat_count
            )


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the block in order: the endpoint is deleted, and a server of our own stopped."""
    task = asyncio.current_task()
    assert task is not None
    loop, was_told = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        was_told.set()
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, end)
    try:
        yield
    except asyncio.CancelledError:
        if was_told.is_set():
            raise Refused("The demo was ended before it was done.") from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
