"""Attributes that are computed when read. Generated code reads them without calling the descriptor."""

from collections.abc import Callable
from typing import Any

Make = Callable[[Any], Any]
"""From an object to the value of one of its attributes."""


class Shown:
    """A field that reads the attribute of the same name from the object that the view shows."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, view: Any, _owner: type) -> Any:
        """The attribute; on the class, this descriptor."""
        return self if view is None else getattr(view.shown, self.name)


class Made:
    """A field that is computed when read."""

    def __init__(self, make: Make) -> None:
        self.make = make

    def __get__(self, view: Any, _owner: type) -> Any:
        """The value computed from the view; on the class, this descriptor."""
        return self if view is None else self.make(view)
