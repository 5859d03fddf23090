"""What of GraphQL counts as a break."""

from datetime import date

import pytest

from releasing.graphql_changes import graphql_changes

TODAY = date(2027, 12, 1)
OLD = """
interface Node { id: ID! }
type Ledger implements Node {
  id: ID!
  iban: String
  number: String @deprecated(reason: "Since 2026-12-01: use `iban`.")
  code: String @deprecated(reason: "Since 2026-12-02: use `iban`.")
  bank: Bank @deprecated(reason: "Since 2026-12-01: use `iban`.")
}
type Bank { name: String }
enum Status { OK CLOSED GONE @deprecated(reason: "Since 2026-12-01: use `CLOSED`.") }
input Key { id: ID iban: String }
input NewLedger { asset: String! = "GBP", kind: String @deprecated(reason: "Since 2026-12-01: use `asset`.") }
type LedgerSuccess { ledger: Ledger! }
type NotFound { message: String! }
union Result = LedgerSuccess | NotFound
type Query {
  ledger(by: Key, wait: Boolean = false, number: String @deprecated(reason: "Since 2026-12-01: use `by`.")): Ledger
  status: Status!
  result: Result
}
type Mutation { issue(input: NewLedger!): Result }
"""


def changes(*replaced, today=TODAY):
    new = OLD
    for before, after in replaced:
        assert before in new
        new = new.replace(before, after)
    return list(graphql_changes(OLD, new, today))


def test_takes_the_same_for_no_break():
    assert changes() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("iban: String\n", "iban: String\n  bic: String\n"),
        ("iban: String\n", "iban: String!\n"),
        ("enum Status { OK", "enum Status { OK FROZEN"),
        ("LedgerSuccess | NotFound", "LedgerSuccess | NotFound | Bank"),
        ("input Key { id: ID", "input Key { id: ID reference: String"),
        ("wait: Boolean = false", "wait: Boolean = false, timeoutMs: Int"),
        ("asset: String! =", "asset: String ="),
        ("iban: String\n", 'iban: String @deprecated(reason: "Since 2027-12-01: use `id`.")\n'),
        ("type Ledger implements", '"""Another description."""\ntype Ledger implements'),
    ],
)
def test_allows_what_only_adds(before, after):
    assert changes((before, after)) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("  iban: String\n", "", "Ledger.iban was removed"),
        ("status: Status!", "status: Status", "Query.status changed type from Status! to Status"),
        ("enum Status { OK CLOSED", "enum Status { OK", "Enum value Status.CLOSED was removed"),
        ("LedgerSuccess | NotFound", "LedgerSuccess", "NotFound was removed from union type Result"),
        ("implements Node", "", "Ledger no longer implements interface Node"),
        ("input Key { id: ID iban: String", "input Key { id: ID", "Key.iban was removed"),
        ("input Key { id: ID", "input Key { id: ID!", "Key.id changed type from ID to ID!"),
        ("input Key {", "input Key { customer: ID!", "required field Key.customer was added"),
        ("input Key {", "input Key @oneOf {", "Key takes exactly one field now"),
        ("wait: Boolean = false, ", "", "Query.ledger(wait:) was removed"),
        (
            "wait: Boolean = false",
            "wait: Boolean = true",
            "Query.ledger(wait:) has changed defaultValue from false to true",
        ),
        (
            'asset: String! = "GBP"',
            'asset: String! = "EUR"',
            'NewLedger.asset has changed defaultValue from "GBP" to "EUR"',
        ),
        ("ledger(by: Key,", "ledger(by: Key, of: ID!,", "required argument Query.ledger(of:) was added"),
        ("type Mutation { issue(input: NewLedger!): Result }", "", "Mutation was removed"),
    ],
)
def test_tells_each_break(before, after, told):
    found = changes((before, after))
    assert [one for one in found if told.lower() in one.lower()], found


def test_allows_the_end_of_what_was_deprecated_for_twelve_months():
    ended = [
        ('  number: String @deprecated(reason: "Since 2026-12-01: use `iban`.")\n', ""),
        ('  bank: Bank @deprecated(reason: "Since 2026-12-01: use `iban`.")\n', ""),
        ("type Bank { name: String }\n", ""),
        (' GONE @deprecated(reason: "Since 2026-12-01: use `CLOSED`.")', ""),
        (', kind: String @deprecated(reason: "Since 2026-12-01: use `asset`.")', ""),
        (', number: String @deprecated(reason: "Since 2026-12-01: use `by`.")', ""),
    ]
    assert changes(*ended) == []
    assert len(changes(*ended, today=date(2027, 11, 30))) == 6


def test_refuses_the_end_of_what_was_deprecated_for_less():
    [told] = changes(('  code: String @deprecated(reason: "Since 2026-12-02: use `iban`.")\n', ""))
    assert told.startswith("Field Ledger.code was removed") or "Ledger.code was removed" in told
