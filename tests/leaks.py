"""What a test opens and does not close is blamed on that test, not on whichever one the garbage collector runs in."""

import gc
import sys

OPENING = frozenset({"socket.__new__", "subprocess.Popen", "open"})
"""Audit events of Python for what must be closed. `open` counts only for files that are written: see `note`."""


class Openings:
    """Notes whether something was opened since the last look."""

    def __init__(self) -> None:
        self._any = False

    def watch(self) -> None:
        """Begin; there is no end, as audit hooks cannot be taken away."""
        sys.addaudithook(self.note)

    def note(self, event: str, arguments: tuple) -> None:
        """Remember an opening. Modules and settings are read all the time, and closed at once."""
        if event in OPENING and not (event == "open" and not _writes(arguments)):
            self._any = True

    def collect(self) -> None:
        """Collect what a test left behind, if it opened anything."""
        if self._any:
            self._any = False
            gc.collect()


def _writes(arguments: tuple) -> bool:
    mode = arguments[1] if len(arguments) > 1 else None
    return isinstance(mode, str) and any(letter in mode for letter in "wax+")
