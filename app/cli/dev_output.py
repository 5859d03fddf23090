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
class Page:
    """A page to open. `sign_in` is an address that signs a browser in to it; None shows none. `login` are the words of
    the command that prints another.
    """

    name: str
    address: str
    sign_in: str | None
    login: str


@dataclass(frozen=True, slots=True)
class Ready:
    """What is shown when all is ready."""

    address: str
    key_file: str
    api_key: str | None
    graphiql: Page | None
    console: Page | None
    program: str = "quaestor"
    """How this terminal calls this program."""
    folder_option: str = ""
    """What its commands need besides, to find the data folder: ` --data-dir /tmp/try`."""

    def command(self, words: str) -> str:
        """A command as it is to be typed."""
        return f"`{self.program} {words}{self.folder_option}`"


def show_panel(ready: Ready, *, in_private: bool) -> None:
    """Show where everything is and what to try. The key stands alone on its line, so that it can be copied.

    Secrets are shown only `in_private`, on a terminal: a log is kept, and others read it.
    """
    pages = [page for page in (ready.graphiql, ready.console) if page is not None]
    lines = [
        *(line for page in pages for line in _tell_page(ready, page, in_private=in_private)),
        f"API        {ready.address}/graphql",
        *_tell_key(ready, in_private=in_private),
    ]
    if ready.graphiql:
        lines.append(f"Try        open GraphiQL and run its tabs from the left, or {ready.command('demo')}")
    lines.append("Stop       Ctrl-C")
    rule = "─" * RULE_WIDTH
    title = typer.style("Quaestor is ready", fg=typer.colors.GREEN, bold=True)
    typer.echo("\n".join([rule, title, "", *lines, rule]))


def _tell_page(ready: Ready, page: Page, *, in_private: bool) -> list[str]:
    login = ready.command(page.login)
    if in_private and page.sign_in:
        return [f"{page.name:<11}{page.sign_in}", f"           opens it signed in, once; {login} prints another"]
    lines = [f"{page.name:<11}{page.address}"]
    if ready.api_key is None:
        return lines
    return [*lines, f"           {login} prints an address that opens it signed in"]


def _tell_key(ready: Ready, *, in_private: bool) -> list[str]:
    if ready.api_key is None:
        return [
            f"API key    none here: {ready.command('customers create NAME')} makes a customer with its first one,",
            f"           {ready.command('keys create --customer ID')} makes another",
        ]
    if in_private:
        return [f"API key    {ready.api_key}", f"           also in {ready.key_file}"]
    return [f"API key    in {ready.key_file}"]
