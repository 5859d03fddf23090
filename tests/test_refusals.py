"""Refusals of commands that several doors share name no field in one door's words: `effectiveAt` is GraphQL's."""

import ast
import re

import pytest

from app.kernel import errors
from tests.imported_names import tree_of
from tests.test_house import ROOT

SHARED = ("access", "accounts", "controls", "db", "events", "holders", "idempotency", "journal", "kernel", "ledgers")
SHARED += ("nodes", "partners", "payments")
FILES = sorted(file for noun in SHARED for file in (ROOT / "app" / noun).rglob("*.py"))
CAMEL_CASE = re.compile(r"\b[a-z]+[a-z0-9]*[A-Z]\w*")
REFUSALS = {"refuse"} | {
    name
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, errors.DomainError | errors.Refused)
}
"""What makes a refusal: the first argument is its message."""


def messages_of(file):
    """The texts of each refusal in this file, and those given to the name `message`."""
    for node in ast.walk(tree_of(file)):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[message, *_]) if name in REFUSALS:
                yield from _texts(message)
            case ast.Assign(targets=[ast.Name(id="message" | "_WHAT_TO_DO")], value=message):
                yield from _texts(message)
            case ast.AugAssign(target=ast.Name(id="message"), value=message):
                yield from _texts(message)


def _texts(node):
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def test_finds_messages():
    found = [text for file in FILES for text in messages_of(file)]
    assert len(found) > 200
    assert any("A transfer takes effect by now" in text for text in found)
    assert CAMEL_CASE.search("give a later `effectiveAt`")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / "app")))
def test_names_no_field_in_the_words_of_one_door(file):
    assert [text for text in messages_of(file) if CAMEL_CASE.search(text)] == []
