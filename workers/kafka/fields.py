"""Read an object's fields one by one, and collect what is wrong, so that all faults are reported together."""

import math
from decimal import Decimal
from typing import Any

from app.kernel.errors import ErrorCode, FieldFault, Path

SHOWN_MAX = 60
DIGITS_SHOWN_MAX = 100
FAULTS_MAX = 100
"""How many faults of one message are told, as over REST."""


class Fields:
    """The fields of one object in a message, at `path`. Null counts as absent."""

    def __init__(self, value: dict[str, Any], path: Path, faults: list[FieldFault]) -> None:
        self._value = value
        self._known: set[str] = set()
        self._path = path
        self._faults = faults

    def text(self, name: str) -> str:
        """A required text."""
        if self._value.get(name) is None:
            self._note(name, "This field is missing: give it a text.")
        return self.optional_text(name) or ""

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
        elif _is_number(value):
            self._note(name, "This number is not whole, or too large: give a whole number, like 2.")
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
        what = "number has too many digits" if _is_number(value) else f"is {_kind(value)}"
        self._note(name, f"This {what}: give an amount, as a number of at most 38 digits without quotes.")
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
                self._add(path, f"This is {_kind(item)}: give an object, in curly brackets.")
        return found

    def anything(self, name: str) -> Any:
        """The value, whatever its type; None if absent."""
        self._known.add(name)
        return self._value.get(name)

    def end(self) -> None:
        """Refuse unknown fields: a misspelled one would otherwise be ignored."""
        unknown = self._value.keys() - self._known
        if not unknown:
            return
        known = ", ".join(sorted(self._known))
        for name in self._value:
            if name in unknown:
                self._note(name[:SHOWN_MAX], f"There is no such field here. Those that there are: {known}.")

    def _note(self, name: str, message: str) -> None:
        self._add((*self._path, name), message)

    def _add(self, path: Path, message: str) -> None:
        if len(self._faults) < FAULTS_MAX:
            self._faults.append(FieldFault(path, ErrorCode.VALIDATION.value, message))


def _is_number(value: Any) -> bool:
    return isinstance(value, float | Decimal)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return "a text"
    return "a number"
