"""Which operations are answered from one snapshot: whatever reads more than once, and nothing else pays for it."""

import pytest
from graphql import OperationDefinitionNode, parse

from app.api.graphql.execution.reads import Reads
from app.api.graphql.schema import schema

ID = "0197c1f0-7a5b-7c3e-9d42-3f1f5f6b7a84"
POST = f"""postTransfer(input: {{ idempotencyKey: "a", debitId: "{ID}", creditId: "{ID}",
                                amount: {{ value: "1", asset: "GBP" }} }})"""

ONCE = [
    "{ __typename eventTypes }",
    "{ ledgers { nodes { id balance { posted { value } } holder { name } } pageInfo { endCursor } } }",
    f'{{ ledger(by: {{ id: "{ID}" }}) {{ id iban holder {{ id }} }} }}',
    "{ transfers { nodes { id entries { id sequence } amount { value } } } }",
    "{ ...F } fragment F on Query { ...G } fragment G on Query { ledgers { nodes { id } } }",
    f"mutation {{ {POST} {{ ... on TransferSuccess {{ transfer {{ id status }} }} ... on Error {{ code }} }} }}",
    f"mutation {{ a: {POST} {{ __typename }} b: {POST} {{ ... on Error {{ message }} }} }}",
    "subscription { ledgerChanged { cursor ledger { id balance { posted { value } } holder { id } } } }",
    "subscription { events { cursor event { id data } } }",
]
SEVERAL = [
    "{ a: ledgers { nodes { id } } b: ledgers { nodes { id } } }",
    "{ ...F } fragment F on Query { ...G trialBalance { balanced } } fragment G on Query { ledgers { nodes { id } } }",
    f'{{ ledger(by: {{ id: "{ID}" }}) {{ balance {{ sequence }} entries {{ nodes {{ id }} }} }} }}',
    f'{{ ledger(by: {{ id: "{ID}" }}) {{ balanceAt(at: "2026-11-01T00:00:00Z") {{ value }} }} }}',
    "{ ledgers { totalCount nodes { id } } }",
    "{ transfers { nodes { debit { ... on Ledger { balance { posted { value } } } } } } }",
    f'{{ node(id: "{ID}") {{ ... on Transfer {{ reversedBy {{ id }} }} }} }}',
    f"mutation {{ {POST} {{ ... on TransferSuccess {{ transfer {{ debit {{ __typename }} }} }} }} }}",
    f"""mutation {{ ...M }} fragment M on Mutation {{ {POST} {{
            ... on TransferSuccess {{ query {{ trialBalance {{ at }} }} }} }} }}""",
    f'{{ nodes(ids: ["{ID}"]) {{ id ... on Ledger {{ balance {{ sequence }} }} ... on Hold {{ status }} }} }}',
    '{ find(text: "rent") { __typename } }',
    "{ stuckWork { items { title } } }",
    f'{{ statement(id: "{ID}", from: "2026-11-01") {{ opening {{ value }} closing {{ value }} }} }}',
    "subscription { ledgerChanged { ledger { balance { sequence } entries { nodes { id } } } } }",
]


def needs_snapshot(text):
    document = parse(text)
    [operation] = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return Reads(schema._schema, document).needs_snapshot(operation)


@pytest.mark.parametrize("text", ONCE)
def test_finds_what_reads_once_at_most(text):
    assert needs_snapshot(text) is False


@pytest.mark.parametrize("text", SEVERAL)
def test_finds_what_reads_more_than_once(text):
    assert needs_snapshot(text) is True


def test_looks_at_each_fragment_once_however_often_it_is_spread():
    """Two to the power of sixty looks would take for ever."""
    fragments = "".join(f"fragment F{n} on Query {{ ...F{n + 1} a{n}: __typename ...F{n + 1} }} " for n in range(60))
    assert needs_snapshot(f"{{ ...F0 }} {fragments} fragment F60 on Query {{ __typename }}") is False
    nested = "".join(f"fragment M{n} on Mutation {{ ...M{n + 1} ...M{n + 1} }} " for n in range(60))
    assert needs_snapshot(f"mutation {{ ...M0 }} {nested} fragment M60 on Mutation {{ __typename }}") is False
