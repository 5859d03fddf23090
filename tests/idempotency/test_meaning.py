import pytest

from app.idempotency.meaning import has_whole_floats, meaning_of


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"a": 1.0, "b": [2.0, {"c": -0.0}], "d": 1.5}, {"a": 1, "b": [2, {"c": 0}], "d": 1.5}),
        (("x", None, {"a": 1e3}), ["x", None, {"a": 1000}]),
        ({"a": "1.0", "b": True, "c": None}, {"a": "1.0", "b": True, "c": None}),
    ],
)
def test_writes_whole_numbers_as_integers(written, meant):
    made = meaning_of(written)
    assert repr(made) == repr(meant)
    assert has_whole_floats(made) is False


@pytest.mark.parametrize(
    ("value", "found"),
    [({"a": [1.0]}, True), ({"a": [1.5, 1, "1.0", True]}, False), (2.0, True), ("2.0", False), ((), False)],
)
def test_finds_them(value, found):
    assert has_whole_floats(value) is found
