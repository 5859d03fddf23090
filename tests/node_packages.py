"""Node, for tests that run a program with the packages of the examples."""

import shutil
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[1] / "examples" / "node_modules"


def node_with(folder: Path, *packages: str) -> str:
    """The path of Node; programs in this folder find these packages. Where one is missing, the test is skipped."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not all((PACKAGES / name).exists() for name in packages):
        pytest.skip("the examples' packages are not installed: cd examples && npm ci")
    (folder / "node_modules").symlink_to(PACKAGES)
    return node
