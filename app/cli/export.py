"""`quaestor export`: the whole journal for programs of plain-text accounting."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.cli.download import document_client, download, written_to
from app.cli.options import DataDir, overrides
from app.cli.running_server import running_server
from app.settings import Settings, load_settings

FORMATS = ("beancount", "hledger")


def export(
    *,
    format_name: Annotated[str, typer.Option("--format", help="beancount or hledger.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there, whole or not.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Print the whole journal for beancount or hledger, with the balances of each day as assertions.

    Uses the server of QUAESTOR_URL (with QUAESTOR_API_KEY), else a running `quaestor dev`. It ends at an instant before
    which nothing can still be posted. `bean-check` or `hledger check` then proves that the transfers make the balances.

    Example: `quaestor export --format hledger --out books.journal && hledger -f books.journal check`
    """
    if format_name not in FORMATS:
        raise typer.BadParameter(f"--format is {format_name!r}: give beancount or hledger.")
    asyncio.run(_export(load_settings(**overrides(data_dir=data_dir)), format_name, out))


async def _export(settings: Settings, format_name: str, out: Path | None) -> None:
    server = await running_server(settings)
    async with document_client(server) as http:
        with written_to(out) as output:
            await download(http, "/v1/customer/journal", {"format": format_name}, output)
