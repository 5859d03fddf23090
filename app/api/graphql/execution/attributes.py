"""Attributes that are made when they are read. Generated code reads them without any call of the descriptor."""

from collections.abc import Callable
from typing import Any

Make = Callable[[Any], Any]
"""From an object to the value of one of its attributes."""


class Shown:
    """A field that is the attribute of the same name of what the view shows."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, view: Any, _owner: type) -> Any:
        """The attribute; of the class, this."""
        return self if view is None else getattr(view.shown, self.name)


class Made:
    """A field that is made when it is read."""

    def __init__(self, make: Make) -> None:
        self.make = make

    def __get__(self, view: Any, _owner: type) -> Any:
        """What is made of the view; of the class, this."""
        return self if view is None else self.make(view)
