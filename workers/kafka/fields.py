"""Read an object's fields one by one, and collect what is wrong, so that all faults are reported together."""

import math
from decimal import Decimal
from typing import Any

from app.kernel.errors import ErrorCode, FieldFault, Path

SHOWN_MAX = 60
DIGITS_SHOWN_MAX = 100


class Fields:
    """The fields of one object in a message, at `path`. Null counts as absent."""

    def __init__(self, value: dict[str, Any], path: Path, faults: list[FieldFault]) -> None:
        self._left = {name: it for name, it in value.items() if it is not None}
        self._known = set(value) - set(self._left)
        self._path = path
        self._faults = faults

    def text(self, name: str) -> str:
        """A required text."""
        value = self.optional_text(name)
        if value is None and not self._is_faulty(name):
            self._note(name, "This field is missing: give it a text.")
        return value or ""

    def optional_text(self, name: str) -> str | None:
        """A text, or None."""
        value = self.anything(name)
        if value is None or isinstance(value, str):
            return value
        self._note(name, f"This is {_kind(value)}: give it as text, in quotes.")
        return None

    def whole_number(self, name: str) -> int:
        """A required whole number; 2.0 is one."""
        value = self.anything(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is None:
            self._note(name, "This field is missing: give it a whole number.")
        elif type(value) is int:
            return value
        else:
            self._note(name, f"This is {_kind(value)}: give it as a whole number, without quotes.")
        return 0

    def amount(self, name: str) -> str | None:
        """A number as an exact plain decimal, or None."""
        value = self.anything(name)
        if value is None:
            return None
        number = Decimal(repr(value)) if isinstance(value, float) and math.isfinite(value) else value
        if type(number) is int:
            return str(number)
        # A number written with an exponent can be longer than memory; no amount is that long.
        if isinstance(number, Decimal) and abs(number.adjusted()) < DIGITS_SHOWN_MAX:
            return format(number, "f")
        self._note(name, f"This is {_kind(value)}: give an amount, as a number of at most 38 digits without quotes.")
        return None

    def flag(self, name: str) -> bool:
        """A Boolean; false if absent."""
        value = self.anything(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        self._note(name, f"This is {_kind(value)}: give true or false, without quotes.")
        return False

    def objects(self, name: str) -> list[tuple[dict[str, Any], Path]]:
        """A list of objects, each with its path; empty if absent."""
        value = self.anything(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self._note(name, f"This is {_kind(value)}: give a list, in square brackets.")
            return []
        found = []
        for index, item in enumerate(value):
            path = (*self._path, name, str(index))
            if isinstance(item, dict):
                found.append((item, path))
            else:
                self._faults.append(_fault(path, f"This is {_kind(item)}: give an object, in curly brackets."))
        return found

    def anything(self, name: str) -> Any:
        """The value, whatever its type; None if absent."""
        self._known.add(name)
        return self._left.pop(name, None)

    def end(self) -> None:
        """Refuse unknown fields: a misspelled one would otherwise be ignored."""
        known = ", ".join(sorted(self._known))
        for name in self._left:
            self._note(name[:SHOWN_MAX], f"There is no such field here. Those that there are: {known}.")

    def _note(self, name: str, message: str) -> None:
        self._faults.append(_fault((*self._path, name), message))

    def _is_faulty(self, name: str) -> bool:
        return any(fault.path == (*self._path, name) for fault in self._faults)


def _fault(path: Path, message: str) -> FieldFault:
    return FieldFault(path, ErrorCode.VALIDATION.value, message)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return "a text"
    return "a number"
