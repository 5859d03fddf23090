"""Folders with short paths: sockets are in them, and where several run the tests pytest's own are too long for that."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="q-") as folder:
        yield Path(folder)
