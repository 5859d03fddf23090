"""What `quaestor dev` shows: every child's lines under its name, and a panel when all is ready."""

import zlib

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

NAME_WIDTH = 8
COLORS = {
    "quaestor": typer.colors.GREEN,
    "api": typer.colors.CYAN,
    "worker": typer.colors.MAGENTA,
    "postgres": typer.colors.BLUE,
    "redis": typer.colors.YELLOW,
}
OTHERS = (typer.colors.BRIGHT_CYAN, typer.colors.BRIGHT_MAGENTA, typer.colors.BRIGHT_BLUE)


def say(name: str, line: str) -> None:
    """Print a line of the child `name`; without colors where there is no terminal."""
    color = COLORS.get(name) or OTHERS[zlib.crc32(name.encode()) % len(OTHERS)]
    typer.echo(f"{typer.style(f'{name:<{NAME_WIDTH}} |', fg=color)} {line}")


def show_panel(address: str, api_key: str | None, key_file: str) -> None:
    """Tell where everything is and what to try."""
    lines = [
        f"GraphiQL     {address}/",
        f"API          {address}/graphql",
        f"API key      {api_key or 'none here: make one with `quaestor keys create`'}",
        *([f"             (also in {key_file})"] if api_key else []),
        "",
        "Try          open GraphiQL and run its tabs from the left, or",
        "             quaestor demo",
        "Stop         Ctrl-C",
    ]
    Console(soft_wrap=False).print(
        Panel(Text("\n".join(lines), overflow="fold"), title="Quaestor is ready", expand=False)
    )
