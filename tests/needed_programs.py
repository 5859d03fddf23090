"""What some tests need beside what the README names."""

import shutil

import pytest


def needed(program: str) -> None:
    """Skip the test if this program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
