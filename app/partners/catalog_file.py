"""A TOML file. Every fault is reported with its line."""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from app.settings import WrongSetting

T = TypeVar("T")

FILE_BYTES_MAX = 1_000_000
_HEADER = re.compile(r"\s*\[")


class CatalogFault(WrongSetting):
    """The catalog file cannot be used. The message names the file, the line and the reason."""


class CatalogFile:
    """The parsed file, and on which line each thing is written."""

    def __init__(self, path: Path) -> None:
        """Read and parse.

        :raises CatalogFault: it cannot be read, or is not TOML.
        """
        self.path = path
        try:
            with path.open("rb") as file:
                raw = file.read(FILE_BYTES_MAX + 1)
            if len(raw) > FILE_BYTES_MAX:
                self.refuse(1, f"a catalog has at most {FILE_BYTES_MAX:,} bytes")
            text = raw.decode()
        except OSError as error:
            self.refuse(None, f"it cannot be read ({error.strerror})")
        except UnicodeDecodeError as error:
            self.refuse(raw[: error.start].count(b"\n") + 1, "it is not UTF-8")
        self._lines = text.splitlines()
        try:
            self.content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"\(at line (\d+), column \d+\)$", str(error))
            reason = re.sub(r" \(at .*\)$", "", str(error))
            # Without a number the fault is at the end of the file.
            self.refuse(int(found[1]) if found else len(self._lines), f"it is not TOML: {reason}")

    def tables(self, name: str, keys: tuple[str, ...]) -> "list[CatalogTable]":
        """The tables written `[[name]]`. They may have these keys only."""
        value = self.content.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(self.line_of(name), f"write each of the {name} as a table [[{name}]]")
        tables = [CatalogTable(self, name, index, item) for index, item in enumerate(value)]
        for table in tables:
            table.check_keys(keys)
        return tables

    def line_of(self, key: str) -> int:
        """The line (from 1) on which a key of the file itself, or a table of that name, is written."""
        header = re.compile(rf"\s*\[+\s*{re.escape(key)}\s*\]")
        headers = (number for number, line in enumerate(self._lines, 1) if header.match(line))
        return self._find(key, 0, otherwise=next(headers, 1))

    def line_in_table(self, name: str, index: int, key: str | None) -> int:
        """The line on which the table, or a key of it, is written."""
        header = re.compile(rf"\s*\[\[\s*{re.escape(name)}\s*\]\]")
        starts = [number for number, line in enumerate(self._lines) if header.match(line)]
        if index >= len(starts):  # Written inline: `products = [{…}]`.
            return self.line_of(name)
        start = starts[index]
        return start + 1 if key is None else self._find(key, start + 1, otherwise=start + 1)

    def refuse(self, line: int | None, reason: str) -> NoReturn:
        """Stop: name the file, the line and the reason."""
        where = f"{self.path}" if line is None else f"{self.path}, line {line}"
        raise CatalogFault(f"The catalog {where}: {reason}. (QUAESTOR_CATALOG_FILE names the catalog file.)")

    def _find(self, key: str, start: int, *, otherwise: int = 1) -> int:
        written = re.compile(rf"\s*(\"{re.escape(key)}\"|'{re.escape(key)}'|{re.escape(key)})\s*[=.]")
        for number in range(start, len(self._lines)):
            if written.match(self._lines[number]):
                return number + 1
            if start > 0 and _HEADER.match(self._lines[number]):
                break
        return otherwise


class CatalogTable:
    """One `[[table]]` of the file."""

    def __init__(self, file: CatalogFile, name: str, index: int, content: Mapping[str, Any]) -> None:
        self._file, self._name, self._index, self.content = file, name, index, content

    def check_keys(self, keys: tuple[str, ...]) -> None:
        """Refuse unknown keys: they are typing errors."""
        for key in self.content:
            if key not in keys:
                self.refuse(key, f"{key} is not a key of [[{self._name}]]; there are {', '.join(keys)}")

    def text(self, key: str) -> str:
        """The text under a key that must be there."""
        value = self.content.get(key)
        if value is None:
            self.refuse(None, f"this [[{self._name}]] lacks {key}")
        if not isinstance(value, str) or not value.strip() or len(value) > 255:  # noqa: PLR2004 - as everywhere
            self.refuse(key, f"{key} is a text of 1 to 255 characters")
        return value

    def texts(self, key: str) -> list[str]:
        """The list of texts under a key; empty where it is left out."""
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(key, f'{key} is a list of texts, like ["…", "…"]')
        for item in value:
            if value.count(item) > 1:
                self.refuse(key, f"{item} stands twice in {key}")
        return value

    def flag(self, key: str) -> bool:
        """Whether true stands under a key; false where it is left out."""
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            self.refuse(key, f"{key} is true or false")
        return value

    def parsed(self, key: str, parse: Callable[[str], T], what: str) -> T:
        """The text under a key, parsed by `parse`. `what` says what is allowed."""
        value = self.text(key)
        try:
            return parse(value)
        except (ValueError, KeyError):
            self.refuse(key, f"{key} is {value!r}, but is {what}")

    def refuse(self, key: str | None, reason: str) -> NoReturn:
        """Stop, at the line of the key (or of the table)."""
        self._file.refuse(self._file.line_in_table(self._name, self._index, key), reason)
