"""Keys and what they are bound to."""

import pytest

from app.idempotency.key import make_key
from app.kernel.errors import Invalid

PATH = ("transfers", "3")


def hashed(*content, operation="postTransfer"):
    return make_key(operation, "key-1", content, PATH).command_hash


def test_hashes_the_content_with_the_operation():
    assert len(hashed("a")) == 32
    assert hashed("a", None, {"x": [1, 2.5, None, True]}) == hashed("a", None, {"x": [1, 2.5, None, True]})
    different = [("a",), ("a", None), ("a", ""), (None, "a"), ("a", {}), ("a", {"x": 1}), ("a", {"x": "1"}), ("b",)]
    hashes = [hashed(*content) for content in different]
    assert len(set(hashes)) == len(different)
    assert hashed("a", operation="placeHold") != hashed("a")


def test_hashes_metadata_in_whatever_order_it_comes():
    one = {"b": 1, "a": {"d": 1, "c": [{"f": 1, "e": 2}]}}
    other = {"a": {"c": [{"e": 2, "f": 1}], "d": 1}, "b": 1}
    assert hashed(one) == hashed(other)
    assert hashed([1, 2]) != hashed([2, 1])


@pytest.mark.parametrize(
    "metadata", [{"x": 2**63 - 1}, {"x": -(2**63) + 1}, {"x": 1.5e300}, {"é": "\U0001f600"}, {"x": "\x01"}]
)
def test_hashes_everything_that_metadata_may_hold(metadata):
    assert len(hashed(metadata)) == 32


def test_strips_the_key():
    assert make_key("postTransfer", "  key-1 ", (), PATH) == make_key("postTransfer", "key-1", (), PATH)
    assert make_key("postTransfer", "k" * 255, (), PATH).key == "k" * 255


@pytest.mark.parametrize("key", ["", "   ", "k" * 256, "a\x00b", "\ud800"])
def test_refuses_a_key_that_cannot_be_one(key):
    with pytest.raises(Invalid) as refused:
        make_key("postTransfer", key, (), PATH)
    assert refused.value.path == ("transfers", "3", "idempotency_key")
