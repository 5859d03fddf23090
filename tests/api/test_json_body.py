"""Tests of `app.api.json_body`."""

from decimal import Decimal

import pytest

from app.api.json_body import decode_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":[{"b":0.1}]}', {"a": [{"b": 0.1}]}),
        (b'{"a":[{"b":1.12345678901234567890}]}', {"a": [{"b": Decimal("1.12345678901234567890")}]}),
        (b'{"a":{"b":[123456789012345678901234567890]}}', {"a": {"b": [123456789012345678901234567890]}}),
        (b"9007199254740993", 9007199254740993),
        (b"1e200", 1e200),
        (b'{"id":"0197c1f0-7a5b-7123-9e400-3f1f5f6b7a84"}', {"id": "0197c1f0-7a5b-7123-9e400-3f1f5f6b7a84"}),
    ],
)
def test_keeps_each_number_as_it_was_written(body, value):
    decoded = decode_json(body)

    assert decoded == value
    assert repr(decoded) == repr(value)
