"""Each deprecation says since when and what to use instead, and keeps to what it once said."""

from datetime import date

import pytest

from releasing.snapshot import Snapshot
from releasing.told_deprecations import deprecation_faults, deprecations

RELEASED = date(2026, 12, 1)


def graphql(reason):
    said = f'@deprecated(reason: "{reason}")' if reason is not None else "@deprecated"
    return f"type Ledger {{ iban: String number: String {said} }} type Query {{ ledger(id: ID, by: ID): Ledger }}"


def snapshot(reason, rest=None):
    openapi = {"paths": {}, "components": {"schemas": {"Answer": {"properties": {"iban": {}, "number": rest or {}}}}}}
    return Snapshot(graphql(reason), openapi, {})


@pytest.mark.parametrize("replacement", ["iban", "Ledger.iban", "Query.ledger(by:)", "ledger", "Ledger"])
def test_takes_what_is_well_said(replacement):
    text = f"Since 2026-12-02: use `{replacement}`."
    assert list(deprecation_faults(snapshot(text), None, None)) == []
    assert [(place, told.replacement) for place, told in deprecations(snapshot(text))] == [
        ("GraphQL Ledger.number", replacement)
    ]


@pytest.mark.parametrize(
    "reason", [None, "", "No longer supported", "Use `iban`.", "Since 2026-12-01.", "Since May: use `iban`."]
)
def test_asks_for_a_date_and_a_replacement(reason):
    [fault] = deprecation_faults(snapshot(reason), None, None)
    assert fault == (
        "GraphQL Ledger.number: say since when and what to use instead: Since 2026-12-01: use `replacement`."
    )


@pytest.mark.parametrize("replacement", ["bic", "Ledger.bic", "Nothing", "a b"])
def test_asks_for_a_replacement_that_is_there(replacement):
    [fault] = deprecation_faults(snapshot(f"Since 2026-12-01: use `{replacement}`."), None, None)
    assert fault == f"GraphQL Ledger.number: there is no `{replacement}` to use instead"


def test_asks_the_same_of_rest():
    unclear = snapshot("Since 2026-12-01: use `iban`.", {"deprecated": True})
    [fault] = deprecation_faults(unclear, None, None)
    assert fault.startswith("REST components.schemas.Answer.properties.number: say since when")
    clear = {"deprecated": True, "description": "A number. Since 2026-12-01: use `iban`."}
    assert list(deprecation_faults(snapshot("Since 2026-12-01: use `iban`.", clear), None, None)) == []
    lost = {"deprecated": True, "description": "Since 2026-12-01: use `bic`."}
    [fault] = deprecation_faults(snapshot("Since 2026-12-01: use `iban`.", lost), None, None)
    assert fault.endswith(".number: there is no `bic` to use instead")


def test_begins_no_deprecation_before_a_release_could_tell_of_it():
    before = Snapshot("type Query { ledger: ID }", {}, {})
    [fault] = deprecation_faults(snapshot("Since 2026-11-30: use `iban`."), before, RELEASED)
    assert fault == (
        "GraphQL Ledger.number: no release before 2026-12-01 said that it is deprecated, so it begins after that"
    )
    assert list(deprecation_faults(snapshot("Since 2026-12-01: use `iban`."), before, RELEASED)) == []


def test_ends_no_deprecation_earlier_than_it_said():
    before = snapshot("Since 2026-11-20: use `iban`.")
    [fault] = deprecation_faults(snapshot("Since 2026-11-19: use `iban`."), before, RELEASED)
    assert fault == "GraphQL Ledger.number: it was deprecated since 2026-11-20 before, so it cannot end earlier"
    assert list(deprecation_faults(snapshot("Since 2027-11-20: use `Ledger.iban`."), before, RELEASED)) == []
