"""What `quaestor dev` shows: every child's lines under its name, and a panel when all is ready."""

import zlib
from dataclasses import dataclass

import typer

NAME_WIDTH = 8
RULE_WIDTH = 78
COLORS = {
    "quaestor": typer.colors.GREEN,
    "api": typer.colors.CYAN,
    "worker": typer.colors.MAGENTA,
    "kafka": typer.colors.BRIGHT_RED,
    "postgres": typer.colors.BLUE,
    "redis": typer.colors.YELLOW,
}
OTHERS = (typer.colors.BRIGHT_CYAN, typer.colors.BRIGHT_MAGENTA, typer.colors.BRIGHT_BLUE)


def say(name: str, line: str) -> None:
    """Print a line of the child `name`; without colors where there is no terminal."""
    color = COLORS.get(name.partition("-")[0]) or OTHERS[zlib.crc32(name.encode()) % len(OTHERS)]
    typer.echo(f"{typer.style(f'{name:<{NAME_WIDTH}} |', fg=color)} {line}")


@dataclass(frozen=True, slots=True)
class Ready:
    """What is shown when all is ready. `sign_in` is an address that signs a browser in; None shows none."""

    address: str
    key_file: str
    api_key: str | None
    sign_in: str | None
    has_page: bool


def show_panel(ready: Ready, *, in_private: bool) -> None:
    """Show where everything is and what to try. The key stands alone on its line, so that it can be copied.

    Secrets are shown only `in_private`, on a terminal: a log is kept, and others read it.
    """
    lines = [
        *(_tell_page(ready, in_private=in_private) if ready.has_page else []),
        f"API        {ready.address}/graphql",
        *_tell_key(ready, in_private=in_private),
        *(["Try        open GraphiQL and run its tabs from the left, or `quaestor demo`"] if ready.has_page else []),
        "Stop       Ctrl-C",
    ]
    rule = "─" * RULE_WIDTH
    title = typer.style("Quaestor is ready", fg=typer.colors.GREEN, bold=True)
    typer.echo("\n".join([rule, title, "", *lines, rule]))


def _tell_page(ready: Ready, *, in_private: bool) -> list[str]:
    if in_private and ready.sign_in:
        return [f"GraphiQL   {ready.sign_in}", "           opens it signed in, once; `quaestor login` prints another"]
    lines = [f"GraphiQL   {ready.address}/"]
    return [*lines, "           `quaestor login` prints an address that opens it signed in"] if ready.api_key else lines


def _tell_key(ready: Ready, *, in_private: bool) -> list[str]:
    if ready.api_key is None:
        return [
            "API key    none here: `quaestor customers create NAME` makes a customer with its first one,",
            "           `quaestor keys create --customer ID` makes another",
        ]
    if in_private:
        return [f"API key    {ready.api_key}", f"           also in {ready.key_file}"]
    return [f"API key    in {ready.key_file}"]
