"""Bad input to queries: each a clear refusal with its path, and the neighbors are answered."""

import pytest

from app.kernel.cursor import encode_cursor

NOBODY = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"


def listing(field, made_for, *values):
    """A list after a cursor that we could have made."""
    return f'{{ {field}(after: "{encode_cursor(made_for, values)}") {{ nodes {{ id }} }} }}'


NUL_IN_DOCUMENTS = [
    r'{ ledgers(filter: { metadata: { a: "\u0000" } }) { nodes { id } } }',
    r'{ ledgers(filter: { asset: ["GB\u0000P"] }) { nodes { id } } }',
    r'{ ledgers(filter: { partnerProduct: ["a", """\u0000"""] }) { nodes { id } } }',
    r'{ events(filter: { resourceType: ["\u{0}"] }) { nodes { id } } }',
    r'mutation { createHolder(input: { party: { person: { name: "a\u{0000}" } } }) { __typename } }',
    r'mutation { closeLedger(input: { ledgerId: "x", reason: "\u0000" }) { __typename } }',
]


@pytest.mark.parametrize("document", NUL_IN_DOCUMENTS)
async def test_never_fails_on_a_document_with_a_nul(customer, nothing_changed, document):
    await nothing_changed.remember()
    body = await customer.ask(document)
    assert [error["extensions"]["code"] for error in body.get("errors", ())] in ([], ["BAD_REQUEST"])
    await nothing_changed()


REFUSED_QUERIES = {
    "0 ledgers": ("{ ledgers(first: 0) { nodes { id } } }", ["first"]),
    "-1 ledgers": ("{ ledgers(first: -1) { nodes { id } } }", ["first"]),
    "10,000 ledgers": ("{ ledgers(first: 10000) { nodes { id } } }", ["first"]),
    "the last 0 ledgers": ("{ ledgers(last: 0) { nodes { id } } }", ["last"]),
    "the last 10,000 ledgers": ("{ ledgers(last: 10000) { nodes { id } } }", ["last"]),
    "the last ledgers after a cursor": ('{ ledgers(last: 1, after: "x") { nodes { id } } }', ["after"]),
    "the first ledgers before a cursor": ('{ ledgers(first: 1, before: "x") { nodes { id } } }', ["before"]),
    "0 holders": ("{ holders(first: 0) { nodes { id } } }", ["first"]),
    "10,000 holders": ("{ holders(first: 10000) { nodes { id } } }", ["first"]),
    "0 events": ("{ events(first: 0) { nodes { id } } }", ["first"]),
    "10,000 events": ("{ events(first: 10000) { nodes { id } } }", ["first"]),
    "0 changes": ("{ ledgerChanges(first: 0) { nodes { type } } }", ["first"]),
    "10,000 changes": ("{ ledgerChanges(first: 10000) { nodes { type } } }", ["first"]),
    "0 deliveries": ("{ webhookDeliveries(first: 0) { nodes { id } } }", ["first"]),
    "10,000 deliveries": ("{ webhookDeliveries(first: 10000) { nodes { id } } }", ["first"]),
    "a cursor that is none": ('{ ledgers(after: "abc") { nodes { id } } }', ["after"]),
    "a cursor with other letters": ('{ ledgers(after: "ünïcode") { nodes { id } } }', ["after"]),
    "a cursor of 10,000 characters": ('{ ledgers(after: "' + "a" * 10_000 + '") { nodes { id } } }', ["after"]),
    "a cursor deep in brackets": (
        '{ ledgers(after: "' + "W1tb" * 120 + '") { nodes { id } } }',
        ["after"],
    ),
    "a cursor of another list": (
        listing("ledgers", "feed", 5),
        ["after"],
    ),
    "a forged cursor": (
        listing("ledgers", ["ledgers", "CREATED_AT", True, {}], "never", "nobody"),
        ["after"],
    ),
    "a forged cursor of holders": (
        listing("holders", ["holders", None, None, None, None], "never", "nobody"),
        ["after"],
    ),
    "an event cursor that is none": ('{ events(after: "abc") { nodes { id } } }', ["after"]),
    "a change cursor that is none": ('{ ledgerChanges(after: "abc") { nodes { type } } }', ["after"]),
    "a holder cursor that is none": ('{ holders(after: "abc") { nodes { id } } }', ["after"]),
    "a delivery cursor that is none": ('{ webhookDeliveries(after: "abc") { nodes { id } } }', ["after"]),
    "a ledger by a malformed id": ('{ ledger(by: { id: "abc" }) { id } }', ["by", "id"]),
    "a ledger by an empty id": ('{ ledger(by: { id: "" }) { id } }', ["by", "id"]),
    "a ledger by a malformed IBAN": ('{ ledger(by: { iban: "GB00" }) { id } }', ["by", "iban"]),
    "a ledger by an empty IBAN": ('{ ledger(by: { iban: "" }) { id } }', ["by", "iban"]),
    "a ledger by an IBAN with wrong check digits": (
        '{ ledger(by: { iban: "GB47PAYR04005212339712" }) { id } }',
        ["by", "iban"],
    ),
    "a ledger by a sort code of five digits": (
        '{ ledger(by: { ukBankAccount: { sortCode: "04005", accountNumber: "00000001" } }) { id } }',
        ["by", "ukBankAccount", "sortCode"],
    ),
    "a ledger by letters for an account number": (
        '{ ledger(by: { ukBankAccount: { sortCode: "040052", accountNumber: "abc" } }) { id } }',
        ["by", "ukBankAccount", "accountNumber"],
    ),
    "a wait of a minute": ('{ ledger(by: { id: "NOBODY" }, wait: true, timeoutMs: 60000) { id } }', ["timeoutMs"]),
    "a wait of less than nothing": ('{ ledger(by: { id: "NOBODY" }, timeoutMs: -1) { id } }', ["timeoutMs"]),
    "ledgers of a malformed holder": (
        '{ ledgers(filter: { holderId: "x" }) { nodes { id } } }',
        ["filter", "holderId"],
    ),
    "ledgers by a malformed id": (
        '{ ledgers(filter: { ids: ["NOBODY", "x"] }) { nodes { id } } }',
        ["filter", "ids", "1"],
    ),
    "ledgers since never": (
        '{ ledgers(filter: { changedSince: "yesterday" }) { nodes { id } } }',
        ["filter", "changedSince"],
    ),
    "ledgers since an instant without zone": (
        '{ ledgers(filter: { changedSince: "2026-11-20T12:00:00" }) { nodes { id } } }',
        ["filter", "changedSince"],
    ),
    "ledgers created on the 30th of February": (
        '{ ledgers(filter: { createdAt: { gte: "2026-02-30T12:00:00Z" } }) { nodes { id } } }',
        ["filter", "createdAt", "gte"],
    ),
    "ledgers with a malformed IBAN": (
        '{ ledgers(filter: { byIban: "GB00" }) { nodes { id } } }',
        ["filter", "byIban"],
    ),
    "ledgers with a malformed account": (
        '{ ledgers(filter: { byUkBankAccount: { sortCode: "1", accountNumber: "1" } }) { nodes { id } } }',
        ["filter", "byUkBankAccount", "sortCode"],
    ),
    "ledgers with a list for metadata": (
        "{ ledgers(filter: { metadata: [1] }) { nodes { id } } }",
        ["filter", "metadata"],
    ),
    "holders since never": ('{ holders(filter: { changedSince: "x" }) { nodes { id } } }', ["filter", "changedSince"]),
    "a malformed holder": ('{ holder(id: "x") { id } }', ["id"]),
    "a malformed node": ('{ node(id: "x") { id } }', ["id"]),
    "a malformed node among others": ('{ nodes(ids: ["NOBODY", "x"]) { id } }', ["ids", "1"]),
    "events of no such type": (
        '{ events(filter: { types: ["ledger.burnt"] }) { nodes { id } } }',
        ["filter", "types", "0"],
    ),
    "events about a malformed id": (
        '{ events(filter: { resourceId: "x" }) { nodes { id } } }',
        ["filter", "resourceId"],
    ),
    "events before never": (
        '{ events(filter: { occurredAt: { lt: "x" } }) { nodes { id } } }',
        ["filter", "occurredAt", "lt"],
    ),
    "changes since never": ('{ ledgerChanges(since: "x") { nodes { type } } }', ["since"]),
    "0 transfers": ("{ transfers(first: 0) { nodes { id } } }", ["first"]),
    "10,000 transfers": ("{ transfers(first: 10000) { nodes { id } } }", ["first"]),
    "0 holds": ("{ holds(first: 0) { nodes { id } } }", ["first"]),
    "10,000 holds": ("{ holds(first: 10000) { nodes { id } } }", ["first"]),
    "0 entries": ("{ entries(first: 0) { nodes { id } } }", ["first"]),
    "10,000 entries": ("{ entries(first: 10000) { nodes { id } } }", ["first"]),
    "a transfer cursor that is none": ('{ transfers(after: "abc") { nodes { id } } }', ["after"]),
    "a hold cursor that is none": ('{ holds(after: "abc") { nodes { id } } }', ["after"]),
    "an entry cursor that is none": ('{ entries(after: "abc") { nodes { id } } }', ["after"]),
    "a forged cursor of transfers": (listing("transfers", ["transfers", {}], "never", "nobody"), ["after"]),
    "a forged cursor of holds": (listing("holds", ["holds", {}], "2026-11-20T12:00:00Z", "nobody"), ["after"]),
    "a forged cursor of entries": (listing("entries", ["entries", {}], "2026-11-20T12:00:00Z", 1), ["after"]),
    "a cursor of holds for transfers": (
        listing("transfers", ["holds", {}], "2026-11-20T12:00:00Z", NOBODY),
        ["after"],
    ),
    "a malformed transfer": ('{ transfer(id: "x") { id } }', ["id"]),
    "a malformed hold": ('{ hold(id: "x") { id } }', ["id"]),
    **{
        f"{field} of a malformed {argument}": (
            f'{{ {field}(filter: {{ {argument}: "x" }}) {{ nodes {{ id }} }} }}',
            ["filter", argument],
        )
        for field, arguments in (
            ("transfers", ("ledgerId", "walletId")),
            ("holds", ("ledgerId", "walletId")),
            ("entries", ("ledgerId", "walletId", "holderId", "transferId")),
        )
        for argument in arguments
    },
    **{
        f"{field} of never until {end}": (
            f'{{ {field}(filter: {{ {argument}: {{ {end}: "never" }} }}) {{ nodes {{ id }} }} }}',
            ["filter", argument, end],
        )
        for field, argument in (("transfers", "postedAt"), ("holds", "createdAt"), ("entries", "postedAt"))
        for end in ("gte", "lt")
    },
    "transfers with a list for metadata": (
        "{ transfers(filter: { metadata: [1] }) { nodes { id } } }",
        ["filter", "metadata"],
    ),
    "transfers of a reference of 256 characters": (
        '{ transfers(filter: { reference: "' + "a" * 256 + '" }) { nodes { id } } }',
        ["filter", "reference"],
    ),
    "holds of a blank reference": ('{ holds(filter: { reference: " " }) { nodes { id } } }', ["filter", "reference"]),
    "transfers of 1,001 kinds": (
        "{ transfers(filter: { kind: [" + "WALLET " * 1_001 + "] }) { nodes { id } } }",
        ["filter", "kind"],
    ),
    "holds of 1,001 statuses": (
        "{ holds(filter: { status: [" + "PLACED " * 1_001 + "] }) { nodes { id } } }",
        ["filter", "status"],
    ),
    "a malformed endpoint": ('{ webhookEndpoint(id: "x") { id } }', ["id"]),
    "a malformed delivery": ('{ webhookDelivery(id: "x") { id } }', ["id"]),
    "deliveries to a malformed endpoint": (
        '{ webhookDeliveries(filter: { endpointId: "x" }) { nodes { id } } }',
        ["filter", "endpointId"],
    ),
    "deliveries of no such type": (
        '{ webhookDeliveries(filter: { eventTypes: ["ledger.*", "ledger.burnt"] }) { nodes { id } } }',
        ["filter", "eventTypes", "1"],
    ),
}


@pytest.mark.parametrize("case", REFUSED_QUERIES)
async def test_refuses_to_list(customer, nothing_changed, case):
    query, path = REFUSED_QUERIES[case]
    await nothing_changed.remember()
    body = await customer.ask(query.replace("NOBODY", NOBODY))
    (error,) = body["errors"]
    assert (error["extensions"]["code"], error["extensions"].get("path")) == ("VALIDATION", path)
    assert len(error["message"]) > 10
    await nothing_changed()


async def test_refuses_1001_values_in_a_filter(customer):
    query = "query ($filter: LedgerFilter) { ledgers(filter: $filter) { nodes { id } } }"
    for name in ("ids", "asset", "partnerProduct"):
        (error,) = (await customer.ask(query, filter={name: ["x"] * 1_001}))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["path"]) == ("VALIDATION", ["filter", name])
        assert "At most 1,000" in error["message"]
