import base64
import hashlib
from uuid import UUID

import pytest

from app.access.key_format import new_key, read_key

CUSTOMER_ID = UUID("0197a3c2-5b6e-7c11-8f00-0123456789a8")


def test_reads_back_whose_key_it_is_and_the_hash_of_its_secret():
    key = new_key(CUSTOMER_ID)
    marker, prefix, packed = key.split("_", 2)
    assert (marker, len(prefix), len(packed)) == ("qk", 8, 64)
    parts = read_key(key)
    assert parts.customer_id == CUSTOMER_ID
    assert parts.prefix == prefix
    assert parts.secret_hash == hashlib.sha256(base64.urlsafe_b64decode(packed)[16:]).digest()


def test_never_makes_the_same_key_twice():
    keys = {new_key(CUSTOMER_ID) for _ in range(100)}
    assert len(keys) == 100
    assert len({read_key(key).secret_hash for key in keys}) == 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "qk",
        "qk__",
        "qk_short_" + "a" * 64,
        "qk_abcdefgh_" + "a" * 63,
        "qk_abcdefgh_" + "a" * 65,
        "qk_abcdefgh_" + "a" * 63 + "=",
        "qk_abcdefgh_" + "é" * 64,
        "qk_abcdefgh_" + "a" * 64 + "\n",
        "sk_abcdefgh_" + "a" * 64,
        "qk_abc\x00efgh_" + "a" * 64,
    ],
)
def test_takes_nothing_else_for_a_key(text):
    assert read_key(text) is None
