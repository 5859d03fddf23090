"""Cursors are opaque, bound to their list, and anything else is refused, never misread."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.cursor import CURSOR_CHARACTERS_MAX, decode_cursor, encode_cursor, encode_cursors
from app.kernel.errors import Invalid

LIST = ["holders", {"status": ["OK"]}, None]
PATH = ("after",)
NOT_OURS = "This is not a cursor of ours."
ANOTHER_LIST = "This cursor belongs to another list, order or filter."


def refusal_of(cursor, types=(str, int), made_for=LIST):
    with pytest.raises(Invalid) as refusal:
        decode_cursor(made_for, cursor, types, path=PATH)
    assert refusal.value.path == PATH
    return refusal.value.message


def raw(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def tag():
    encoded = encode_cursor(LIST, [])
    return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))[0]


@given(st.lists(st.integers() | st.text(max_size=20), max_size=4))
def test_gives_back_what_was_put_in(values):
    cursor = encode_cursor(LIST, values)
    assert cursor.isascii()
    assert "=" not in cursor
    if len(cursor) <= CURSOR_CHARACTERS_MAX:
        assert decode_cursor(LIST, cursor, [type(value) for value in values], path=PATH) == values


def test_makes_the_cursors_of_a_page_as_one_by_one():
    assert encode_cursors(LIST, [["a", 1], ["b", 2]]) == [encode_cursor(LIST, ["a", 1]), encode_cursor(LIST, ["b", 2])]


@pytest.mark.parametrize(
    "other",
    [
        ["ledgers", {"status": ["OK"]}, None],
        ["holders", {"status": ["PENDING"]}, None],
        ["holders", {"status": ["OK"]}, "ascending"],
        "holders",
        None,
    ],
)
def test_refuses_one_of_another_list_filter_or_order(other):
    cursor = encode_cursor(LIST, ["a", 1])
    assert refusal_of(cursor, made_for=other).startswith(ANOTHER_LIST)


def test_cares_not_for_the_order_of_keys_in_a_filter():
    cursor = encode_cursor({"a": 1, "b": 2}, ["x"])
    assert decode_cursor({"b": 2, "a": 1}, cursor, [str], path=PATH) == ["x"]


@pytest.mark.parametrize(
    "values", [[], ["a"], ["a", 1, 2], [1, "a"], ["a", "1"], ["a", 1.0], ["a", True], ["a", None], [["a"], 1]]
)
def test_refuses_values_of_other_types(values):
    assert refusal_of(raw([tag(), *values])).startswith(NOT_OURS)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        " ",
        "x",
        "%%%",
        "\x00",
        "\ud800",
        "é",
        "a" * (CURSOR_CHARACTERS_MAX + 1),
        raw({}),
        raw("text"),
        raw(5),
        raw(None),
        raw([]),
        raw([None, "a", 1]),
        raw([5, "a", 1]),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[" * 300).decode(),
    ],
    ids=lambda cursor: repr(cursor)[:30],
)
def test_refuses_garbage(cursor):
    assert refusal_of(cursor).startswith(NOT_OURS)


def test_refuses_a_cursor_with_something_slipped_in():
    cursor = encode_cursor(LIST, ["a", 1])
    for spoiled in (f"{cursor}!", f"{cursor[:5]} {cursor[5:]}", f"{cursor}\n", cursor[:-3]):
        assert refusal_of(spoiled)


@given(st.text(max_size=CURSOR_CHARACTERS_MAX + 10))
def test_refuses_any_text(text):
    refusal_of(text)
