"""What a test opens and does not close is blamed on that test, not on whichever one the garbage collector runs in."""

import gc
import sys

import pytest

OPENING = frozenset({"socket.__new__", "subprocess.Popen", "open"})
"""Audit events of Python for what must be closed. `open` counts only for files that are written: see `note`."""


class Openings:
    """Notes whether something was opened since the last look.

    A collection of garbage takes as long as there are objects, and more stay with each file of tests. So what is there
    when a file begins is put aside, and looked through once more when all is over.
    """

    def __init__(self) -> None:
        self._any = False
        # Kept here, since a module is emptied while Python ends, and the hook is still called.
        self._opening, self._writes = OPENING, _writes

    def watch(self) -> None:
        """Begin; there is no end, as audit hooks cannot be taken away."""
        sys.addaudithook(self.note)

    def note(self, event: str, arguments: tuple) -> None:
        """Remember an opening. Modules and settings are read all the time, and closed at once."""
        if event in self._opening and not (event == "open" and not self._writes(arguments)):
            self._any = True

    def collect(self) -> None:
        """Collect what a test left behind, if it opened anything."""
        if self._any:
            self._any = False
            gc.collect()

    def collect_and_put_aside(self) -> None:
        """Collect what a file of tests left behind; what is still there stays."""
        self._any = False
        gc.collect()
        gc.freeze()

    def collect_all(self) -> None:
        """Collect also what was put aside."""
        gc.unfreeze()
        gc.collect()


def _writes(arguments: tuple) -> bool:
    mode = arguments[1] if len(arguments) > 1 else None
    return isinstance(mode, str) and any(letter in mode for letter in "wax+")


openings = Openings()
openings.watch()


def pytest_collection_finish():
    """What is loaded by now stays."""
    openings.collect_and_put_aside()


# Each is made before all others of its scope, so torn down after them, and before pytest looks at the warnings.
@pytest.fixture(autouse=True, scope="session")
def _leaks_of_all_tests_are_seen():
    yield
    openings.collect_all()


@pytest.fixture(autouse=True, scope="module")
def _leaks_are_blamed_on_this_file(_leaks_of_all_tests_are_seen):
    yield
    openings.collect_and_put_aside()


@pytest.fixture(autouse=True)
def _leaks_are_blamed_on_this_test(_leaks_are_blamed_on_this_file):
    yield
    openings.collect()
