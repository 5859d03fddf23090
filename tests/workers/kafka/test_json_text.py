from decimal import Decimal

import pytest

from workers.kafka.json_text import NotJson, decode_json


def test_keeps_every_digit_of_a_number():
    text = b'{"a": 0.1, "b": 0.123456789012345678, "c": 12345678901234567890.5, "d": 2, "e": 1e400}'
    value = decode_json(text)
    assert value["b"] == Decimal("0.123456789012345678")
    assert value["c"] == Decimal("12345678901234567890.5")
    assert (value["a"], value["d"]) == (0.1, 2)
    assert [type(value[name]) for name in "abcd"] == [float, Decimal, Decimal, int]


@pytest.mark.parametrize("decimals", range(1, 19))
def test_reads_no_amount_through_a_float(decimals):
    digits = f"7.{'123456789' * 2}"[: 2 + decimals]
    assert Decimal(str(decode_json(digits.encode()))) == Decimal(digits)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "The message is not JSON: Expecting property name enclosed in double quotes at line 1, column 2."),
        (b"", "The message is not JSON: Expecting value at line 1, column 1."),
        (b'{"a": 1,}', "not JSON"),
        (b"hello", "not JSON"),
        (b'{"a": "\xff"}', "The message is not in UTF-8: byte 7 is wrong."),
        (b"\xef\xbb\xbf{}", "begins with a byte order mark: send UTF-8 without one."),
        (
            b'{"a": "s\\ud800"}',
            'The text "s\\ud800" has a NUL character or a lone surrogate (half of a pair): remove it.',
        ),
        (b'{"a": [{"s\\udfff": 1}]}', 'The text "s\\udfff" has a NUL character'),
        (b'{"a": {"b": ["\\u0000"]}}', 'The text "\\u0000" has a NUL character'),
        (b'"\\ud800"', "lone surrogate"),
        (b'{"a": NaN}', "NaN is no number of JSON."),
        (b'{"a": -Infinity}', "-Infinity is no number of JSON."),
        (b'{"a": 1, "a": 1}', 'The key "a" comes twice in one object: give it once.'),
        (b'{"x": [{"a": 1, "b": 2, "\\u0061": 3}]}', 'The key "a" comes twice in one object: give it once.'),
        (b"9" * 1_001, "A number of 1,001 digits is too long: write it as text."),
        (b"[" * 100_000, "The message is nested too deep."),
        (b'{"a":' * 100_000, "The message is nested too deep."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_says_what_to_change(text, says):
    with pytest.raises(NotJson) as refused:
        decode_json(text)
    assert says in str(refused.value)
