"""What tests and benchmarks import of ours is there or not, without running any of it."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("app", "workers", "broker", "benchmarks", "tests")
FILES = sorted(
    file
    for folder in ("tests", "benchmarks", "broker")
    for file in (ROOT / folder).rglob("*.py")
    if "node_modules" not in file.parts
)


def missing_names(tree):
    """The names of ours that a file imports, and that nothing defines."""
    lacking = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and _is_ours(node.module):
            lacking += [f"{node.module}.{one.name}" for one in node.names if not _has(node.module, one.name)]
        elif isinstance(node, ast.Import):
            lacking += [one.name for one in node.names if _is_ours(one.name) and _file(one.name) is None]
    return lacking


def _is_ours(module):
    return module.partition(".")[0] in OURS


def _has(module, name):
    if _file(f"{module}.{name}") is not None:
        return True
    file = _file(module)
    return file is not None and file.is_file() and name in _names(file)


def _file(module):
    """The file of a module, or the folder of a package."""
    path = ROOT.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py", path)
    return next((one for one in candidates if one.exists()), None)


@cache
def _names(file):
    names = set()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(one.asname or one.name).partition(".")[0] for one in node.names}
    return names


def tree_of(file):
    """Not kept: whatever is kept is looked through at each collection of garbage, so after many tests."""
    return ast.parse(file.read_text(encoding="utf-8"))
