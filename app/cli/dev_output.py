"""What `quaestor dev` shows: every child's lines under its name, and a panel when all is ready."""

import zlib

import typer

NAME_WIDTH = 8
RULE_WIDTH = 78
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
    """Tell where everything is and what to try. Nothing stands beside the key, so that it can be copied."""
    lines = [
        f"GraphiQL   {address}/",
        f"API        {address}/graphql",
        f"API key    {api_key or 'none here: make one with `quaestor keys create`'}",
        *([f"           also in {key_file}"] if api_key else []),
        "Try        open GraphiQL and run its tabs from the left, or `quaestor demo`",
        "Stop       Ctrl-C",
    ]
    rule = "─" * RULE_WIDTH
    title = typer.style("Quaestor is ready", fg=typer.colors.GREEN, bold=True)
    typer.echo("\n".join([rule, title, "", *lines, rule]))
