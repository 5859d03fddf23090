"""What is told of failures of ours."""

from types import SimpleNamespace

import asyncpg
import pytest

from app.api.rest.door import _failure


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (asyncpg.DeadlockDetectedError("x"), "Other requests are in the way now. Ask again."),
        (asyncpg.LockNotAvailableError("x"), "Other requests are in the way now. Ask again."),
        (ConnectionRefusedError("x"), "The database cannot be reached now. Ask again."),
    ],
)
def test_tells_a_collision_from_an_outage(error, told):
    answer = _failure(SimpleNamespace(name="list ledgers", method="GET"), error, "request")
    assert answer.status == 503
    assert answer.body["errors"][0]["message"] == told
