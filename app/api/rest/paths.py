"""Which operation a path and a method ask for."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from app.api.rest.operation import Operation

_UNREADABLE = re.compile("[\x00\ufffd]")
"""Characters that no name of ours has: NUL, and the replacement for bytes that are not UTF-8."""


class Found(NamedTuple):
    """What stands at a path: its operations by method, and the names in the path."""

    operations: Mapping[str, Operation]
    names: Mapping[str, str]


class Paths:
    """All operations as a tree of path steps: each step is a word, or a name in braces."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Step()
        for operation in operations:
            self._root.add(operation.path.strip("/").split("/"), operation)

    def find(self, path: str) -> Found | None:
        """What stands at a path as it was sent, with or without a slash at its end; None if nothing does."""
        step, names = self._root, {}
        for sent in path[1:].removesuffix("/").split("/"):
            next_step = step.words.get(sent)
            if next_step is None:
                word = unquote(sent) if "%" in sent else sent
                if step.any_word is None or not word or _UNREADABLE.search(word):
                    return None
                name, next_step = step.any_word
                names[name] = word
            step = next_step
        return Found(step.operations, names) if step.operations else None


class _Step:
    def __init__(self) -> None:
        self.words: dict[str, _Step] = {}
        self.any_word: tuple[str, _Step] | None = None
        self.operations: dict[str, Operation] = {}

    def add(self, words: list[str], operation: Operation) -> None:
        if not words:
            assert operation.method not in self.operations, "one method of a path is one operation"
            self.operations[operation.method] = operation
            return
        word, *others = words
        if word.startswith("{"):
            name = word.strip("{}")
            if self.any_word is None:
                self.any_word = (name, _Step())
            assert self.any_word[0] == name, "one place of a path has one name"
            self.any_word[1].add(others, operation)
        else:
            self.words.setdefault(word, _Step()).add(others, operation)
