"""Requests are counted by door, operation and outcome, under names of ours alone."""

import pytest

from app.api import request_counts as module
from app.api.operations.request_metrics import request_metrics
from app.api.request_counts import (
    Door,
    Outcome,
    RequestCounts,
    outcome_of_errors,
    outcome_of_status,
    request_ended,
)
from app.kernel.request_log import CLIENT_WENT_AWAY, Request


@pytest.fixture
def counts(monkeypatch):
    made = RequestCounts()
    monkeypatch.setattr(module, "request_counts", made)
    return made


def told(counts):
    """What is counted, without zeros; and how many durations."""
    requests, durations = request_metrics(counts)
    ended = {tuple(one.labels.values()): one.value for one in requests.samples if one.value}
    timed = {tuple(one.labels.values()): one.value for one in durations.samples if one.name.endswith("_count")}
    return ended, timed


def ended(door, status=200, **known):
    request = Request("POST", "/graphql")
    for name, value in known.items():
        setattr(request, name, value)
    request_ended(door, request, status)


def test_counts_by_door_operation_and_outcome(counts):
    ended(Door.GRAPHQL, root_field="postTransfer", outcome=Outcome.SUCCESS)
    ended(Door.GRAPHQL, root_field="postTransfer", outcome=Outcome.REFUSED)
    ended(Door.GRAPHQL, root_field="postTransfer", outcome=Outcome.REFUSED)
    ended(Door.WEBSOCKET, root_field="postTransfer", outcome=Outcome.FAILED)
    ended(Door.REST, 409, operation="issueLedger")
    assert told(counts) == (
        {
            ("graphql", "postTransfer", "success"): 1,
            ("graphql", "postTransfer", "refused"): 2,
            ("websocket", "postTransfer", "failed"): 1,
            ("rest", "issueLedger", "refused"): 1,
        },
        {("graphql", "postTransfer"): 3, ("websocket", "postTransfer"): 1, ("rest", "issueLedger"): 1},
    )


def test_never_takes_what_a_client_wrote_for_a_label(counts):
    ended(Door.GRAPHQL, operation="TheirName", root_field="ledger")
    ended(Door.GRAPHQL, 401)
    ended(Door.OTHER, 404)
    assert set(told(counts)[0]) == {
        ("graphql", "ledger", "success"),
        ("graphql", "none", "refused"),
        ("other", "none", "refused"),
    }


def test_begins_every_outcome_of_an_operation_at_zero(counts):
    ended(Door.REST, operation="getLedger")
    requests, _ = request_metrics(counts)
    assert {one.labels["outcome"]: one.value for one in requests.samples} == {
        "success": 1,
        "refused": 0,
        "failed": 0,
        "gone": 0,
    }


def test_does_not_time_a_stream(counts):
    ended(Door.WEBSOCKET, root_field="events", is_stream=True)
    assert told(counts) == ({("websocket", "events", "success"): 1}, {("websocket", "events"): 0})


def test_times_from_the_beginning_of_the_request(counts, monkeypatch):
    request = Request("GET", "/v1/ledgers")
    request.operation = "listLedgers"
    monkeypatch.setattr(module, "perf_counter", lambda: request.began + 0.3)
    request_ended(Door.REST, request, 200)
    durations = counts.operations[Door.REST, "listLedgers"].durations
    assert dict(durations.up_to())[0.25] == 0
    assert dict(durations.up_to())[0.5] == 1
    assert durations.total == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "success"), (304, "success"), (400, "refused"), (429, "refused"), (500, "failed"), (503, "failed")],
)
def test_knows_by_the_status_how_a_request_ended(status, outcome):
    assert outcome_of_status(status) == outcome


def test_knows_a_client_that_went_away():
    assert outcome_of_status(CLIENT_WENT_AWAY) == "gone"


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        (["NOT_FOUND"], "refused"),
        (["NOT_FOUND", "INTERNAL"], "failed"),
        (["TIMEOUT"], "failed"),
        (["UNAVAILABLE"], "failed"),
        ([None], "refused"),
    ],
)
def test_knows_by_the_codes_of_errors_whose_fault_it_was(codes, outcome):
    assert outcome_of_errors([{"extensions": {"code": code}} if code else {} for code in codes]) == outcome
