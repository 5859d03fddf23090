"""Requests through every door are counted, each by its operation and how it ended."""

import pytest

from app.api import request_counts as module
from app.api.request_counts import RequestCounts

VIRTUAL = """
    mutation Theirs($asset: String!) { issueVirtualLedger(input: {asset: $asset}) {
        ... on LedgerSuccess { ledger { id } }
    } }
"""


@pytest.fixture
def counted(monkeypatch):
    """What was counted, without zeros."""
    monkeypatch.setattr(module, "request_counts", counts := RequestCounts())

    def counted():
        return {
            (*name, outcome): count
            for name, of_one in counts.operations.items()
            for outcome, count in of_one.outcomes.items()
            if count
        }

    return counted


async def test_counts_a_mutation_that_was_refused_as_refused(customer, counted):
    await customer.data(VIRTUAL, asset="gold")
    await customer.data(VIRTUAL, asset="nothing of this name")
    await customer.data(VIRTUAL, asset="neither")
    assert counted() == {
        ("graphql", "issueVirtualLedger", "success"): 1,
        ("graphql", "issueVirtualLedger", "refused"): 2,
    }


async def test_counts_by_the_field_of_the_schema_whatever_the_document_calls_it(customer, counted):
    await customer.data("query Mine { mine: viewer { customerName } }")
    await customer.data("query { ...Some } fragment Some on Query { viewer { customerName } }")
    assert counted() == {("graphql", "viewer", "success"): 2}


async def test_counts_what_cannot_be_run_under_no_operation(customer, counted):
    for body in ({"query": "{ nothing }"}, {"query": "{"}, {}):
        await customer.post(json=body)
    await customer.post(json={"query": "{ viewer { customerName } }"}, headers={"Authorization": "API-Key wrong"})
    assert counted() == {("graphql", "none", "refused"): 4}


async def test_counts_an_error_at_the_top_as_refused(customer, counted):
    await customer.ask('{ ledger(id: "x") { id } }')
    assert counted() == {("graphql", "ledger", "refused"): 1}


async def test_counts_a_fault_of_ours_as_failed(customer, counted, monkeypatch, caplog):
    async def fail(*_arguments, **_options):
        raise ValueError

    monkeypatch.setattr("app.api.graphql.ledger_mutations.issue_virtual_ledger", fail)
    await customer.ask(VIRTUAL, asset="gold")
    assert counted() == {("graphql", "issueVirtualLedger", "failed"): 1}
    assert "graphql field failed: issueVirtualLedger" in caplog.text


async def test_counts_an_operation_that_is_answered_as_a_stream(customer, counted):
    for asset in ("gold", "nothing of this name"):
        headers = {"Accept": "text/event-stream"}
        await customer.post(json={"query": VIRTUAL, "variables": {"asset": asset}}, headers=headers)
    assert counted() == {
        ("graphql", "issueVirtualLedger", "success"): 1,
        ("graphql", "issueVirtualLedger", "refused"): 1,
    }
