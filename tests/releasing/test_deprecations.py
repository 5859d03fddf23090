"""Since when something is deprecated, and when it may go."""

from datetime import date

import pytest

from releasing.deprecations import Deprecation, deprecated_parts, read_deprecation, without_ended


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Since 2026-12-01: use `iban`.", Deprecation(date(2026, 12, 1), "iban")),
        (
            "An IBAN. Deprecated since 2027-01-31: use `Ledger.iban`, please.",
            Deprecation(date(2027, 1, 31), "Ledger.iban"),
        ),
        ("Since 2026-13-01: use `iban`.", None),
        ("Since 2026-12-01.", None),
        ("Use `iban`.", None),
        ("No longer supported", None),
        ("", None),
        (None, None),
    ],
)
def test_reads_since_when_and_what_to_use(text, told):
    assert read_deprecation(text) == told


@pytest.mark.parametrize(
    ("since", "last_day"),
    [
        (date(2026, 12, 1), date(2027, 11, 30)),
        (date(2026, 1, 31), date(2027, 1, 30)),
        (date(2028, 2, 29), date(2029, 2, 28)),
    ],
)
def test_keeps_it_for_twelve_months(since, last_day):
    told = Deprecation(since, "iban")
    assert not told.is_over(last_day)
    assert told.is_over(date.fromordinal(last_day.toordinal() + 1))


def deprecated(since, **more):
    return {"deprecated": True, "description": f"Since {since}: use `new`.", **more}


DOCUMENT = {
    "paths": {"/old": {"get": deprecated("2026-01-01"), "put": {"parameters": [deprecated("2026-01-01", name="a")]}}},
    "schema": {
        "properties": {"old": deprecated("2026-01-01"), "young": deprecated("2026-06-01"), "new": {"type": "string"}},
        "required": ["old", "young", "new"],
    },
    "unclear": {"deprecated": True, "description": "Do not use it."},
}


def test_takes_away_what_has_ended_and_nothing_else():
    assert without_ended(DOCUMENT, date(2027, 1, 1)) == {
        "paths": {"/old": {"put": {"parameters": []}}},
        "schema": {
            "properties": {"young": deprecated("2026-06-01"), "new": {"type": "string"}},
            "required": ["young", "new"],
        },
        "unclear": {"deprecated": True, "description": "Do not use it."},
    }
    assert without_ended(DOCUMENT, date(2026, 12, 31)) == DOCUMENT


def test_finds_all_that_is_deprecated():
    assert [place for place, _ in deprecated_parts(DOCUMENT)] == [
        "paths./old.get",
        "paths./old.put.parameters.a",
        "schema.properties.old",
        "schema.properties.young",
        "unclear",
    ]
