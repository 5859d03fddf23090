from dataclasses import replace

import pytest

from app.db.identifiers import new_id
from app.kernel.actor import ALL_SCOPES, Actor, Via, worker_actor
from app.kernel.errors import ErrorCode, Forbidden

READER = Actor(new_id(), frozenset({"ledgers:read"}), Via.GRAPHQL, "api_key:1")


def test_knows_these_scopes():
    assert sorted(ALL_SCOPES) == [
        "*",
        "accounts:read",
        "accounts:write",
        "books:write",
        "holders:read",
        "holders:review",
        "holders:write",
        "keys:write",
        "ledgers:freeze",
        "ledgers:read",
        "ledgers:write",
        "payments:read",
        "payments:write",
        "transfers:read",
        "transfers:write",
        "webhooks:read",
        "webhooks:write",
        "work:read",
        "work:write",
    ]


@pytest.mark.parametrize("scope", ALL_SCOPES)
def test_may_what_its_scopes_say(scope):
    assert READER.may(scope) is (scope == "ledgers:read")
    assert replace(READER, scopes=frozenset({"*"})).may(scope)
    assert not replace(READER, scopes=frozenset()).may(scope)


def test_is_refused_with_the_scope_that_is_missing():
    READER.require("ledgers:read")
    with pytest.raises(Forbidden, match="This key lacks the scope ledgers:write") as refusal:
        READER.require("ledgers:write")
    assert (refusal.value.code, refusal.value.required_scope) == (ErrorCode.FORBIDDEN, "ledgers:write")


def test_is_the_same_in_another_request():
    assert READER.with_request("r-2") == replace(READER, request_id="r-2")
    assert READER.request_id is None
    traced = replace(READER, expires_at=None, api_key_id=new_id()).with_request("r-2", "traceparent")
    assert (traced.traceparent, traced.expires_at, READER.traceparent) == ("traceparent", None, None)


def test_works_for_a_customer_with_every_scope():
    actor = worker_actor(READER.customer_id, "r-1")
    assert (actor.customer_id, actor.via, actor.name) == (READER.customer_id, Via.WORKER, "worker")
    assert (actor.holder_id, actor.request_id, actor.traceparent) == (None, "r-1", None)
    assert worker_actor(READER.customer_id, None, "traceparent").traceparent == "traceparent"
    assert actor.may("holders:review")
