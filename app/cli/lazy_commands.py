"""Commands that are listed from a table, and imported when called, so that none waits for another's imports."""

from collections.abc import Mapping
from importlib import import_module
from inspect import cleandoc
from typing import Any, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

Summaries: TypeAlias = Mapping[str, str]
MODULES = {"import": "import_commands"}
"""Commands whose module has another name: `import` is a keyword of Python."""


class LazyCommand(TyperCommand):
    """Stands for the command `name` of the module `app.cli.<name>` until it is called or asked for its help.

    The module holds a function of that name, or a `typer.Typer` called `commands` (without completion of its own).
    """

    def __init__(self, name: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self._module = f"{__package__}.{MODULES.get(name, name)}"

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """A context of the real command, which does everything from here on."""
        return self.load().make_context(info_name, args, parent, **extra)

    def load(self) -> Any:
        """The real command."""
        assert self.name is not None
        module = import_module(self._module)
        commands = getattr(module, "commands", None)
        if commands is None:
            commands = typer.Typer(add_completion=False)
            commands.command(self.name)(getattr(module, self.name))
        real = get_command(commands)
        real.name = self.name
        _flow(real)
        return real


def _flow(command: Any) -> None:
    """Join the lines of each paragraph of its help, so that it is wrapped as wide as the terminal is."""
    if command.help:
        command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in cleandoc(command.help).split("\n\n"))
    for below in getattr(command, "commands", {}).values():
        _flow(below)


def lazy_group(summaries: Summaries) -> type[TyperGroup]:
    """A group of lazy commands, listed with these summaries."""

    class LazyGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = {name: LazyCommand(name, summary) for name, summary in summaries.items()}

    return LazyGroup
