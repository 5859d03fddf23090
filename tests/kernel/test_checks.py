"""What callers send: what is taken, and what is refused at exactly its path."""

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.identifiers import parse_id, parse_ids
from app.kernel.checks import (
    FILTER_VALUES_MAX,
    METADATA_BYTES_MAX,
    METADATA_DEPTH_MAX,
    METADATA_KEYS_MAX,
    PAGE_SIZE_MAX,
    check_count,
    check_country,
    check_email,
    check_metadata,
    check_optional_text,
    check_page_size,
    check_text,
    exact_number,
    merge_metadata,
    parse_date,
    parse_instant,
)
from app.kernel.errors import ErrorCode, FieldFault, Invalid

PATH = ("thing",)
AN_ID = "753fa673-66b4-4c94-9ddb-f9f4b5c1e9a3"


def refusal_of(check, *arguments, **named):
    with pytest.raises(Invalid) as refusal:
        check(*arguments, PATH, **named)
    return refusal.value


def nested(depth):
    """An object so many deep."""
    value = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def refused_at_path(check, value, **named):
    refusal = refusal_of(check, value, **named)
    return refusal.path == PATH and refusal.fields == (FieldFault(PATH, "VALIDATION", refusal.message),)


@pytest.mark.parametrize("text", [AN_ID, AN_ID.upper(), "00000000-0000-0000-0000-000000000000"])
def test_parse_id_takes_the_plain_form(text):
    assert parse_id(text, PATH) == UUID(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        AN_ID.replace("-", ""),
        f"{{{AN_ID}}}",
        f"urn:uuid:{AN_ID}",
        f"{AN_ID} ",
        f"{AN_ID}\n",
        AN_ID.replace("7", "\uff17"),
        f"{AN_ID}\x00",
        "\ud800",
        "753fa67-366b4-4c94-9ddb-f9f4b5c1e9a3",
    ],
)
def test_parse_id_refuses_all_else(text):
    assert refused_at_path(parse_id, text)


def test_parse_ids_names_the_bad_one_by_its_index():
    assert parse_ids([AN_ID, AN_ID], PATH) == [UUID(AN_ID)] * 2
    assert refusal_of(parse_ids, [AN_ID, "x"]).path == (*PATH, "1")
    assert refusal_of(parse_ids, [AN_ID] * (FILTER_VALUES_MAX + 1)).path == PATH


def test_check_count_takes_a_thousand_and_no_more():
    check_count([0] * 1_000, PATH)
    assert refusal_of(check_count, [0] * 1_001).message == "At most 1,000 values; these are 1,001."


@pytest.mark.parametrize(
    ("text", "value"),
    [("1987-04-01", date(1987, 4, 1)), ("2024-02-29", date(2024, 2, 29)), ("0001-01-01", date(1, 1, 1))],
)
def test_parse_date_takes_dates_that_exist(text, value):
    assert parse_date(text, PATH) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-02-29",
        "1987-13-01",
        "0000-01-01",
        "1987-4-1",
        "19870401",
        "1987-W14-3",
        "1987-04-01T00:00:00Z",
        "\uff11987-04-01",
        "\x00",
    ],
)
def test_parse_date_refuses_all_else(text):
    assert refused_at_path(parse_date, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-20T12:00:00Z", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("2026-11-20t12:00:00z", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("2026-11-20T12:00:00+05:30", datetime(2026, 11, 20, 6, 30, tzinfo=UTC)),
        ("2026-11-20T23:00:00-02:00", datetime(2026, 11, 21, 1, tzinfo=UTC)),
        ("2026-11-20T12:00:00.1Z", datetime(2026, 11, 20, 12, 0, 0, 100_000, UTC)),
        ("2026-11-20T12:00:00.123456Z", datetime(2026, 11, 20, 12, 0, 0, 123_456, UTC)),
        ("2026-11-20T12:00:00.1234560Z", datetime(2026, 11, 20, 12, 0, 0, 123_456, UTC)),
        ("2026-11-20T12:00:00.000000000+01:00", datetime(2026, 11, 20, 11, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1969-12-31T23:00:00-01:00", datetime(1970, 1, 1, tzinfo=UTC)),
        ("9998-12-31T23:59:59.999999Z", datetime(9998, 12, 31, 23, 59, 59, 999_999, UTC)),
    ],
)
def test_parse_instant_takes_rfc_3339_and_answers_utc(text, value):
    parsed = parse_instant(text, PATH)
    assert parsed == value
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-20",
        "2026-11-20T12:00:00",
        "2026-11-20 12:00:00Z",
        "2026-11-20T12:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T12:00:61Z",
        "2026-02-30T12:00:00Z",
        "2026-11-20T12:00:00+0530",
        "2026-11-20T12:00:00+25:00",
        "2026-11-20T12:00:00.Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59.9999999Z",
        "9999-01-01T00:00:00Z",
        "9998-12-31T23:59:59-00:01",
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00+00:01",
        "0001-01-01T00:00:00Z",
        "2026-11-20T12:00:00.1234567Z",
        "2026-11-20T12:00:00.000000001Z",
        "1700000000",
        "\x00",
    ],
)
def test_parse_instant_refuses_all_else(text):
    assert refused_at_path(parse_instant, text)


@given(st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_parse_instant_reads_every_instant_it_may_be_sent(instant):
    assert parse_instant(instant.isoformat().replace("+00:00", "Z"), PATH) == instant


@pytest.mark.parametrize(
    ("text", "value"), [(" a ", "a"), ("a\tb\nc\rd", "a\tb\nc\rd"), ("🙂", "🙂"), ("é" * 255, "é" * 255)]
)
def test_check_text_takes_text_and_strips_it(text, value):
    assert check_text(text, PATH) == value
    assert check_optional_text(text, PATH) == value


@pytest.mark.parametrize(
    "text", ["", "  \t\n", "a\x00b", "a\x07b", "a\x1fb", "a\x7fb", "a\ud800b", "\udfff", "x" * 256]
)
def test_check_text_refuses_what_is_blank_long_or_unstorable(text):
    assert refused_at_path(check_text, text)
    assert refused_at_path(check_optional_text, text)


def test_check_text_has_its_own_limit_where_asked():
    assert check_text("abc", PATH, characters_max=3) == "abc"
    assert refusal_of(check_text, "abcd", characters_max=3).message == (
        "This text has 4 characters; at most 3 are allowed."
    )


def test_check_optional_text_lets_none_be():
    assert check_optional_text(None, PATH) is None


@given(st.text())
def test_check_text_takes_only_what_postgresql_can_store(text):
    try:
        checked = check_text(text, PATH)
    except Invalid:
        return
    checked.encode()
    assert "\x00" not in checked
    assert 1 <= len(checked) <= 255


@pytest.mark.parametrize("country", ["GB", "US", "XK"])
def test_check_country_takes_what_is_assigned(country):
    assert check_country(country, PATH) == country


@pytest.mark.parametrize(
    "country", ["UK", "EU", "AN", "ZZ", "", "gb", "G", "GBR", "G1", " GB", "GB\n", "\uff27\uff22", "\x00\x00"]
)
def test_check_country_refuses_all_else(country):
    assert refused_at_path(check_country, country)


@pytest.mark.parametrize("address", ["ada@example.com", "a@b", "ä.b+c@exämple.com"])
def test_check_email_takes_what_can_be_an_address(address):
    assert check_email(f" {address} ", PATH) == address


@pytest.mark.parametrize(
    "address", ["", "ada", "@", "@b", "a@", "a@b@c", "a b@c", "a\x00@b", "a\ud800@b", "a" * 254 + "@b"]
)
def test_check_email_refuses_what_cannot(address):
    assert refused_at_path(check_email, address)


@pytest.mark.parametrize("first", [1, 500, PAGE_SIZE_MAX])
def test_check_page_size_takes_one_to_a_thousand(first):
    assert check_page_size(first, PATH) == first


@pytest.mark.parametrize("first", [0, -1, PAGE_SIZE_MAX + 1, 10_000, 2**63])
def test_check_page_size_refuses_all_else(first):
    assert refused_at_path(check_page_size, first)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": None, "b": True, "c": 1.5, "d": -(2**63) + 1, "e": "ä☃🙂", "f": [1, [2, {}]]},
        nested(METADATA_DEPTH_MAX),
        {str(number): number for number in range(METADATA_KEYS_MAX)},
        {"a": "x" * (METADATA_BYTES_MAX - len('{"a": ""}'))},
        {"a": 2**63 - 1},
        {"a": [[[[[[[[[1]]]]]]]]]},
        {"a": 0.1234567890123456},
        {"a": "tab\tand\nline"},
    ],
    ids=lambda value: repr(value)[:50],
)
def test_check_metadata_takes_what_can_be_stored(value):
    assert check_metadata(value, PATH) is value


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "text",
        5,
        True,
        nested(METADATA_DEPTH_MAX + 1),
        {"a": [[[[[[[[[[1]]]]]]]]]]},
        {"a": Decimal("0.12345678901234567")},
        {"a": [Decimal(0)]},
        {str(number): number for number in range(METADATA_KEYS_MAX + 1)},
        {"a": {str(number): number for number in range(METADATA_KEYS_MAX + 1)}},
        {"a": "x" * (METADATA_BYTES_MAX - len('{"a": ""}') + 1)},
        {"a": "é" * (METADATA_BYTES_MAX // 2)},
        {"a": [math.nan]},
        {"a": math.inf},
        {"a": -math.inf},
        {"a": 2**63},
        {"a": -(2**63)},
        {"a": 1e300},
        {"a": "b\x00c"},
        {"b\x00c": "a"},
        {"a": "\ud800"},
        {"\udfff": "a"},
        {"a": [{"b": "\x00"}]},
    ],
    ids=lambda value: repr(value)[:50],
)
def test_check_metadata_refuses_what_cannot(value):
    assert refused_at_path(check_metadata, value)


@pytest.mark.parametrize("text", ["0.1", "1.10", "1e2", "123456789.123456", "0.30000000000000004", "1E-7", "-0.0"])
def test_exact_number_is_a_double_where_that_is_the_same_number(text):
    number = exact_number(text)
    assert isinstance(number, float)
    assert number == float(text)


@pytest.mark.parametrize(
    "text", ["0.12345678901234567", "9007199254740993.0", "0.1000000000000000055", "1e-400", "1e-" + "9" * 30]
)
def test_exact_number_is_no_double_where_digits_would_be_lost(text):
    assert isinstance(exact_number(text), Decimal)


def test_exact_number_leaves_what_is_beyond_all_doubles_infinite():
    assert exact_number("1e400") == math.inf


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_check_metadata_takes_only_what_json_and_postgresql_can_keep(value):
    try:
        checked = check_metadata(value, PATH)
    except Invalid:
        return
    text = json.dumps(checked, ensure_ascii=False, allow_nan=False)
    assert "\\u0000" not in text
    assert json.loads(text.encode()) == value


@pytest.mark.parametrize(
    ("existing", "change", "merged"),
    [
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"y": 2}}),
        ({"a": None}, {"b": 1}, {"a": None, "b": 1}),
        ({}, {"a": {"b": None}}, {"a": {"b": None}}),
        ({}, {"a": None}, {}),
    ],
)
def test_merge_metadata_goes_key_by_key(existing, change, merged):
    before = dict(existing)
    assert merge_metadata(existing, change, PATH) == merged
    assert existing == before


def test_merge_metadata_refuses_a_whole_that_is_too_large():
    half = "x" * (METADATA_BYTES_MAX // 2)
    assert refusal_of(merge_metadata, {"a": half}, {"b": half}).path == PATH


def test_refusals_are_validations_and_say_what_to_change():
    refusal = refusal_of(parse_id, "x")
    assert refusal.code is ErrorCode.VALIDATION
    assert refusal.message.startswith("An identifier is a UUID in its 36-character form")
