"""Python functions under construction: their text, and the objects that it names.

Names in the text are our own counters or `repr` of GraphQL names, which the parser has checked; no other text of a
client gets in.
"""

from collections.abc import Callable, Sequence
from typing import Any


class Source:
    """Functions that are written one after another and compiled together."""

    def __init__(self, **names: Any) -> None:
        self._functions: list[str] = []
        self._names: dict[str, Any] = names
        self._count = 0

    def name(self, value: Any = None) -> str:
        """A new name, for `value` where there is one."""
        self._count += 1
        name = f"n{self._count}"
        if value is not None:
            self._names[name] = value
        return name

    def function(self, parameter: str, lines: Sequence[str], result: str) -> str:
        """Write a function of one parameter; answers its name."""
        name = self.name()
        body = "".join(f" {line}\n" for line in lines)
        self._functions.append(f"def {name}({parameter}):\n{body} return {result}")
        return name

    def compile(self, name: str) -> Callable[[Any], Any]:
        """The function of that name, with all that were written."""
        source = "\n".join(self._functions)
        exec(compile(source, "<generated for GraphQL>", "exec"), self._names)  # noqa: S102
        compiled: Callable[[Any], Any] = self._names[name]
        return compiled

    def compile_expression(self, parameter: str, expression: str) -> Callable[[Any], Any]:
        """A function of one parameter for this expression; where it only calls another, that one."""
        name, call, rest = expression.partition("(")
        if call and rest == f"{parameter})" and name.isidentifier() and not callable(self._names.get(name)):
            return self.compile(name)
        return self.compile(self.function(parameter, [], expression))
